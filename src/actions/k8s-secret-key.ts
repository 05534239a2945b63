import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { KubernetesName } from './k8s-workload.ts';

export const Params = z.strictObject({
  cluster: KubernetesName,
  namespace: KubernetesName,
  secret: KubernetesName,
  key: z
    .string()
    .regex(/^([-._a-zA-Z0-9]{1,200}|\$\{[^}]+\})$/, 'expected a key of the secret like "DATABASE_URL"'),
  /** Name under `secrets` in connections.yml. A plan never holds a value. */
  value: KubernetesName,
  /** The Deployments that read the key. They see the new value after a restart, which is a step of its own. */
  consumers: z.array(KubernetesName).min(1).max(20),
  /** The new value is a connection string and must lead to a PostgreSQL server that takes writes. */
  check: z.literal('postgres-primary').optional(),
});
export type Params = z.infer<typeof Params>;

const KEPT = '.before-';

/** Where the former value of a key is kept: in the same Secret, and so as well protected. */
export function keptKey({ run }: ActionContext, { key }: Params): string {
  return `${key}${KEPT}${run.id.toLowerCase()}`;
}

/** A former value that some run kept. */
export function isKept(key: string): boolean {
  return key.includes(KEPT);
}

export function missingSecret({ cluster, namespace, secret }: Params): string {
  return `Cluster \`${cluster}\` has no secret \`${secret}\` in \`${namespace}\`. Check the names in the plan.`;
}

export function recreatedSecret({ secret, namespace }: Params): string {
  return `Secret \`${secret}\` in \`${namespace}\` was made anew in the meantime. Look who did that, then start again.`;
}

/** The fingerprints tell apart what nobody may see. */
export function otherValue({ key, secret }: Params, present: string | undefined, wrote: unknown): string {
  const now = present === undefined ? 'is gone' : `has the value ${present} now`;
  return `\`${key}\` of secret \`${secret}\` was set to ${wrote} by this step, and ${now}`;
}

export function keptByAnother({ secret }: Params, kept: string): AppError {
  return new AppError(
    'target-refused',
    `Secret \`${secret}\` keeps a former value as \`${kept}\` already, from another step of this run. A plan may change a key once in a run.`,
  );
}

export function undoFailed({ key, secret, namespace }: Params, why: string): AppError {
  return new AppError(
    'undo-failed',
    `\`${key}\` of secret \`${secret}\` in \`${namespace}\` was left as it is: ${why}. Set it by hand, then restart what reads it.`,
  );
}

import type { Workload } from '../clients/kubernetes-objects.ts';
import type { SecretView } from '../clients/kubernetes-secrets.ts';
import { lookBehindDsn } from '../clients/postgres-dsn.ts';
import type { SecretRef } from '../domain/connections.ts';
import type { Fact } from '../domain/step.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { reasonsOfGitOps } from './k8s-owners.ts';
import { isKept, type Params } from './k8s-secret-key.ts';
import { otherReaders, type Reader, readsKey } from './k8s-secret-readers.ts';
import { findWorkloads, kubectlPlace } from './k8s-workload.ts';
import { named } from './pg-words.ts';

const KEYS_LISTED = 10;

/** What the bot may not do with the Secret, so that nobody approves what the cluster would refuse. */
export async function missingSecretRights(
  { clients, signal }: ActionContext,
  { cluster, namespace, secret }: Params,
): Promise<readonly string[]> {
  const right = { namespace, group: '', resource: 'secrets', name: secret };
  const verbs = ['get', 'patch'] as const;
  const answers = await Promise.all(
    verbs.map((verb) => clients.kubernetes.canI(cluster, { ...right, verb }, { signal })),
  );
  return verbs
    .filter((_, index) => answers[index] === false)
    .map(
      (verb) =>
        `The bot may not ${verb} secret \`${secret}\` in \`${namespace}\`. Add it to deploy/kubernetes/role.yaml and apply that file.`,
    );
}

/** Reasons why the cluster would refuse a change of the key, or somebody else write the old value back. */
export function reasonsAgainst(params: Params, secret: SecretView): readonly string[] {
  const { key, namespace, consumers } = params;
  const reasons = [...reasonsOfGitOps(params, 'secret', secret)];
  const [owner] = secret.owners;
  if (owner !== undefined) {
    const kind = owner.kind.toLowerCase();
    reasons.push(
      `${owner.kind} \`${owner.name}\` makes secret \`${secret.name}\` and would write the old value back. Change the value at its source, or stop it first: kubectl describe ${kind} ${owner.name} ${kubectlPlace(params)}`,
    );
  }
  if (!secret.keys.includes(key)) {
    const known = named(secret.keys.filter((name) => !isKept(name)).sort(), KEYS_LISTED) || 'none';
    reasons.push(
      `Secret \`${secret.name}\` in \`${namespace}\` has no key \`${key}\`. It has: ${known}. Correct the plan.`,
    );
  }
  if (secret.immutable) {
    reasons.push(
      `Secret \`${secret.name}\` is immutable, so nobody can change it. Make one under another name, and point ${named(consumers)} at it.`,
    );
  }
  return reasons;
}

/** Who reads the key, and a sentence for each fault in the plan's list of them. */
export async function readersOf(
  context: ActionContext,
  params: Params,
): Promise<{
  readonly consumers: readonly Workload[];
  /** Not Deployments, so that no step of a plan restarts them. */
  readonly others: readonly Reader[];
  readonly faults: readonly string[];
}> {
  const { cluster, namespace, secret, key } = params;
  const { signal, clients } = context;
  const [{ found, missing }, pods] = await Promise.all([
    findWorkloads(context, { cluster, namespace, deployments: params.consumers }),
    clients.kubernetes.listPods(cluster, namespace, '', { signal }),
  ]);
  const idle = found.filter(({ template }) => !readsKey(template.spec, secret, key));
  const unlisted = otherReaders(pods, params.consumers, secret, key);
  return {
    consumers: found,
    others: unlisted.filter(({ kind }) => kind !== 'Deployment'),
    faults: [
      ...missing,
      ...idle.map(
        ({ name }) =>
          `Deployment \`${name}\` does not read \`${key}\` of secret \`${secret}\`. Take it out of "consumers", or correct the key.`,
      ),
      ...unlisted
        .filter(({ kind }) => kind === 'Deployment')
        .map(
          ({ name }) =>
            `Deployment \`${name}\` reads \`${key}\` of secret \`${secret}\` too, and would keep the old value. Add it to "consumers" and to the restart.`,
        ),
    ],
  };
}

/** The reference behind the name in the plan. */
export function valueRef({ clients }: ActionContext, { value }: Params): SecretRef {
  const ref = clients.secrets[value];
  if (ref !== undefined) return ref;
  const known = named(Object.keys(clients.secrets)) || 'none';
  throw new AppError(
    'config-invalid',
    `connections.yml has no secret \`${value}\`. It has: ${known}. Add it under "secrets".`,
  );
}

/** Throws where the new value leads to no server that takes writes. Nothing to tell where the plan asks for no check. */
export async function checkValue(
  context: ActionContext,
  params: Params,
  ref: SecretRef,
): Promise<Fact | undefined> {
  if (params.check === undefined) return undefined;
  const server = await lookBehindDsn(params.value, ref, context.signal);
  const where = `${server.address}, database \`${server.database}\` as \`${server.role}\``;
  if (!server.standby && !server.readOnly)
    return { name: 'new value', value: `leads to a PostgreSQL server that takes writes: ${where}` };
  const what = server.standby
    ? 'a standby, which takes no writes. Promote it first'
    : 'a server that is read-only for its role. Open it for writes first';
  throw new AppError(
    'check-failed',
    `The new value of \`${params.key}\` leads to ${what}, or correct the secret \`${params.value}\` in connections.yml. It is ${where}.`,
  );
}

/** The new value as a preview may show it. Before the run its server may be a standby still: that only shows then. */
export async function lookAtValue(
  context: ActionContext,
  params: Params,
  secret: SecretView,
): Promise<{
  readonly wanted?: string;
  readonly shown: readonly Fact[];
  readonly faults: readonly string[];
}> {
  let wanted: string | undefined;
  try {
    const ref = valueRef(context, params);
    wanted = await secret.fingerprintFor(params.key, ref);
    const leadsTo = await checkValue(context, params, ref);
    return { wanted, shown: leadsTo === undefined ? [] : [leadsTo], faults: [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (wanted === undefined) return { shown: [], faults: [error.message] };
    return context.phase === 'gate'
      ? { wanted, shown: [], faults: [error.message] }
      : { wanted, shown: [{ name: 'new value, now', value: error.message }], faults: [] };
  }
}

import { inspect } from 'node:util';
import pino from 'pino';
import type { KubernetesOptions } from '../../sandbox/kubernetes/kubernetes.ts';
import type { Action, ActionContext } from '../../src/actions/action.ts';
import { createClients } from '../../src/clients/index.ts';
import { sha256 } from '../../src/domain/canonical.ts';
import { Connections } from '../../src/domain/connections.ts';
import { BOT, rulesInRole } from './k8s-role.ts';
import { type StepOptions, startJanua } from './k8s-setup.ts';

export const NAMESPACE = 'veza-production';
export const PLACE = { cluster: 'janua', namespace: NAMESPACE };

/** Values that must be seen nowhere but in the cluster. Each has a part that no other text has. */
export const CANARY = {
  former: 'postgres://veza_user:canary-Former-7Q@db-1.veza.internal:5432/veza_db',
  wanted: 'postgres://veza_user:canary-Wanted-3K@db-2.veza.internal:5432/veza_db',
  other: 'canary-Session-9M',
  applied: 'canary-Applied-5T',
};

const leaks = Object.values(CANARY).flatMap((value) => [
  value,
  Buffer.from(value).toString('base64'),
  ...(value.match(/canary-\w+-\w+/) ?? []),
]);

/** Images are named by digest, as a registry gives them. */
export function imageOf(version: string): string {
  return `veza/api:${version}@sha256:${sha256(version)}`;
}

/** The revisions 1 to 3 of veza-backend-api, made 3 days, 5 hours and 20 minutes before the run. */
const HISTORY = [
  { image: imageOf('2.5.0'), at: new Date('2026-11-18T02:00:00Z') },
  { image: imageOf('2.6.0'), at: new Date('2026-11-20T21:00:00Z') },
  { image: imageOf('2.7.0'), at: new Date('2026-11-21T02:06:00Z') },
];

const REFERENCE = 'DR_TEST_VEZA_URL';

/**
 * Veza's namespace with two Deployments that read `DATABASE_URL` of `veza-secrets`, a bot with the rights of
 * deploy/kubernetes/role.yaml, and `watch`, which remembers everything an action says, returns or throws.
 */
export async function startVeza(options: KubernetesOptions = {}) {
  const janua = await startJanua(options, { empty: true });
  const { control } = janua;
  const secretEnv = { DATABASE_URL: { name: 'veza-secrets', key: 'DATABASE_URL' } };
  control.seed({
    namespace: NAMESPACE,
    deployments: [
      { name: 'veza-backend-api', replicas: 2, image: imageOf('2.7.0'), secretEnv, history: HISTORY },
      { name: 'veza-chat-server', replicas: 1, image: 'veza/chat:2.7.0', secretEnv },
    ],
    secrets: { 'veza-secrets': { DATABASE_URL: CANARY.former, SESSION_KEY: CANARY.other } },
    grant: false,
  });
  control.patch('secrets', NAMESPACE, 'veza-secrets', {
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"X":"${CANARY.applied}"}}`,
      },
    },
  });
  control.setRules(BOT, await rulesInRole());
  control.clearRequests();

  process.env[REFERENCE] = CANARY.wanted;
  const connections = {
    kubernetes: {
      janua: { kubeconfig: `file:${janua.kubeconfig}`, context: 'janua', uid: janua.kube.clusterUid },
    },
    secrets: { 'veza-db-2': `env:${REFERENCE}`, 'veza-unset': 'env:DR_TEST_NOT_SET' },
  };
  const clients = createClients(Connections.parse(connections));
  const step = (id: string, given: StepOptions = {}): ActionContext => ({
    ...janua.step(id, given),
    clients,
  });

  const said: string[] = [];
  const log = pino({}, { write: (line: string) => said.push(line) });
  const hear = async <Result>(work: Promise<Result> | undefined): Promise<Result> => {
    if (work === undefined) throw new Error('the action has all five parts');
    try {
      const result = await work;
      said.push(inspect(result, { depth: null, showHidden: true }));
      return result;
    } catch (error) {
      said.push(inspect(error, { depth: null, showHidden: true }));
      log.error({ err: error }, 'step did not finish');
      throw error;
    }
  };

  /** The action as it is, with an ear at each of its parts. */
  function watch<Params>(action: Action<Params>) {
    return {
      preview: (context: ActionContext, params: Params) => hear(action.preview(context, params)),
      run: (context: ActionContext, params: Params) => hear(action.run(context, params)),
      verify: (...given: Parameters<NonNullable<typeof action.verify>>) => hear(action.verify?.(...given)),
      observe: (...given: Parameters<NonNullable<typeof action.observe>>) => hear(action.observe?.(...given)),
      undo: (...given: Parameters<NonNullable<typeof action.undo>>) => hear(action.undo?.(...given)),
    };
  }

  return {
    ...janua,
    connections,
    clients,
    step,
    watch,
    said,
    /** What was heard and no one may hear. */
    leaked: () => leaks.filter((leak) => [...said, ...janua.progress].join('\n').includes(leak)),
    secret: () => valuesOf(control.get('secrets', NAMESPACE, 'veza-secrets')?.data),
    patches: () => control.requests().filter(({ verb }) => verb === 'patch'),
    setWanted: (value: string) => {
      process.env[REFERENCE] = value;
    },
  };
}

export type Veza = Awaited<ReturnType<typeof startVeza>>;

function valuesOf(data: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]),
  );
}

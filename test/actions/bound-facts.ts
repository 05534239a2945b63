import type { ActionContext } from '../../src/actions/action.ts';
import { actions } from '../../src/actions/index.ts';
import { type Json, toJson } from '../../src/domain/canonical.ts';
import { gateDigest } from '../../src/domain/gate.ts';

/** Of a copy that a run made, for every step that works on it. */
const COPY = ['connection', 'database', 'systemIdentifier', 'oid'];
const WORKLOADS = [
  'cluster',
  'namespace',
  'deployments.name',
  'deployments.uid',
  'deployments.target',
] as const;

/** All that an approval of each action rests on, by its path in `bound`. A new fact needs its row here. */
export const BOUND_FACTS: Readonly<Record<string, readonly string[]>> = {
  'backup.find': ['key', 'etag', 'versionId'],
  'backup.fetch': ['backup', 'key', 'etag', 'versionId'],
  'backup.verify': ['key', 'etag', 'sha256'],
  decision: [],
  'http.check': ['method', 'url'],
  'k8s.rolloutRestart': WORKLOADS,
  'k8s.scale': [
    ...WORKLOADS,
    'deployments.hpa',
    'deployments.hpa.uid',
    'deployments.hpa.min',
    'deployments.hpa.max',
  ],
  'k8s.waitReady': WORKLOADS,
  manual: ['instruction'],
  notify: [],
  'pg.assert': ['connection', 'database', 'sql', 'expect.op', 'expect.value'],
  'pg.close': COPY,
  'pg.dropKept': ['connection', 'systemIdentifier', 'name', 'oid', 'comment'],
  'pg.integrity': COPY,
  'pg.lossReport': COPY,
  'pg.query': ['connection', 'database', 'sql'],
  'pg.restore': ['connection', 'systemIdentifier', 'database', 'owner', 'key', 'etag', 'sha256'],
  'pg.swap': [
    'connection',
    'systemIdentifier',
    'owner',
    'live.name',
    'live.oid',
    'kept',
    'scratch.name',
    'scratch.oid',
    'scratch.comment',
  ],
  'pg.swapBack': [
    'connection',
    'systemIdentifier',
    'live.name',
    'live.oid',
    'kept.name',
    'kept.oid',
    'kept.comment',
    'scratch',
    'losesWrites',
  ],
  'redis.check': ['connection'],
  'sns.publish': ['topic'],
  soak: [],
};

/** The same for the actions that need a primary and its standby, or a secret. */
export const FAILOVER_FACTS: Readonly<Record<string, readonly string[]>> = {
  'k8s.inspect': WORKLOADS,
  'k8s.patchSecret': [
    'readers.cluster',
    'readers.namespace',
    'readers.deployments.name',
    'readers.deployments.uid',
    'readers.deployments.reads',
    'secret.name',
    'secret.uid',
    'secret.key',
    'secret.now',
    'secret.wanted',
    'check',
  ],
  'k8s.rolloutUndo': [
    'cluster',
    'namespace',
    'deployment.name',
    'deployment.uid',
    'template.from',
    'template.to',
  ],
  'pg.check': ['primary', 'standby', 'expect'],
  'pg.fence': ['by', 'cluster', 'namespace', 'name', 'uid'],
  'pg.promote': [
    'primary',
    'standby',
    'systemIdentifier',
    'timeline',
    'inRecovery',
    'slot',
    'maxLag.bytes',
    'maxLag.time',
  ],
  'pg.rebuildStandby': ['connection', 'slot'],
};

/** What one preview binds, and the fingerprint of a gate with this step alone. */
export interface Look {
  readonly bound: Json;
  readonly digest: string;
}

export async function look(uses: string, context: ActionContext, params: object): Promise<Look> {
  const action = actions[uses];
  if (action === undefined) throw new Error(`There is no action ${uses}.`);
  const { bound } = await action.preview(context, action.schema.parse(params) as never);
  return { bound: toJson(bound), digest: digestOf(uses, bound) };
}

/** The parameters are hashed too; they stay out, so that here the facts alone make the difference. */
export function digestOf(uses: string, bound: Json): string {
  const step = { step: 'it', action: uses, params: null, bound, undo: true };
  return gateDigest({ run: 'RUN-31', gate: 'cut-over', mode: 'live', plan: 'p', steps: [step] });
}

/** Each single value with its path: `deployments.0.uid`. */
export function factsOf(bound: Json, path: readonly string[] = []): ReadonlyMap<string, Json> {
  if (bound === null && path.length === 0) return new Map();
  if (bound === null || typeof bound !== 'object') return new Map([[path.join('.'), bound]]);
  return new Map(Object.entries(bound).flatMap(([key, inner]) => [...factsOf(inner, [...path, key])]));
}

/** The paths as the table has them: items of a list share theirs. */
export function pathsOf(facts: Iterable<string>): readonly string[] {
  return [...new Set([...facts].map((path) => path.replaceAll(/\.\d+(?=\.)/g, '')))].sort();
}

/** Which facts two looks do not share. */
export function differences(before: Look, after: Look): readonly string[] {
  const [was, is] = [factsOf(before.bound), factsOf(after.bound)];
  return pathsOf([...was.keys(), ...is.keys()].filter((path) => was.get(path) !== is.get(path)));
}

/** The same with one value changed. */
export function withAnother(bound: Json, path: string): Json {
  const [key = '', ...rest] = path.split('.');
  if (path === '') return another(bound);
  if (Array.isArray(bound))
    return bound.map((item: Json, at) => (String(at) === key ? withAnother(item, rest.join('.')) : item));
  if (bound === null || typeof bound !== 'object') throw new Error(`no ${path} in ${JSON.stringify(bound)}`);
  return Object.fromEntries(
    Object.entries(bound).map(([name, inner]) => [
      name,
      name === key ? withAnother(inner, rest.join('.')) : inner,
    ]),
  );
}

function another(value: Json): Json {
  if (typeof value === 'boolean') return !value;
  return typeof value === 'number' ? value + 1 : `${value ?? 'none'}, changed`;
}

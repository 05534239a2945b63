import type {
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  ConfigurationOptions,
  CoreV1Api,
  CustomObjectsApi,
  ObservableMiddleware,
  RequestContext,
} from '@kubernetes/client-node';
import type { Connections } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import { resolveSecret } from './secrets.ts';

/** Milliseconds one request may take. The API server itself gives up after 60 s, too long for a step to wait. */
const REQUEST_LIMIT_MS = 10_000;

export interface CallOptions {
  readonly signal: AbortSignal;
  /**
   * Part of a poll: passes no hop, for the number of looks differs from run to run and the crash harness replays exact
   * counts.
   */
  readonly poll?: boolean;
  /** The answer may quote secrets: of a fault only the status is told, and its cause is dropped. */
  readonly confidential?: boolean;
}

interface Apis {
  readonly core: CoreV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly batch: BatchV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly custom: CustomObjectsApi;
}

type RequestOptions = ConfigurationOptions<ObservableMiddleware>;
type Call<Result> = (apis: Apis, request: RequestOptions) => Promise<Result>;

interface Cluster {
  readonly uid: string;
  readonly apis: Apis;
  request(signal: AbortSignal): RequestOptions;
  readonly statusOf: (error: unknown) => number | undefined;
  /** The UID was right the last time the cluster answered. */
  trusted: boolean;
}

export type KubernetesApi = ReturnType<typeof createKubernetesApi>;

/**
 * Requests to named clusters. Each cluster is opened when it is first used, and its UID must be the one of
 * `connections.yml` before it is asked for anything else: on first use, after it was away, and before every write.
 */
export function createKubernetesApi(connections: Connections) {
  const clusters = new Map<string, Promise<Cluster>>();

  /** Reads. `what` completes the sentence "Cluster `x` refused to …". */
  async function read<Result>(name: string, what: string, options: CallOptions, call: Call<Result>) {
    const cluster = await openTrusted(name, options);
    return send(name, cluster, 'k8s.read', what, options, call);
  }

  /** Reads what need not be there: one of the statuses in `none` gives undefined. */
  async function find<Result>(
    name: string,
    what: string,
    none: readonly number[],
    options: CallOptions,
    call: Call<Result>,
  ): Promise<Result | undefined> {
    const cluster = await openTrusted(name, options);
    return send(name, cluster, 'k8s.read', what, options, (apis, request) =>
      call(apis, request).catch((error: unknown) => {
        const status = cluster.statusOf(error);
        if (status !== undefined && none.includes(status)) return undefined;
        throw error;
      }),
    );
  }

  async function write<Result>(name: string, what: string, options: CallOptions, call: Call<Result>) {
    const cluster = await open(name);
    await identify(name, cluster, options);
    return send(name, cluster, 'k8s.patch', what, options, call);
  }

  /** The UID of the cluster behind a connection, looked up now. */
  async function clusterUid(name: string, options: CallOptions): Promise<string> {
    const cluster = await open(name);
    await identify(name, cluster, options);
    return cluster.uid;
  }

  async function openTrusted(name: string, options: CallOptions): Promise<Cluster> {
    const cluster = await open(name);
    if (!cluster.trusted) await identify(name, cluster, options);
    return cluster;
  }

  async function identify(name: string, cluster: Cluster, options: CallOptions): Promise<void> {
    const what = 'show namespace `kube-system`, by which a cluster is known';
    const home = await send(name, cluster, 'k8s.read', what, options, ({ core }, request) =>
      core.readNamespace({ name: 'kube-system' }, request),
    );
    const found = home.metadata?.uid ?? 'none';
    cluster.trusted = found === cluster.uid;
    if (cluster.trusted) return;
    throw new AppError(
      'target-refused',
      `Connection \`${name}\` reaches another cluster: its UID is ${found}, connections.yml says ${cluster.uid}. Nothing was changed. Correct the kubeconfig or kubernetes.${name}.uid.`,
    );
  }

  async function send<Result>(
    name: string,
    cluster: Cluster,
    place: string,
    what: string,
    { signal, poll = false, confidential = false }: CallOptions,
    call: Call<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    if (!poll) hop(`${place}:before`);
    try {
      return await call(cluster.apis, cluster.request(signal));
    } catch (error) {
      signal.throwIfAborted();
      const status = cluster.statusOf(error);
      if (status === undefined) cluster.trusted = false;
      if (status === 401) clusters.delete(name);
      throw faultOf(error, status, name, what, confidential);
    } finally {
      if (!poll) hop(`${place}:after`);
    }
  }

  function open(name: string): Promise<Cluster> {
    const known = clusters.get(name);
    if (known !== undefined) return known;
    const opening = openCluster(name, connections);
    clusters.set(name, opening);
    opening.catch(() => clusters.delete(name));
    return opening;
  }

  return { read, find, write, clusterUid };
}

async function openCluster(name: string, connections: Connections): Promise<Cluster> {
  const connection = connections.kubernetes[name];
  if (connection === undefined) {
    const known = Object.keys(connections.kubernetes).join(', ') || 'none';
    throw new AppError('config-invalid', `connections.yml has no cluster \`${name}\`. It has: ${known}.`);
  }
  const sdk = await import('@kubernetes/client-node');
  const config = new sdk.KubeConfig();
  const ref = connection.kubeconfig;
  const path = ref.startsWith('file:') ? ref.slice('file:'.length) : resolveSecret(ref);
  try {
    config.loadFromFile(path);
  } catch {
    // No cause: the parser quotes the lines around its fault, and those hold tokens.
    const message = `kubernetes.${name}.kubeconfig in connections.yml (${ref}) does not name a kubeconfig file that can be read. Correct the path or the file.`;
    throw new AppError('config-invalid', message);
  }
  if (config.getContextObject(connection.context) === null) {
    const message = `kubernetes.${name}.context in connections.yml: the kubeconfig has no context \`${connection.context}\`.`;
    throw new AppError('config-invalid', message);
  }
  config.setCurrentContext(connection.context);

  // The SDK makes a TLS agent for every request; we keep the first one, and with it its open sockets.
  let dispatcher: ReturnType<RequestContext['getDispatcher']>;
  return {
    uid: connection.uid,
    trusted: false,
    apis: {
      core: config.makeApiClient(sdk.CoreV1Api),
      autoscaling: config.makeApiClient(sdk.AutoscalingV2Api),
      batch: config.makeApiClient(sdk.BatchV1Api),
      authorization: config.makeApiClient(sdk.AuthorizationV1Api),
      custom: config.makeApiClient(sdk.CustomObjectsApi),
    },
    statusOf: (error) => (error instanceof sdk.ApiException ? error.code : undefined),
    request(signal) {
      const timed: ObservableMiddleware = {
        pre(request) {
          request.setSignal(AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]));
          dispatcher ??= request.getDispatcher();
          if (dispatcher !== undefined) request.setDispatcher(dispatcher);
          // The SDK calls every patch a JSON patch, which is a list of operations; an object is a merge patch.
          const body = request.getBody();
          if (request.getHttpMethod() === 'PATCH' && typeof body === 'string' && !body.startsWith('[')) {
            request.setHeaderParam('Content-Type', sdk.PatchStrategy.MergePatch);
          }
          return new sdk.Observable(Promise.resolve(request));
        },
        post: (response) => new sdk.Observable(Promise.resolve(response)),
      };
      return { middleware: [timed], middlewareMergeStrategy: 'append' };
    },
  };
}

/** The SDK puts whole bodies and headers into its messages; ours say the status and the server's own sentence. */
function faultOf(
  error: unknown,
  status: number | undefined,
  name: string,
  what: string,
  confidential: boolean,
): AppError {
  const options = confidential ? {} : { cause: error };
  if (status === undefined) {
    return later(
      `Cluster \`${name}\` does not answer (${causeOf(error)}). Check that its API server is up and reachable from the bot.`,
    );
  }
  if (status === 409)
    return later(
      `Somebody else changed the object at the same moment, so cluster \`${name}\` refused to ${what}.`,
    );
  if (status === 429 || status >= 500) {
    return later(
      `Cluster \`${name}\` is overloaded or failing (HTTP ${status}), so it did not ${what}. Try again when it has recovered.`,
    );
  }
  if (status === 401) return never('the bot is not signed in. Renew the credentials in its kubeconfig.');
  if (status === 403)
    return never('the bot has no right to. Apply deploy/kubernetes/role.yaml, then run dr doctor.');
  if (status === 404) return never('it does not exist. Check the names in the plan.');
  return never(
    `HTTP ${status}: ${confidential ? 'its reason may quote values and is not shown' : reasonIn(error)}`,
  );

  function later(message: string): AppError {
    return new AppError('outside-unreachable', message, { retry: 'later', ...options });
  }
  function never(why: string): AppError {
    return new AppError('outside-refused', `Cluster \`${name}\` refused to ${what}: ${why}`, options);
  }
}

/** The sentence in a Status object of the API server. */
function reasonIn(error: unknown): string {
  const text = error instanceof Error && 'body' in error ? String(error.body) : '';
  try {
    const status: { readonly message?: unknown } | null = JSON.parse(text);
    if (typeof status?.message === 'string') return status.message;
  } catch {
    // A proxy's page, not the API server's: nothing a person could use.
  }
  return 'no reason given';
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `no reply in ${REQUEST_LIMIT_MS / 1000} s`;
  // A name that leads to several addresses fails with one fault of each.
  const within = error instanceof AggregateError ? error.errors : [error.cause];
  const code = [error, ...within].find((fault) => fault instanceof Error && 'code' in fault);
  return code === undefined ? error.name : String(code.code);
}

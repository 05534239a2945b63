import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import {
  type Kubernetes,
  type KubernetesOptions,
  startKubernetes,
} from '../../../sandbox/kubernetes/kubernetes.ts';

export const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
export const jsonPatch = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
export const strategicPatch = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

export const api = { name: 'janua-api', namespace: 'janua' };

const quick: KubernetesOptions = { podStartMs: [40, 90], podStopMs: [30, 60], hpaSyncMs: 100 };

/** A cluster with Janua in it, four pods Ready. Quick unless told otherwise; give `{}` for the real tempo. */
export async function startJanua(options: KubernetesOptions = quick): Promise<Kubernetes> {
  const kube = await startKubernetes(options);
  const { name, namespace } = api;
  kube.control.seed({
    namespace,
    deployments: [{ name, replicas: 4, image: 'janua/api:2.4.0', env: { TIER: 'gold' } }],
  });
  return kube;
}

export const withQuick = (options: KubernetesOptions): KubernetesOptions => ({ ...quick, ...options });

/** The real client, as the bot configures it. */
export function connect(kubeconfig: string) {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return {
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
    batch: config.makeApiClient(BatchV1Api),
    autoscaling: config.makeApiClient(AutoscalingV2Api),
    authorization: config.makeApiClient(AuthorizationV1Api),
    custom: config.makeApiClient(CustomObjectsApi),
    version: config.makeApiClient(VersionApi),
    watch: new Watch(config),
  };
}

/** What the API server refused with: its Status object, parsed. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; [key: string]: unknown }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    // The client drops the body of a 401.
    return { ...JSON.parse(error.body ?? '{}'), code: error.code };
  }
  throw new Error('the call was not refused');
}

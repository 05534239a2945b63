import type { Hpa, ScaledObject, Workload } from '../clients/kubernetes-objects.ts';
import type { ActionContext } from './action.ts';
import type { Marked } from './k8s-mark.ts';
import { kubectlPlace, type Place, type Target } from './k8s-workload.ts';

/**
 * Reasons why something else would undo a scale: an HPA that scales up from 0, KEDA, Argo CD, Flux. Each is one sentence
 * with the command to run. Empty: nothing is known to interfere.
 */
export async function reasonsAgainstScaling(
  context: ActionContext,
  params: Target,
  workload: Workload,
  hpa: Hpa | undefined,
): Promise<readonly string[]> {
  const { signal, clients } = context;
  const scaledObject = await clients.kubernetes.readScaledObjectFor(
    params.cluster,
    params.namespace,
    workload.name,
    { signal },
  );
  return [
    hpaReason(params, workload, hpa),
    kedaReason(params, workload, hpa, scaledObject),
    ...reasonsOfGitOps(params, 'deployment', workload),
  ].filter((reason) => reason !== undefined);
}

/** An object of the cluster with what may say who keeps it as it is. */
export interface Kept extends Marked {
  readonly labels: Readonly<Record<string, string>>;
}

/** Reasons why Argo CD or Flux would write back what the bot changes. `kind` as kubectl says it. */
export function reasonsOfGitOps(place: Place, kind: string, object: Kept): readonly string[] {
  return [argoReason(place, kind, object), fluxReason(place, kind, object)].filter(
    (reason) => reason !== undefined,
  );
}

function hpaReason(params: Target, workload: Workload, hpa: Hpa | undefined): string | undefined {
  if (hpa === undefined || hpa.min > 0) return undefined;
  return `HPA \`${hpa.name}\` has minReplicas 0, so it would start \`${workload.name}\` again in the middle. Run: kubectl patch hpa ${hpa.name} ${kubectlPlace(params)} --type merge -p '{"spec":{"minReplicas":1}}'`;
}

/** KEDA's mark is on the HPA it makes, which a paused ScaledObject has not, and sometimes on the Deployment. */
function kedaReason(
  params: Target,
  workload: Workload,
  hpa: Hpa | undefined,
  scaledObject: ScaledObject | undefined,
): string | undefined {
  const owner = [...workload.owners, ...(hpa?.owners ?? [])].find(({ kind }) => kind === 'ScaledObject');
  const marks = { ...hpa?.labels, ...marksOf(workload) };
  const name = scaledObject?.name ?? owner?.name ?? marks['scaledobject.keda.sh/name'];
  if (name === undefined) return undefined;
  const declared = { ...workload.annotations, ...scaledObject?.annotations };
  const paused =
    declared['autoscaling.keda.sh/paused'] === 'true' ||
    declared['autoscaling.keda.sh/paused-replicas'] !== undefined;
  if (paused) return undefined;
  return `KEDA scales \`${workload.name}\` (ScaledObject \`${name}\`) and would undo this. Pause it: kubectl annotate scaledobject ${name} ${kubectlPlace(params)} autoscaling.keda.sh/paused=true`;
}

/** The pause belongs on the Application, which the bot cannot see; on the object a person declares it done. */
function argoReason(place: Place, kind: string, object: Kept): string | undefined {
  const marks = marksOf(object);
  const tracked = marks['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const application = marks['argocd.argoproj.io/instance'] ?? tracked;
  if (application === undefined || marks['argocd.argoproj.io/skip-reconcile'] === 'true') return undefined;
  const pause = 'argocd.argoproj.io/skip-reconcile=true';
  return `Argo CD owns \`${object.name}\` (application \`${application}\`) and would undo this. Pause it: kubectl annotate application ${application} -n argocd --context ${place.cluster} ${pause} && kubectl annotate ${kind} ${object.name} ${kubectlPlace(place)} ${pause}`;
}

function fluxReason(place: Place, kind: string, object: Kept): string | undefined {
  const marks = marksOf(object);
  for (const { owner, mark, pause, value } of FLUX) {
    const name = marks[mark];
    if (name === undefined || marks[pause]?.toLowerCase() === value) continue;
    return `Flux owns \`${object.name}\` (${owner} \`${name}\`) and would undo this. Pause it: kubectl annotate ${kind} ${object.name} ${kubectlPlace(place)} ${pause}=${value}`;
  }
  return undefined;
}

const FLUX = [
  {
    owner: 'Kustomization',
    mark: 'kustomize.toolkit.fluxcd.io/name',
    pause: 'kustomize.toolkit.fluxcd.io/reconcile',
    value: 'disabled',
  },
  {
    owner: 'HelmRelease',
    mark: 'helm.toolkit.fluxcd.io/name',
    pause: 'helm.toolkit.fluxcd.io/driftDetection',
    value: 'disabled',
  },
] as const;

function marksOf({ labels, annotations }: Kept): Readonly<Record<string, string>> {
  return { ...labels, ...annotations };
}

import type { PodSpec } from '../clients/kubernetes-objects.ts';
import type { Pod } from '../clients/kubernetes-pods.ts';

/** A workload whose running pods hold the value of a secret's key. */
export interface Reader {
  readonly kind: string;
  readonly name: string;
}

/** Whether pods of this shape get the key: as a variable, with all keys as variables, or as a file. */
export function readsKey(spec: PodSpec | undefined, secret: string, key: string): boolean {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const asVariable = containers.some(
    ({ env = [], envFrom = [] }) =>
      env.some(({ valueFrom }) => {
        const from = valueFrom?.secretKeyRef;
        return from?.name === secret && from.key === key;
      }) || envFrom.some(({ secretRef }) => secretRef?.name === secret),
  );
  const takes = (items: readonly { readonly key: string }[] | undefined) =>
    items === undefined || items.some((item) => item.key === key);
  const asFile = (spec?.volumes ?? []).some(
    (volume) =>
      (volume.secret?.secretName === secret && takes(volume.secret.items)) ||
      volume.projected?.sources?.some(({ secret: from }) => from?.name === secret && takes(from.items)),
  );
  return asVariable || asFile;
}

/**
 * Who else reads the key. Only running pods hold a former value: what is at 0 reads the new one when it starts, and
 * needs neither a restart nor a mention.
 */
export function otherReaders(
  pods: readonly Pod[],
  consumers: readonly string[],
  secret: string,
  key: string,
): readonly Reader[] {
  const readers = pods
    .filter(({ phase, terminating }) => !terminating && phase !== 'Succeeded' && phase !== 'Failed')
    .filter(({ spec }) => readsKey(spec, secret, key))
    .map(workloadOfPod)
    .filter(({ kind, name }) => kind !== 'Deployment' || !consumers.includes(name));
  return [...new Map(readers.map((reader) => [`${reader.kind}/${reader.name}`, reader])).values()];
}

/** A ReplicaSet is called after its Deployment and the hash of its template. */
function workloadOfPod({ name, owner, templateHash }: Pod): Reader {
  if (owner === undefined) return { kind: 'Pod', name };
  if (owner.kind !== 'ReplicaSet' || templateHash === '') return owner;
  return { kind: 'Deployment', name: owner.name.slice(0, -templateHash.length - 1) };
}

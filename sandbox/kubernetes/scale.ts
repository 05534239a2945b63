import { isJsonObject, type JsonObject, member, sameJson } from './json.ts';
import type { KubeObject } from './kinds.ts';
import type { Resource } from './resources.ts';
import { invalid, invalidValue } from './status.ts';

/** The Scale of a workload. As in the real API, `spec.replicas` is left out when it is 0. */
export function scaleOf(object: KubeObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = member(object, 'spec', 'replicas');
  const labels = member(object, 'spec', 'selector', 'matchLabels');
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: {
      replicas: member(object, 'status', 'replicas') ?? 0,
      selector: isJsonObject(labels)
        ? Object.entries(labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(',')
        : '',
    },
  };
}

/** The workload with the replicas of a Scale; everything else in the Scale is ignored, annotations too. */
export function withScale(resource: Resource, object: KubeObject, scale: JsonObject): KubeObject {
  const { name } = object.metadata;
  const replicas = member(scale, 'spec', 'replicas') ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw invalid('Scale', 'autoscaling', name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const spec = isJsonObject(object.spec) ? { ...object.spec, replicas } : { replicas };
  const moved = resource.generation !== 'never' && !sameJson(spec, object.spec) ? 1 : 0;
  return {
    ...object,
    spec,
    metadata: { ...object.metadata, generation: (object.metadata.generation ?? 0) + moved },
  };
}

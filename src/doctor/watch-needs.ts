import type { Need } from '../actions/action.ts';
import type { Plan } from '../domain/plan.ts';

/** What the watch asks a cluster for, each with the part of the plan that wants it: to be granted, and to be checked before. */
export function watchNeeds({
  system,
  backups,
  watch,
}: Pick<Plan, 'system' | 'backups' | 'watch'>): readonly { readonly need: Need; readonly step: string }[] {
  return [
    ...backups.flatMap(({ id, producer }) => {
      if (producer?.kind !== 'cronJob') return [];
      const { cluster: connection, namespace, name } = producer;
      const at = { kind: 'kubernetes', connection, namespace, group: 'batch' } as const;
      const step = `the watch of ${system} ${id}`;
      return [
        { step, need: { ...at, resource: 'cronjobs', verb: 'get', name } },
        { step, need: { ...at, resource: 'jobs', verb: 'list' } },
      ];
    }),
    ...watch.coverage.volumes.map(({ cluster: connection, namespace }) => ({
      step: `the watch of ${system} for volumes without a backup`,
      need: {
        ...({ kind: 'kubernetes', connection, namespace, group: '' } as const),
        resource: 'persistentvolumeclaims',
        verb: 'list',
      },
    })),
  ];
}

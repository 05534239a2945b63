import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from '../clients/index.ts';
import { type Artifact, type Inventory, type Seen, type Shape, seen } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { Backup } from '../domain/plan-backup.ts';
import { inspectBackup } from '../inventory/inspect.ts';
import { readShape, shapedLocation, shapeIdOf } from '../inventory/shape.ts';
import { inspectSystem } from '../inventory/system.ts';
import type { Inspector, Known } from './watch.ts';

/** A dump that is read within this part of a check's time is judged by it; of a longer reading a later round hears. */
const PART_OF_CHECK = 0.6;

/**
 * Looks at the sources themselves. The newest artifact is read whole once, beside the checks, because a large dump takes
 * longer than a check may; until then its shape is not known.
 */
export function createInspector(options: {
  readonly clients: Clients;
  readonly workDir: string;
  readonly shutdown: AbortSignal;
}): Inspector {
  const { clients, workDir, shutdown } = options;
  /** By backup: what is read of its newest artifact, or was. */
  const readings = new Map<string, { readonly version: string; readonly shape: Promise<Seen<Shape>> }>();
  const deps = { clients, knownShape: () => undefined };

  /** The newest artifact from inside: read before, read now, or not yet. */
  async function shapeOf(
    plan: Plan,
    backup: Backup,
    artifact: Artifact,
    look: { readonly now: Date; readonly known: Known | null },
  ): Promise<Seen<Shape | null>> {
    const { known } = look;
    if (known?.shape.key === artifact.key && known.bytes === artifact.bytes) return seen(known.shape);
    const id = `${plan.system}/${backup.id}`;
    const { key, version: content } = shapeIdOf(artifact);
    const version = `${content} ${key}`;
    const begun = readings.get(id);
    const shape = begun?.version === version ? begun.shape : reading(id, version, backup, artifact, look.now);
    const late = sleep(plan.watch.timeout * PART_OF_CHECK, null, { ref: false });
    return (await Promise.race([shape, late])) ?? seen(null);
  }

  /** What cannot be read now may be readable at the next round. */
  function reading(id: string, version: string, backup: Backup, artifact: Artifact, now: Date) {
    const shape = readShape(deps, { backup }, artifact, { now, signal: shutdown, workDir });
    readings.set(id, { version, shape });
    const forget = () => readings.get(id)?.version === version && readings.delete(id);
    shape.then(({ state }) => state === 'unreadable' && forget(), forget);
    return shape;
  }

  return {
    async backup(plan, backup, look) {
      const looked = await inspectBackup(deps, { backup }, look);
      const newest = looked.listing?.state === 'seen' ? looked.listing.value.newest[0] : undefined;
      if (newest === undefined || shapedLocation(backup) === undefined) return looked;
      const shape: Inventory['shape'] = await shapeOf(plan, backup, newest, look);
      return { ...looked, shape };
    },

    system: (plan, look) => inspectSystem(deps, plan, look),
  };
}

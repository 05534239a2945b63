import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from '../clients/index.ts';
import { type Artifact, type Seen, type Shape, seen } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { Backup } from '../domain/plan-backup.ts';
import { inspectBackup } from '../inventory/inspect.ts';
import { readShape, shapedLocation, shapeIdOf } from '../inventory/shape.ts';
import { inspectSystem } from '../inventory/system.ts';
import type { Inspector, Look } from './watch.ts';

/** A dump that is read within this part of a check's time is judged by it; of a longer reading a later round hears. */
const PART_OF_CHECK = 0.6;
/** Dumps take room on the worker's disk and time of its processor. */
const READ_AT_ONCE = 2;
/** A reading that hangs is given up after this, and begun anew at the next round. */
const LONGEST_READING_MS = 6 * 3_600_000;

/** What is to be read, and whether that has begun. Until then it may still be replaced by what is newer. */
interface Order {
  backup: Backup;
  artifact: Artifact;
  version: string;
  now: Date;
  begun: boolean;
}

interface Reading {
  readonly order: Order;
  readonly shape: Promise<Seen<Shape>>;
}

/** Fetched dumps lie in a folder of this process, so that those of one that was killed are found. */
const folderIn = (workDir: string) => join(workDir, `watch-${process.pid}`);

/** At the start: dumps hold personal data, and those of processes that are gone are read by nobody. */
export async function sweepReadings(workDir: string): Promise<void> {
  for (const name of await readdir(workDir)) {
    const pid = Number(/^watch-(\d+)$/.exec(name)?.[1]);
    // A process that was killed may have had the number this one has now.
    if (pid === process.pid || (pid > 0 && !isRunning(pid)))
      await rm(join(workDir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process, and so a running one.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Looks at the sources themselves. The newest artifact is read whole once, beside the checks, because a large dump takes
 * longer than a check may; until then its shape is not known.
 */
export function createInspector(options: {
  readonly clients: Clients;
  readonly workDir: string;
  readonly shutdown: AbortSignal;
  readonly longestMs?: number;
}): Inspector {
  const { clients, workDir, shutdown, longestMs = LONGEST_READING_MS } = options;
  /** By backup: what is read of its newest artifact, or was. */
  const readings = new Map<string, Reading>();
  const inTurn = createTurns(READ_AT_ONCE);
  const deps = { clients };

  /** The newest artifact from inside: read before, read now, or not yet. `until` is a moment of `performance.now()`. */
  async function shapeOf(
    plan: Plan,
    backup: Backup,
    artifact: Artifact,
    { known, now }: Look,
    until: number,
  ): Promise<Seen<Shape | null>> {
    if (known !== null && isOf(known, artifact)) return seen(known.shape);
    const { key, version } = shapeIdOf(artifact);
    const order = { backup, artifact, version: `${version} ${key}`, now, begun: false };
    const { shape } = readingOf(`${plan.system}/${backup.id}`, order);
    const late = sleep(Math.max(until - performance.now(), 0), null, { ref: false });
    return (await Promise.race([shape, late])) ?? seen(null);
  }

  /** One reading a backup waits at most: when its turn comes it is of what is newest then. */
  function readingOf(id: string, order: Order): Reading {
    const earlier = readings.get(id);
    if (earlier === undefined) return read(id, order);
    if (!earlier.order.begun) Object.assign(earlier.order, order);
    return earlier.order.version === order.version ? earlier : read(id, order);
  }

  /** What cannot be read now may be readable at the next round. */
  function read(id: string, order: Order): Reading {
    const shape = inTurn(() => {
      order.begun = true;
      const { backup, artifact, now } = order;
      const signal = AbortSignal.any([shutdown, AbortSignal.timeout(longestMs)]);
      return readShape(deps, { backup }, artifact, { now, signal, workDir: folderIn(workDir) });
    });
    const reading = { order, shape };
    readings.set(id, reading);
    const forget = () => readings.get(id) === reading && readings.delete(id);
    shape.then(({ state }) => state === 'unreadable' && forget(), forget);
    return reading;
  }

  return {
    async backup(plan, backup, look) {
      const until = performance.now() + plan.watch.timeout * PART_OF_CHECK;
      const looked = await inspectBackup(deps, { backup }, look);
      const newest = looked.listing?.state === 'seen' ? looked.listing.value.newest[0] : undefined;
      if (newest === undefined || shapedLocation(backup) === undefined) return looked;
      return { ...looked, shape: await shapeOf(plan, backup, newest, look, until) };
    },

    system: (plan, look) => inspectSystem(deps, plan, look),
  };
}

/** Whether this is what was read: one written anew under the same name has another ETag, whatever its size. */
function isOf({ shape, bytes }: NonNullable<Look['known']>, artifact: Artifact): boolean {
  const same = shape.whole === undefined || shape.whole.etag === artifact.etag;
  return shape.key === artifact.key && bytes === artifact.bytes && same;
}

/** Does so many things at once; the others wait, first come first served. */
function createTurns(most: number) {
  let free = most;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

import type { Inventory, Listing, Seen } from '../../src/domain/inventory.ts';
import { seen } from '../../src/domain/inventory.ts';
import { createListing } from '../../src/domain/listing.ts';
import type { Backup } from '../../src/domain/plan-backup.ts';
import { type Inspector, type WatchDeps, wakeWatches, watchSystem } from '../../src/jobs/watch.ts';
import type { SlackBot } from './slack-bot.ts';

const HOUR = 3_600_000;

/** A plan with one daily backup, of a system that has nothing else to look at. */
export const watchedBackup = {
  id: 'app-daily',
  component: 'app',
  kind: 'logical',
  schedule: { cron: '0 2 * * *', timeZone: 'UTC' },
  locations: [
    {
      id: 'bucket',
      role: 'primary',
      source: 's3',
      connection: 'backups',
      prefix: 'daily/',
      failureDomain: 'eu',
    },
  ],
  namePattern: '{YYYYmmdd_HHMMSS}.dump',
  alerts: { age: '25h' },
} as const;

/** What the newest is known by once it was read, unless it is no good. */
export const WHOLE = {
  etag: 'b1946ac92492d234',
  sha256: 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2',
  format: 'custom',
  compressed: false,
  tables: 6,
  rows: 1_200,
  pgVersion: '15.8',
} as const;

/** Sources that say what a test wants them to say. */
export interface PretendSources {
  /** How many hours ago each artifact was taken. */
  hours: readonly number[];
  /** How many hours ago those were taken that are no good when they are read whole. */
  refused: readonly number[];
  unreadable: string | null;
  /** The check does not answer. */
  hangs: boolean;
  looks: number;
}

/** Rounds of the watch over pretend sources, or those that are given, by the real queue and the real rules. */
export async function watch(bot: SlackBot, given: Partial<WatchDeps> = {}) {
  const sources: PretendSources = {
    hours: [10, 34, 58, 82, 106],
    refused: [],
    unreadable: null,
    hangs: false,
    looks: 0,
  };
  const inspector: Inspector = {
    backup: async (_, backup, { now }) => {
      sources.looks += 1;
      if (sources.hangs) await new Promise(() => {});
      const listing: Seen<Listing> =
        sources.unreadable === null
          ? seen(listingOf(backup, sources.hours, now))
          : { state: 'unreadable', reason: sources.unreadable, cause: 'denied' };
      return { at: now, listing, ...shapeIn(listing, sources.refused, now) };
    },
    system: async () => ({}),
  };
  const { world, queue } = bot;
  const deps = { world, queue, inspector, heartbeats: async () => [], alive: () => {}, ...given };
  await queue.work('watch', 1, (job) => watchSystem(deps, job));

  /** One round, `ms` after the last; resolves when it is recorded. */
  async function round(ms = 5 * 60_000): Promise<void> {
    const before = await slot();
    await bot.advance(ms);
    await wakeWatches(world, queue);
    await bot.slack.waitFor(async () => (await slot()) !== before, { timeoutMs: 15_000, what: 'a round' });
  }

  async function slot(): Promise<string | undefined> {
    const { rows } = await bot.db.query<{ slot: Date }>('select slot from watch_rounds');
    return rows[0]?.slot.toISOString();
  }

  return { sources, round, deps };
}

/** The newest as it was read whole. */
function shapeIn(listing: Seen<Listing>, refused: readonly number[], now: Date): Pick<Inventory, 'shape'> {
  const newest = listing.state === 'seen' ? listing.value.newest[0] : undefined;
  if (newest === undefined) return {};
  const bad = refused.some(
    (hour) => Math.floor(now.getTime() / HOUR) - newest.takenAt.getTime() / HOUR === hour,
  );
  const found = bad
    ? { format: 'custom', refused: 'is cut off', encryption: null }
    : { format: 'custom', refused: null, encryption: null, whole: WHOLE };
  return { shape: seen({ key: newest.key, readAt: now, ...found }) };
}

function listingOf(backup: Backup, hours: readonly number[], now: Date): Listing {
  const listing = createListing(backup, now);
  for (const hour of hours) {
    // On the hour, so that it is the same one at the next round.
    const takenAt = new Date((Math.floor(now.getTime() / HOUR) - hour) * HOUR);
    listing.add({
      key: `daily/${takenAt.toISOString()}.dump`,
      takenAt,
      storedAt: takenAt,
      bytes: 38_100_000,
      durationMs: null,
      storageClass: 'STANDARD',
    });
  }
  return listing.done();
}

import { slotsBefore } from '../domain/schedule.ts';
import type { Digest } from '../domain/views.ts';
import { databaseNow } from '../store/aggregates.ts';
import { alertsSince } from '../store/alerts.ts';
import type { Enqueue } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import { wantDigest } from '../store/deliveries.ts';
import { heldSince, planInForce, plansInForce } from '../store/documents.ts';
import { restoreTestsOf } from '../store/restore-tests.ts';
import { samplesOf } from '../store/watch.ts';
import type { Backups } from './backups.ts';

export type Digests = ReturnType<typeof createDigests>;

const WEEK_MS = 7 * 86_400_000;
/** A size that went further from the middle of the last seven is told. */
const STEADY = 0.2;

/** What each plan's channel is told of its backups once in a while, usually every Monday. */
export function createDigests(
  { db, enqueue }: { readonly db: Database; readonly enqueue: Enqueue },
  backups: Pick<Backups, 'screen'>,
) {
  /** Notes the digests whose slot has come, each once. Slots from before a plan asked for them are nobody's promise. */
  async function note(): Promise<void> {
    const now = await databaseNow(db);
    for (const version of await plansInForce(db)) {
      const { plan } = version;
      const [slot] = plan.watch.digest === undefined ? [] : slotsBefore(plan.watch.digest, now, 1);
      if (slot === undefined || slot <= (await heldSince(db, version, { watch: { digest: {} } }))) continue;
      await db.transact(async (tx) => {
        const owner = await wantDigest(tx, plan.system, slot);
        if (owner !== null) await enqueue(tx, { runs: [], owners: [owner] });
      });
    }
  }

  /** A digest as it is now, and the channel it belongs to. Undefined where no plan is in force any more. */
  async function read(
    system: string,
    slot: Date,
  ): Promise<{ readonly digest: Digest; readonly channel: string } | undefined> {
    const plan = (await planInForce(db, system))?.plan;
    const screen = await backups.screen(system, true);
    if (plan === undefined || 'kind' in screen) return undefined;
    const { now, lastRanAt, lines } = screen;
    const before = plan.watch.digest && slotsBefore(plan.watch.digest, slot, 2)[1];
    const from = before ?? new Date(slot.getTime() - WEEK_MS);
    const samples = await samplesOf(db, system, 1);
    const digest = {
      system,
      systemName: plan.name,
      from,
      now,
      lastRanAt,
      lines,
      alerts: (await alertsSince(db, from, system)).map(
        ({ id, rule, backup, health, last, firedAt, closedAt }) => ({
          health,
          id,
          rule,
          backup,
          title: last.title,
          firedAt: new Date(firedAt),
          closedAt: closedAt === null ? null : new Date(closedAt),
        }),
      ),
      tests: [...(await restoreTestsOf(db, system))].flatMap(([backup, results]) =>
        results
          .filter(({ endedAt }) => endedAt >= from)
          .map((result) => ({
            result,
            systemName: plan.name,
            backup,
            withinMs: plan.restoreTests.find(({ id }) => id === result.test)?.within ?? null,
          })),
      ),
      sizes: lines.flatMap(({ backup, sizeTrend }) => {
        const bytes = samples.get(backup)?.[0]?.bytes;
        return bytes === undefined || sizeTrend === null || Math.abs(sizeTrend) < STEADY
          ? []
          : [{ backup, bytes, share: sizeTrend }];
      }),
    };
    return { digest, channel: plan.watch.channel ?? plan.channels.incidents };
  }

  return { note, read };
}

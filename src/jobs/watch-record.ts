import { type AlertChange, decideRound, firedBy, groupsOf, type Round } from '../domain/alert-decide.ts';
import { BOT } from '../domain/events.ts';
import type { Sample } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Queue } from '../queue/boss.ts';
import { databaseNow, incidentsOver, nextNumber } from '../store/aggregates.ts';
import { lockOpenAlerts, redrawCards } from '../store/alerts.ts';
import type { Change } from '../store/commit.ts';
import type { Tx } from '../store/database.ts';
import { recordRound, type Standing, saveSamples, saveStandings } from '../store/watch.ts';
import type { Judged } from './watch.ts';
import type { World } from './world.ts';

/** What one round saw of one system. */
export interface Looks {
  readonly plan: Plan;
  readonly slot: Date;
  readonly beganAt: Date;
  readonly judged: readonly Judged[];
  readonly ofSystem: readonly Verdict[];
}

/** Records a round: the slot, how backups stand, what was seen, and alerts that begin, change or end. */
export async function recordLooks(
  { commit, log }: World,
  queue: Pick<Queue, 'enqueue'>,
  tx: Tx,
  looks: Looks,
): Promise<void> {
  const { plan, slot, beganAt, judged, ofSystem } = looks;
  const { system, watch } = plan;
  if (!(await recordRound(tx, { system, slot, beganAt, backups: judged.length }))) return;
  const now = await databaseNow(tx);
  await saveStandings(tx, system, beganAt, standingsFrom(judged, ofSystem));
  await saveSamples(tx, system, judged.flatMap(samplesFrom));
  const open = await lockOpenAlerts(tx, system);
  const round: Round = {
    system,
    verdicts: [...judged.flatMap(({ verdicts }) => verdicts), ...ofSystem],
    open,
    over: await incidentsOver(
      tx,
      open.flatMap(({ incident }) => incident ?? []),
    ),
    escalate: watch.escalate,
    now,
  };
  const { changes, begun } = decideRound(round);
  const fired = await firedFrom(tx, round, begun);
  const all = [...changes, ...fired].map(({ id, events }): Change => ({ type: 'alert', id, events }));
  await commit(tx, BOT, all);
  await queue.enqueue(tx, { runs: [], owners: await redrawCards(tx, system) });
  if (all.length > 0)
    log(
      { system, alerts: all.map(({ id, events }) => `${id} ${events.map(({ kind }) => kind).join(' ')}`) },
      'alerts changed',
    );
}

/** Rules of the system itself stand beside its backups, under no name. */
function standingsFrom(
  judged: readonly Judged[],
  ofSystem: readonly Verdict[],
): ReadonlyMap<string, Standing> {
  const backups = judged.map(({ backup, looked, verdicts }): [string, Standing] => {
    const newest = looked.listing?.state === 'seen' ? looked.listing.value.newest[0] : undefined;
    return [
      backup.id,
      {
        verdicts,
        shape: looked.shape ?? null,
        newest:
          newest === undefined
            ? null
            : { key: newest.key, takenAt: newest.takenAt.toISOString(), bytes: newest.bytes },
      },
    ];
  });
  return new Map([...backups, ['', { verdicts: ofSystem, shape: null, newest: null }]]);
}

/** Those that tell something new. */
function samplesFrom({
  backup,
  looked: { listing, shape },
  samples,
}: Judged): readonly (Sample & { readonly backup: string })[] {
  if (listing?.state !== 'seen') return [];
  const read = shape?.state === 'seen' ? shape.value : null;
  const known = new Map(samples.map((sample) => [sample.key, sample]));
  return listing.value.newest
    .map(({ key, takenAt, bytes, durationMs }) => {
      const refused = read?.key === key ? read.refused !== null : null;
      return { backup: backup.id, key, takenAt, bytes, durationMs, refused };
    })
    .filter(({ key, bytes, durationMs, refused }) => {
      const earlier = known.get(key);
      return (
        earlier?.bytes !== bytes ||
        (durationMs !== null && earlier.durationMs !== durationMs) ||
        (refused !== null && earlier.refused !== refused)
      );
    });
}

async function firedFrom(tx: Tx, round: Round, begun: readonly Verdict[]): Promise<readonly AlertChange[]> {
  const changes: AlertChange[] = [];
  for (const group of groupsOf(begun)) {
    let head: string | null = null;
    for (const verdict of group) {
      const id = `ALT-${await nextNumber(tx, 'alert')}`;
      if (group.length > 1) head ??= id;
      changes.push({ id, events: [firedBy(verdict, round, head)] });
    }
  }
  return changes;
}

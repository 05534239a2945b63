import { isPending } from '../domain/approval.ts';
import {
  type ApprovalEvent,
  BOT,
  type IncidentEvent,
  type RunEvent,
  type RunOutcome,
} from '../domain/events.ts';
import { type Next, nextOf } from '../domain/run-next.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import type { HeldJob } from '../queue/boss.ts';
import type { VerifySignature } from '../services/approvals.ts';
import { claimHolds, claimRun, databaseNow, lockApproval } from '../store/aggregates.ts';
import type { Change } from '../store/commit.ts';
import type { Tx } from '../store/database.ts';
import { askGate, openGate } from './gate.ts';
import { loadSnapshot, type Snapshot } from './snapshot.ts';
import { type Attempt, executeStep } from './step.ts';
import { dropOwnObjects, undoStep } from './undo.ts';
import { dropRunFolder, type World } from './world.ts';

/**
 * The loop inside one job (DESIGN §4): look at the row, do the next thing, look again, until a person or a clock must
 * act. Whoever wakes the run later starts the same loop. Nothing is remembered between two turns but the claim.
 */
export async function advanceRun(
  world: World,
  verifySignature: VerifySignature,
  job: HeldJob,
): Promise<void> {
  const id = job.key;
  const claim = await claimRun(world.db, id);
  for (;;) {
    if (world.shutdown.aborted)
      throw new AppError('claim-lost', 'This worker is stopping; another one goes on.');
    const snapshot = claim === undefined ? undefined : await loadSnapshot(world.db, id, world.clients.vars);
    if (snapshot === undefined || claim === undefined) return world.db.transact((tx) => job.finish(tx));
    const next = nextOf(snapshot.run, snapshot.runbook, snapshot.standing, snapshot.now, snapshot.scope);
    hop(`run.next:${next.do}`);
    if (next.do === 'stop' || next.do === 'rest' || next.do === 'wait') return endTurn(world, id, claim, job);
    await carryOut(attemptOf(world, snapshot, claim), next, verifySignature);
  }
}

async function carryOut(
  attempt: Attempt,
  next: Exclude<Next, { do: 'stop' | 'rest' | 'wait' }>,
  verify: VerifySignature,
): Promise<void> {
  const at = attempt.snapshot.now.toISOString();
  switch (next.do) {
    case 'execute':
      return executeStep(attempt, next.placed, next.recover);
    case 'skip':
      return attempt.record([
        { kind: 'step.skipped', step: next.placed.step.id, reason: next.reason, byPerson: false, at },
      ]);
    case 'ask':
      return askGate(attempt, next.gate);
    case 'open':
      return openGate(attempt, next.gate, next.approval, verify);
    case 'start-undo':
      return attempt.record([{ kind: 'undo.started', gate: next.gate.gate, reason: next.reason, at }]);
    case 'undo':
      return undoStep(attempt, next.placed);
    case 'close':
      return attempt.record([
        {
          kind: 'gate.closed',
          gate: next.gate.gate,
          outcome: next.outcome,
          at: (await databaseNow(attempt.world.db)).toISOString(),
        },
      ]);
    case 'finish': {
      const cleaned = next.outcome === 'aborted' ? await dropOwnObjects(attempt) : [];
      await finish(attempt, next.outcome, cleaned);
      return dropRunFolder(attempt.world, attempt.snapshot.run.id);
    }
  }
}

/** Ends the run and takes back an approval it still asks for, so that no card is left with a live button. */
async function finish(
  { snapshot, recordWith }: Attempt,
  outcome: RunOutcome,
  cleaned: readonly string[],
): Promise<void> {
  const { run, approval } = snapshot;
  await recordWith(async (tx, now) => {
    const at = now.toISOString();
    const asked = approval === null ? undefined : await lockApproval(tx, approval.id);
    const voided: ApprovalEvent[] =
      asked !== undefined && isPending(asked.state)
        ? [{ kind: 'approval.voided', reason: `the run is over (${outcome})`, differences: [], at }]
        : [];
    return [
      { type: 'approval', id: approval?.id ?? '', events: voided },
      { type: 'run', id: run.id, events: [{ kind: 'run.finished', outcome, cleaned, at }] },
    ];
  });
}

/**
 * Ends the turn: the job is completed in a transaction that holds the run's row. A vote that committed before it has
 * left a job of its own, which starts as soon as this one ends.
 */
async function endTurn(world: World, id: string, claim: number, job: HeldJob): Promise<void> {
  await world.db.transact(async (tx) => {
    await holdClaim(tx, id, claim);
    await job.finish(tx);
  });
}

function attemptOf(world: World, snapshot: Snapshot, claim: number): Attempt {
  const recordWith = (decide: (tx: Tx, now: Date) => Promise<readonly Change[]>) =>
    world.db.transact(async (tx) => {
      await holdClaim(tx, snapshot.run.id, claim);
      await world.commit(tx, BOT, await decide(tx, await databaseNow(tx)));
    });
  const record = (run: readonly RunEvent[], incident: readonly IncidentEvent[] = []) =>
    recordWith(async () => [
      { type: 'run', id: snapshot.run.id, events: run },
      { type: 'incident', id: snapshot.run.incident, events: incident },
    ]);
  return { world, snapshot, claim, record, recordWith };
}

async function holdClaim(tx: Tx, id: string, claim: number): Promise<void> {
  if (!(await claimHolds(tx, id, claim))) {
    throw new AppError(
      'claim-lost',
      'Another worker has taken this run over; nothing of it is recorded here.',
    );
  }
}

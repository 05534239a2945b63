import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import type { Voter } from '../../src/domain/approval-decide.ts';
import type { ApprovalEvent, RunEvent, VoteProof } from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import { Plan, type Runbook } from '../../src/domain/plan.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import { declared } from '../helpers/incidents.ts';

/** The instant of every decision in these tests, unless a test moves it. */
export const NOW = new Date('2026-11-21T02:30:00.000Z');
export const MINUTE = 60_000;

export function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}

/** An instant as events hold it, `ms` after NOW. */
export function iso(ms = 0): string {
  return later(ms).toISOString();
}

export const DIGEST = 'd'.repeat(64);

export function requested(
  changes: Partial<Extract<ApprovalEvent, { kind: 'approval.requested' }>> = {},
): ApprovalEvent {
  return {
    kind: 'approval.requested',
    run: 'RUN-1',
    incident: 'INC-2026-001',
    system: 'janua',
    gate: 'cut-over',
    digest: DIGEST,
    class: 'reversible',
    card: {
      title: 'Cut over',
      impact: 'Sign-in stops for 3 s',
      steps: [],
      undo: [],
      loss: 'none',
      rpoMs: null,
      lossMs: null,
      shown: [],
      proved: [],
      bound: [],
      readAt: iso(),
    },
    requester: 'ana',
    requesterCounts: true,
    eligible: ['ana', 'ben', 'mina'],
    slackGroup: null,
    escalateTo: [],
    confirmName: null,
    requestedAt: iso(),
    approveBy: iso(15 * MINUTE),
    openWithinMs: 10 * MINUTE,
    remindEveryMs: 5 * MINUTE,
    escalateAfterMs: 10 * MINUTE,
    replaces: null,
    ...changes,
  };
}

/** An approval that was asked for at NOW and lived through `events`. */
export function approvalAfter(request: ApprovalEvent, ...events: readonly ApprovalEvent[]): Approval {
  return events.reduce(
    (approval, event) => applyApproval(approval, event, 'APR-1'),
    applyApproval(null, request, 'APR-1'),
  );
}

export function proof(account: string): VoteProof {
  return { via: 'slack', account, signature: null };
}

export function voteOf(person: string, account = `U-${person}`, ms = 0): ApprovalEvent {
  return { kind: 'approval.vote-cast', person, proof: proof(account), digest: DIGEST, at: iso(ms) };
}

export function voter(person: string | null, changes: Partial<Voter> = {}): Voter {
  return { person, account: 'active', inCurrentList: true, inGroup: true, ...changes };
}

/** An incident declared at 02:12:04 that lived through `events` at NOW. */
export function incidentAfter(...events: readonly Parameters<typeof applyIncident>[1][]): Incident {
  return events.reduce(
    (incident, event) => applyIncident(incident, event, iso(), 'INC-2026-001', 'ana'),
    applyIncident(null, declared(), '2026-11-21T02:12:04.000Z', 'INC-2026-001', 'ana'),
  );
}

/** Look, a gate of two effects, tell: the smallest runbook with everything in it. */
export const RUNBOOK: Runbook = runbookOf(plan());

export function plan(changes: Record<string, unknown> = {}): Plan {
  return Plan.parse({
    system: 'janua',
    name: 'Janua',
    owner: 'Platform Engineering',
    objectives: { rto: '1h', rpo: '5m' },
    components: [{ id: 'app', name: 'App', kind: 'kubernetes', noBackup: 'Keeps nothing' }],
    approvals: { approvers: ['ana', 'ben', 'mina'], escalateTo: ['mina'] },
    runbooks: {
      recover: {
        title: 'Recover the app',
        component: 'app',
        steps: [
          { id: 'look', title: 'Look at it', uses: 'test.look' },
          {
            gate: 'change',
            title: 'Change it',
            impact: 'Nobody can sign in for a moment',
            steps: [
              { id: 'stop', title: 'Stop it', uses: 'test.effect' },
              { id: 'swap', title: 'Swap it', uses: 'test.effect' },
            ],
          },
          { id: 'tell', title: 'Tell the team', uses: 'test.look' },
        ],
      },
    },
    ...changes,
  });
}

export function runbookOf({ runbooks }: Plan): Runbook {
  const runbook = runbooks.recover;
  if (runbook === undefined) throw new Error('the plan has no runbook "recover"');
  return runbook;
}

export function started(changes: Partial<Extract<RunEvent, { kind: 'run.started' }>> = {}): RunEvent {
  return {
    kind: 'run.started',
    incident: 'INC-2026-001',
    system: 'janua',
    component: 'app',
    runbook: 'recover',
    mode: 'live',
    plan: 'a'.repeat(64),
    inputs: {},
    requestedBy: 'ana',
    approvers: ['ana', 'ben', 'mina'],
    reason: null,
    startedAt: iso(),
    ...changes,
  };
}

/** A run that began at NOW and lived through `events`. */
export function runAfter(...events: readonly RunEvent[]): Run {
  return events.reduce((run, event) => applyRun(run, event, 'RUN-1'), applyRun(null, started(), 'RUN-1'));
}

export function begun(step: string, attempt = 1): RunEvent {
  return { kind: 'step.started', step, attempt, params: {}, at: iso() };
}

export function finished(step: string, attempt = 1): RunEvent {
  return {
    kind: 'step.finished',
    step,
    attempt,
    summary: `${step} done`,
    output: { seen: step },
    facts: [{ name: 'seen', value: step }],
    at: iso(),
    known: 'run',
  };
}

export function failed(step: string, attempt = 1): RunEvent {
  return {
    kind: 'step.failed',
    step,
    attempt,
    code: 'check-failed',
    reason: 'it broke',
    details: [],
    at: iso(),
  };
}

export function uncertain(step: string, attempt = 1): RunEvent {
  return { kind: 'step.uncertain', step, attempt, seen: [], howToTell: null, at: iso() };
}

export const GATE_ASKED: RunEvent = { kind: 'gate.asked', gate: 'change', approval: 'APR-1', digest: DIGEST };
export const GATE_OPENED: RunEvent = {
  kind: 'gate.opened',
  gate: 'change',
  approval: 'APR-1',
  digest: DIGEST,
  at: iso(),
};
export const UNDO_STARTED: RunEvent = { kind: 'undo.started', gate: 'change', reason: 'it broke', at: iso() };

export function closed(outcome: 'done' | 'undone'): RunEvent {
  return { kind: 'gate.closed', gate: 'change', outcome, at: iso() };
}

export const ABORT: RunEvent = {
  kind: 'run.abort-requested',
  person: 'ben',
  reason: 'wrong backup',
  at: iso(),
};

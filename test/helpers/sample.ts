import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import type {
  Actor,
  ApprovalCard,
  ApprovalEvent,
  DomainEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
  Stream,
} from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import type { Plan, Runbook } from '../../src/domain/plan.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import type { IncidentView } from '../../src/domain/views.ts';
import { people, samplePlan } from './sample-plan.ts';

/** An instant of the sample day: `at('02:12:04')`. */
export const at = (time: string): string => `2026-11-21T${time}.000Z`;

export const INCIDENT = 'INC-2026-014';
export const RUN = 'RUN-31';
export const APPROVAL = 'APR-57';
export const DIGEST = '6'.repeat(64);

/** The texts that come from people and backups, so that a test can make all of them hostile, empty or very long. */
export interface Texts {
  readonly title: string;
  readonly impact: string;
  readonly note: string;
  readonly fact: string;
}
export const TEXTS: Texts = {
  title: 'Sign-in fails for most customers',
  impact: 'All regions. Login and token refresh return 500.',
  note: 'A migration deleted rows in four tables',
  fact: '`…_020004.dump`, 2 refused',
};

export interface Story {
  incident(event: IncidentEvent, time: string, person?: string | null): LoggedEvent;
  run(event: RunEvent, time?: string, person?: string | null): LoggedEvent;
  approval(event: ApprovalEvent, time?: string, person?: string | null, id?: string): LoggedEvent;
  /** Every event so far, oldest first. */
  readonly log: readonly LoggedEvent[];
  view(now: string): IncidentView;
  readonly texts: Texts;
  readonly runbook: Runbook;
}

/** An incident told by real events: `state = fold(events)`, as in the store. */
export function createStory(options: { texts?: Partial<Texts>; plan?: Plan; runbook?: string } = {}): Story {
  const plan = options.plan ?? samplePlan();
  const runbookId = options.runbook ?? 'restore-postgres';
  const runbook = plan.runbooks[runbookId];
  if (runbook === undefined) throw new Error(`the sample plan has no runbook "${runbookId}"`);
  const log: LoggedEvent[] = [];
  let incident: Incident | null = null;
  let run: Run | null = null;
  const approvals = new Map<string, Approval>();

  const append = (stream: Stream, event: DomainEvent, time: string, person: string | null): LoggedEvent => {
    const actor: Actor = { person, via: person === null ? 'bot' : 'slack', account: null };
    const logged = { seq: log.length + 1, at: new Date(at(time)), stream, incident: INCIDENT, actor, event };
    log.push(logged);
    return logged;
  };

  return {
    log,
    runbook,
    texts: { ...TEXTS, ...options.texts },
    incident(event, time, person = null) {
      incident = applyIncident(incident, event, at(time), INCIDENT, person);
      return append({ type: 'incident', id: INCIDENT }, event, time, person);
    },
    run(event, time = timeOf(event), person = null) {
      run = applyRun(run, event, RUN);
      return append({ type: 'run', id: RUN }, event, time, person);
    },
    approval(event, time = timeOf(event), person = null, id = APPROVAL) {
      approvals.set(id, applyApproval(approvals.get(id) ?? null, event, id));
      return append({ type: 'approval', id }, event, time, person);
    },
    view(now) {
      if (incident === null) throw new Error('the story has no incident yet');
      const runs = run === null ? [] : [{ run, runbook, approvals: [...approvals.values()].reverse() }];
      return { incident, plan, planVersion: 'janua@4f2c1a9', people, runs, now: new Date(at(now)) };
    },
  };
}

function timeOf(event: DomainEvent): string {
  const found = 'at' in event ? event.at : 'startedAt' in event ? event.startedAt : 'requestedAt' in event ? event.requestedAt : undefined;
  if (found === undefined) throw new Error(`${event.kind} carries no time: give one`);
  return found.slice(11, 19);
}

export function declare(story: Story, changes: Partial<Extract<IncidentEvent, { kind: 'incident.declared' }>> = {}): void {
  story.incident(
    {
      kind: 'incident.declared',
      system: 'janua',
      title: story.texts.title,
      severity: 'SEV1',
      impact: story.texts.impact,
      occurredAt: at('02:04:56'),
      detectedAt: at('02:09:00'),
      declaredAt: at('02:12:04'),
      plan: '4f2c1a9'.padEnd(64, '0'),
      updateEveryMs: 30 * 60_000,
      draftBeforeMs: 5 * 60_000,
      ...changes,
    },
    '02:12:04',
    'ana',
  );
  story.incident({ kind: 'incident.channel-linked', channel: 'C0INC014', name: 'inc-2026-014-janua-sign-in-fails', thread: null }, '02:12:05');
}

export function takeRoles(story: Story): void {
  story.incident({ kind: 'incident.role-assigned', role: 'commander', person: 'ana', previous: null }, '02:12:30', 'ana');
  story.incident({ kind: 'incident.role-assigned', role: 'liaison', person: 'chloe', previous: null }, '02:12:50', 'chloe');
}

export function startRun(story: Story, changes: Partial<Extract<RunEvent, { kind: 'run.started' }>> = {}): LoggedEvent {
  return story.run(
    {
      kind: 'run.started',
      incident: INCIDENT,
      system: 'janua',
      component: 'postgres',
      runbook: 'restore-postgres',
      mode: 'live',
      plan: '4f2c1a9'.padEnd(64, '0'),
      inputs: {},
      requestedBy: 'ana',
      approvers: ['ana', 'ben', 'mina'],
      reason: story.texts.note,
      startedAt: at('02:14:40'),
      ...changes,
    },
    '02:14:40',
    'ana',
  );
}

export function begin(story: Story, step: string, time: string, attempt = 1): LoggedEvent {
  return story.run({ kind: 'step.started', step, attempt, params: {}, at: at(time) });
}

export function finish(story: Story, step: string, from: string, to: string, facts: Record<string, string> = {}): LoggedEvent {
  begin(story, step, from);
  return story.run({
    kind: 'step.finished',
    step,
    attempt: 1,
    summary: story.texts.fact,
    output: {},
    facts: Object.entries(facts).map(([name, value]) => ({ name, value })),
    at: at(to),
    known: 'run',
  });
}

export const HARMLESS = ['find', 'fetch', 'verify', 'measure', 'restore', 'check', 'compare'] as const;

/** All that changes nothing is done: the next thing is the approval. */
export function finishHarmless(story: Story): void {
  finish(story, 'find', '02:14:41', '02:14:45', { candidates: '6', refused: '2' });
  finish(story, 'fetch', '02:14:45', '02:14:56', { size: '38.2 MB', sha256: '9f2c41d0' });
  finish(story, 'verify', '02:14:56', '02:15:15', { rows: '214,600' });
  finish(story, 'measure', '02:15:15', '02:15:18');
  story.run({ kind: 'step.skipped', step: 'roles', reason: 'find.roles does not hold', byPerson: false, at: at('02:15:18') });
  finish(story, 'restore', '02:15:18', '02:18:20');
  finish(story, 'check', '02:18:20', '02:18:40');
  finish(story, 'compare', '02:18:40', '02:18:50');
}

export function approvalCard(story: Story, changes: Partial<ApprovalCard> = {}): ApprovalCard {
  const { texts } = story;
  return {
    title: 'Cut over to the restored database',
    impact: 'Sign-in and token refresh for everyone, about 3 s.',
    steps: [
      { number: 9, title: 'Scale `janua-api` to 0', lines: ['`janua-api` in `janua`: 4 → 0 replicas (HPA 3–10, inactive at 0)'] },
      { number: 10, title: 'Swap databases', lines: ['database `janua` → `janua_before_run31`; `janua_run31` → `janua`'] },
      { number: 11, title: 'Scale `janua-api` back', lines: ['`janua-api`: 0 → 4 replicas'] },
      { number: 12, title: 'Wait until all are ready', lines: ['wait until 4 of 4 are ready'] },
    ],
    undo: ['swap back, about 3 s', '`janua-api` goes back to 4 replicas on the untouched database'],
    loss: '118 rows written 02:00:04–02:04:56 UTC: `sessions` 102, `audit_log` 16.',
    rpoMs: 300_000,
    lossMs: 292_000,
    shown: [
      { name: 'sessions cut', value: '37' },
      { name: 'replication lag', value: '0 s' },
    ],
    proved: [
      { state: 'done', text: `backup complete, 38.2 MB, SHA-256 9f2c41d0…, ${texts.fact}` },
      { state: 'done', text: '214,600 rows in 6 tables, 0 foreign keys broken, sequences ahead' },
      { state: 'skipped', text: 'roles and grants: none stored' },
      { state: 'unknown', text: 'login with a real account (no test account in the plan)' },
    ],
    bound: [
      { step: 'stop', text: 'deployment janua/janua-api, uid 4f1c…' },
      { step: 'swap', text: 'database janua oid 16391, scratch janua_run31 oid 20112' },
    ],
    readAt: at('02:18:55'),
    ...changes,
  };
}

export function askApproval(story: Story, changes: Partial<Extract<ApprovalEvent, { kind: 'approval.requested' }>> = {}, id = APPROVAL): LoggedEvent {
  story.run({ kind: 'gate.asked', gate: 'cut-over', approval: id, digest: DIGEST }, '02:18:56');
  return story.approval(
    {
      kind: 'approval.requested',
      run: RUN,
      incident: INCIDENT,
      system: 'janua',
      gate: 'cut-over',
      digest: DIGEST,
      class: 'reversible',
      card: approvalCard(story),
      requester: 'ana',
      requesterCounts: true,
      eligible: ['ana', 'ben', 'mina'],
      slackGroup: null,
      escalateTo: ['mina'],
      confirmName: null,
      requestedAt: at('02:18:56'),
      approveBy: at('02:33:56'),
      openWithinMs: 600_000,
      remindEveryMs: 300_000,
      escalateAfterMs: 600_000,
      replaces: null,
      ...changes,
    },
    '02:18:56',
    'ana',
    id,
  );
}

export function vote(story: Story, person: string, time: string): LoggedEvent {
  const proof = { via: 'slack', account: `U-${person}`, signature: null } as const;
  return story.approval({ kind: 'approval.vote-cast', person, proof, digest: DIGEST, at: at(time) }, time, person);
}

export function cutOver(story: Story): void {
  vote(story, 'ana', '02:20:10');
  vote(story, 'ben', '02:26:41');
  story.approval({ kind: 'approval.approved', openBy: at('02:36:41'), at: at('02:26:41') });
  story.approval({ kind: 'approval.used', at: at('02:26:42') });
  story.run({ kind: 'gate.opened', gate: 'cut-over', approval: APPROVAL, digest: DIGEST, at: at('02:26:42') });
  finish(story, 'stop', '02:26:42', '02:26:44');
  finish(story, 'swap', '02:26:44', '02:26:45');
  finish(story, 'start', '02:26:45', '02:26:46');
  finish(story, 'ready', '02:26:46', '02:26:51');
  story.run({ kind: 'gate.closed', gate: 'cut-over', outcome: 'done', at: at('02:26:51') });
}

/** Service is back and watched. */
export function verifyService(story: Story): void {
  finish(story, 'health', '02:26:51', '02:27:30');
  story.incident({ kind: 'incident.recovery-point-found', at: at('02:00:04'), evidence: 'backup postgres_janua_20261121_020004.dump', run: RUN }, '02:18:50');
  story.incident({ kind: 'incident.loss-measured', rows: 118, text: '118 rows in 2 tables', run: RUN }, '02:18:50');
  story.incident({ kind: 'incident.verified', at: at('02:27:30'), evidence: 'http.check, 5 of 5', run: RUN }, '02:27:30');
  story.incident({ kind: 'incident.status-changed', from: 'investigating', to: 'monitoring', what: story.texts.note }, '02:28:00', 'ana');
}

export function publish(story: Story, number: number, time: string, changes: Partial<Extract<IncidentEvent, { kind: 'incident.update-published' }>> = {}): LoggedEvent {
  return story.incident(
    {
      kind: 'incident.update-published',
      number,
      text: { status: 'monitoring', impact: story.texts.impact, changed: story.texts.note, next: 'watch until 03:15 UTC, then resolve (Ana).', expectedBack: null },
      dueAt: at(time),
      publishedAt: at(time),
      nextAt: new Date(Date.parse(at(time)) + 1_800_000).toISOString(),
      automatic: false,
      missed: [],
      ...changes,
    },
    time,
    'chloe',
  );
}

export function resolve(story: Story): LoggedEvent {
  finish(story, 'soak', '02:27:30', '02:42:30');
  story.run({ kind: 'run.finished', outcome: 'done', cleaned: [], at: at('02:42:30') });
  publish(story, 1, '02:42:00');
  publish(story, 2, '03:10:00');
  return story.incident(
    {
      kind: 'incident.resolved',
      at: at('03:20:10'),
      rootCause: story.texts.note,
      dataLost: '118 rows in sessions and audit_log',
      reportOwner: 'ana',
      reportDueAt: '2026-11-23T03:20:10.000Z',
      unknownDetected: null,
    },
    '03:20:10',
    'ana',
  );
}

/** The sample day in order: a story "at" a moment has lived through all before it. */
const DAY = [
  ['declared', (story: Story) => declare(story)],
  ['commanded', takeRoles],
  ['started', (story: Story) => startRun(story)],
  ['checked', finishHarmless],
  ['asked', (story: Story) => askApproval(story)],
  ['cut over', cutOver],
  ['monitoring', verifyService],
  ['resolved', resolve],
] as const;
export type Moment = (typeof DAY)[number][0];
export const MOMENTS: readonly Moment[] = DAY.map(([moment]) => moment);

export function storyAt(moment: Moment, options: Parameters<typeof createStory>[0] = {}): Story {
  const story = createStory(options);
  for (const [name, live] of DAY) {
    live(story);
    if (name === moment) break;
  }
  return story;
}

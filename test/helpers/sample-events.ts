import type { IncidentEvent, LoggedEvent, RunEvent } from '../../src/domain/events.ts';
import { vote } from './sample-approval.ts';
import { APPROVAL, at, DIGEST, INCIDENT, RUN, type Story } from './sample-story.ts';

export function declare(
  story: Story,
  changes: Partial<Extract<IncidentEvent, { kind: 'incident.declared' }>> = {},
): void {
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
  story.incident(
    {
      kind: 'incident.channel-linked',
      channel: 'C0INC014',
      name: 'inc-2026-014-janua-sign-in-fails',
      thread: null,
    },
    '02:12:05',
  );
}

export function takeRoles(story: Story): void {
  story.incident(
    { kind: 'incident.role-assigned', role: 'commander', person: 'ana', previous: null },
    '02:12:30',
    'ana',
  );
  story.incident(
    { kind: 'incident.role-assigned', role: 'liaison', person: 'chloe', previous: null },
    '02:12:50',
    'chloe',
  );
}

export function startRun(
  story: Story,
  changes: Partial<Extract<RunEvent, { kind: 'run.started' }>> = {},
): LoggedEvent {
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

export function finish(
  story: Story,
  step: string,
  from: string,
  to: string,
  facts: Record<string, string> = {},
): LoggedEvent {
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

/** All that changes nothing is done: the next thing is the approval. */
export function finishHarmless(story: Story): void {
  finish(story, 'find', '02:14:41', '02:14:45', { candidates: '6', refused: '2' });
  finish(story, 'fetch', '02:14:45', '02:14:56', { size: '38.2 MB', sha256: '9f2c41d0' });
  finish(story, 'verify', '02:14:56', '02:15:15', { rows: '214,600' });
  finish(story, 'measure', '02:15:15', '02:15:18');
  story.run({
    kind: 'step.skipped',
    step: 'roles',
    reason: 'find.roles does not hold',
    byPerson: false,
    at: at('02:15:18'),
  });
  finish(story, 'restore', '02:15:18', '02:18:20');
  finish(story, 'check', '02:18:20', '02:18:40');
  finish(story, 'compare', '02:18:40', '02:18:50');
}

export function cutOver(story: Story): void {
  vote(story, 'ana', '02:20:10');
  vote(story, 'ben', '02:26:41');
  story.approval({ kind: 'approval.approved', openBy: at('02:36:41'), at: at('02:26:41') });
  story.approval({ kind: 'approval.used', at: at('02:26:42') });
  story.run({
    kind: 'gate.opened',
    gate: 'cut-over',
    approval: APPROVAL,
    digest: DIGEST,
    at: at('02:26:42'),
  });
  finish(story, 'stop', '02:26:42', '02:26:44');
  finish(story, 'swap', '02:26:44', '02:26:45');
  finish(story, 'start', '02:26:45', '02:26:46');
  finish(story, 'ready', '02:26:46', '02:26:51');
  story.run({ kind: 'gate.closed', gate: 'cut-over', outcome: 'done', at: at('02:26:51') });
}

/** Service is back and watched. */
export function verifyService(story: Story): void {
  finish(story, 'health', '02:26:51', '02:27:30');
  story.incident(
    {
      kind: 'incident.recovery-point-found',
      at: at('02:00:04'),
      evidence: 'backup postgres_janua_20261121_020004.dump',
      run: RUN,
    },
    '02:18:50',
  );
  story.incident(
    { kind: 'incident.loss-measured', rows: 118, text: '118 rows in 2 tables', run: RUN },
    '02:18:50',
  );
  story.incident(
    { kind: 'incident.verified', at: at('02:27:30'), evidence: 'http.check, 5 of 5', run: RUN },
    '02:27:30',
  );
  story.incident(
    { kind: 'incident.status-changed', from: 'investigating', to: 'monitoring', what: story.texts.note },
    '02:28:00',
    'ana',
  );
}

export function publish(
  story: Story,
  number: number,
  time: string,
  changes: Partial<Extract<IncidentEvent, { kind: 'incident.update-published' }>> = {},
): LoggedEvent {
  return story.incident(
    {
      kind: 'incident.update-published',
      number,
      text: {
        status: 'monitoring',
        impact: story.texts.impact,
        changed: story.texts.note,
        next: 'watch until 03:15 UTC, then resolve (Ana).',
        expectedBack: null,
      },
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

import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import type {
  Actor,
  ApprovalCard,
  ApprovalEvent,
  DomainEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
} from '../../src/domain/events.ts';
import { BOT } from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import type { People } from '../../src/domain/people.ts';
import { Plan } from '../../src/domain/plan.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import type { ReportView } from '../../src/domain/views.ts';

/** The night of INC-2026-014 (CARDS), told as events and folded: every surface of the tests is rendered from it. */
export const people: People = {
  people: {
    ana: {
      name: 'Ana Duarte',
      slack: ['U0000000ANA'],
      sshKeys: [],
      responder: true,
      title: 'on-call engineer',
    },
    ben: { name: 'Ben Okoye', slack: ['U0000000BEN'], sshKeys: [], responder: true, title: 'database lead' },
    chloe: { name: 'Chloe Martin', slack: ['U000000CHLO'], sshKeys: [], responder: true },
    mina: { name: 'Mina Sato', slack: ['U000000MINA'], sshKeys: [], responder: true },
  },
};

export const plan: Plan = Plan.parse({
  system: 'janua',
  name: 'Janua',
  owner: 'Platform Engineering',
  objectives: { rto: '4h', rpo: '1h' },
  components: [
    {
      id: 'postgres',
      name: 'PostgreSQL',
      kind: 'postgres',
      connection: 'janua-primary',
      database: 'janua',
      owner: 'janua_owner',
      objectives: { rto: '1h', rpo: '5m' },
      writers: [{ cluster: 'janua', namespace: 'janua', deployment: 'janua-api' }],
    },
  ],
  severities: {
    SEV1: { label: 'Critical', means: 'Most users cannot sign in, or data is lost' },
    SEV2: { label: 'Major', means: 'An important part is down' },
    SEV3: { label: 'Minor', means: 'Some users are affected' },
    SEV4: { label: 'Low', means: 'No user effect yet' },
  },
  updates: { closing: 'Thank you for your patience.' },
  approvals: { approvers: ['ana', 'ben', 'mina'] },
  runbooks: {
    'restore-postgres': {
      title: 'Restore PostgreSQL from a backup',
      component: 'postgres',
      expected: '24m',
      scenario: 'Data corruption or accidental deletion',
      inputs: { before: { label: 'Restore point', type: 'time' } },
      steps: [
        {
          id: 'find',
          title: 'Find the newest good backup',
          uses: 'backup.find',
          with: { backup: 'pg-daily' },
          expected: '4s',
        },
        {
          id: 'verify',
          title: 'Verify the backup',
          uses: 'backup.verify',
          with: { path: '${find.path}' },
          timeout: '15m',
        },
        { id: 'restore', title: 'Restore into a scratch database', uses: 'pg.restore', expected: '3m' },
        { id: 'keys', title: 'Confirm the encryption key', uses: 'manual', when: 'inputs.before' },
        {
          gate: 'cut-over',
          title: 'Cut over to the restored database',
          impact: 'Sign-in and token refresh for everyone, for some seconds',
          steps: [
            { id: 'stop', title: 'Stop everything that writes', uses: 'k8s.scale' },
            { id: 'swap', title: 'Swap the databases', uses: 'pg.swap' },
            { id: 'start', title: 'Start what was stopped', uses: 'k8s.scale' },
          ],
        },
        { id: 'login', title: 'Sign in with the test account', uses: 'http.check' },
        { id: 'soak', title: 'Watch for 15 minutes', uses: 'soak' },
      ],
    },
  },
});

export const at = (time: string) => `2026-11-21T${time.length === 5 ? `${time}:00` : time}.000Z`;
export const person = (id: string): Actor => ({ person: id, via: 'slack', account: `U-${id}` });

export const digest = 'c63b3e8a41'.padEnd(64, '0');

export const card: ApprovalCard = {
  title: 'Cut over to the restored database',
  impact: 'Sign-in and token refresh for everyone, for some seconds',
  steps: [{ number: 5, title: 'Stop everything that writes', lines: ['janua-api in janua: 4 → 0 replicas'] }],
  undo: ['Swap back, about 3 s'],
  loss: '118 rows written 02:00:04–02:04:56 UTC',
  rpoMs: 300_000,
  lossMs: 292_000,
  shown: [{ name: 'sessions', value: '37' }],
  proved: [{ state: 'done', text: 'backup complete, 38.2 MB' }],
  bound: [{ step: 'swap', text: 'database janua, oid 16384' }],
  readAt: at('02:18:50'),
};

type Told = readonly [
  time: string,
  actor: Actor,
  type: 'incident' | 'run' | 'approval',
  id: string,
  event: DomainEvent,
];

const INC = 'INC-2026-014';
const RUN = 'RUN-31';
const APR = 'APR-57';

const step = (time: string, event: RunEvent): Told => [time, BOT, 'run', RUN, event];
const started = (time: string, id: string, attempt = 1) =>
  step(time, { kind: 'step.started', step: id, attempt, params: {}, at: at(time) });
const finished = (
  time: string,
  id: string,
  summary: string,
  more: Partial<Extract<RunEvent, { kind: 'step.finished' }>> = {},
) =>
  step(time, {
    kind: 'step.finished',
    step: id,
    attempt: 1,
    summary,
    output: {},
    facts: [],
    at: at(time),
    known: 'run',
    ...more,
  });
const update = (
  time: string,
  number: number,
  due: string,
  next: string,
  status: 'identified' | 'monitoring',
  changed: string,
): Told => [
  time,
  person('chloe'),
  'incident',
  INC,
  {
    kind: 'incident.update-published',
    number,
    text: {
      status,
      impact: 'Sign-in fails for most customers.',
      changed,
      next: 'Watch, then resolve (Ana).',
      expectedBack: null,
    },
    dueAt: at(due),
    publishedAt: at(time),
    nextAt: at(next),
    automatic: false,
    missed: [],
  },
];

export const TOLD: readonly Told[] = [
  [
    '02:12:04',
    person('ana'),
    'incident',
    INC,
    {
      kind: 'incident.declared',
      system: 'janua',
      title: 'Sign-in fails for most customers',
      severity: 'SEV1',
      impact: 'All regions. Login and token refresh return 500.',
      occurredAt: null,
      detectedAt: null,
      declaredAt: at('02:12:04'),
      plan: '4f2c1a9'.padEnd(64, '0'),
      updateEveryMs: 1_800_000,
      draftBeforeMs: 300_000,
    },
  ],
  [
    '02:12:09',
    BOT,
    'incident',
    INC,
    {
      kind: 'incident.channel-linked',
      channel: 'C014',
      name: 'inc-2026-014-janua-sign-in-fails',
      thread: null,
    },
  ],
  [
    '02:12:40',
    person('ana'),
    'incident',
    INC,
    { kind: 'incident.role-assigned', role: 'commander', person: 'ana', previous: null },
  ],
  [
    '02:12:58',
    person('ana'),
    'incident',
    INC,
    { kind: 'incident.role-assigned', role: 'liaison', person: 'chloe', previous: null },
  ],
  [
    '02:13:30',
    person('ana'),
    'incident',
    INC,
    { kind: 'incident.edited', changes: { occurredAt: at('02:04:56'), detectedAt: at('02:09') } },
  ],
  [
    '02:14:40',
    person('ana'),
    'run',
    RUN,
    {
      kind: 'run.started',
      incident: INC,
      system: 'janua',
      component: 'postgres',
      runbook: 'restore-postgres',
      mode: 'live',
      plan: '4f2c1a9'.padEnd(64, '0'),
      inputs: {},
      requestedBy: 'ana',
      approvers: ['ana', 'ben', 'mina'],
      reason: 'Rows are gone',
      startedAt: at('02:14:40'),
    },
  ],
  started('02:14:41', 'find'),
  finished('02:14:45', 'find', 'postgres_janua_20261121_020004.dump, 2 refused', {
    facts: [{ name: 'taken', value: '02:00:04 UTC' }],
  }),
  started('02:14:46', 'verify'),
  step('02:14:50', {
    kind: 'step.failed',
    step: 'verify',
    attempt: 1,
    code: 'outside-unreachable',
    reason: 'S3 did not answer',
    details: ['reset by peer'],
    at: at('02:14:50'),
  }),
  ['02:15:20', person('ana'), 'run', RUN, { kind: 'step.retried', step: 'verify', look: false }],
  started('02:15:21', 'verify', 2),
  finished('02:15:40', 'verify', 'complete, 214,600 rows', { attempt: 2 }),
  started('02:15:41', 'restore'),
  finished('02:18:40', 'restore', 'janua_run31, 214,600 rows', { facts: [{ name: 'oid', value: '24711' }] }),
  step('02:18:41', {
    kind: 'step.skipped',
    step: 'keys',
    reason: 'inputs.before does not hold',
    byPerson: false,
    at: at('02:18:41'),
  }),
  [
    '02:18:45',
    BOT,
    'incident',
    INC,
    { kind: 'incident.loss-measured', rows: 118, text: '118 rows in 2 tables, newest 02:04:56', run: RUN },
  ],
  [
    '02:18:50',
    BOT,
    'approval',
    APR,
    {
      kind: 'approval.requested',
      run: RUN,
      incident: INC,
      system: 'janua',
      gate: 'cut-over',
      digest,
      class: 'reversible',
      card,
      requester: 'ana',
      requesterCounts: true,
      eligible: ['ana', 'ben', 'mina'],
      slackGroup: null,
      escalateTo: ['mina'],
      confirmName: null,
      requestedAt: at('02:18:50'),
      approveBy: at('02:33:50'),
      openWithinMs: 600_000,
      remindEveryMs: 300_000,
      escalateAfterMs: 600_000,
      replaces: null,
    },
  ],
  step('02:18:51', { kind: 'gate.asked', gate: 'cut-over', approval: APR, digest }),
  [
    '02:19:10',
    person('ana'),
    'approval',
    APR,
    {
      kind: 'approval.vote-cast',
      person: 'ana',
      proof: { via: 'slack', account: 'U0000000ANA', signature: null },
      digest,
      at: at('02:19:10'),
    },
  ],
  [
    '02:20:00',
    person('ana'),
    'approval',
    APR,
    {
      kind: 'approval.click-refused',
      person: 'ana',
      account: 'U0000000ANA',
      code: 'already-approved',
      at: at('02:20'),
    },
  ],
  [
    '02:20:30',
    { person: null, via: 'slack', account: 'U0000000DAN' },
    'approval',
    APR,
    {
      kind: 'approval.click-refused',
      person: null,
      account: 'U0000000DAN',
      code: 'not-in-people-file',
      at: at('02:20:30'),
    },
  ],
  [
    '02:21:00',
    person('ana'),
    'incident',
    INC,
    {
      kind: 'incident.status-changed',
      from: 'investigating',
      to: 'identified',
      what: 'A migration deleted rows in four tables',
    },
  ],
  update('02:21:10', 1, '02:42:04', '02:51:10', 'identified', 'The cause is known, a restore runs.'),
  [
    '02:23:50',
    BOT,
    'approval',
    APR,
    { kind: 'approval.reminded', people: ['ben', 'mina'], escalated: false, nextAt: at('02:28:50') },
  ],
  [
    '02:26:41',
    person('ben'),
    'approval',
    APR,
    {
      kind: 'approval.vote-cast',
      person: 'ben',
      proof: { via: 'cli', account: 'ben', signature: 'SIG' },
      digest,
      at: at('02:26:41'),
    },
  ],
  [
    '02:26:41',
    person('ben'),
    'approval',
    APR,
    { kind: 'approval.approved', openBy: at('02:36:41'), at: at('02:26:41') },
  ],
  ['02:26:42', BOT, 'approval', APR, { kind: 'approval.used', at: at('02:26:42') }],
  step('02:26:42', { kind: 'gate.opened', gate: 'cut-over', approval: APR, digest, at: at('02:26:42') }),
  started('02:26:42', 'stop'),
  finished('02:26:44', 'stop', 'janua-api 4 → 0'),
  started('02:26:44', 'swap'),
  finished('02:26:45', 'swap', 'janua is the restored database', {
    facts: [{ name: 'kept', value: 'janua_before_run31' }],
  }),
  started('02:26:46', 'start'),
  finished('02:26:51', 'start', 'janua-api 0 → 4'),
  step('02:26:52', { kind: 'gate.closed', gate: 'cut-over', outcome: 'done', at: at('02:26:52') }),
  [
    '02:26:53',
    BOT,
    'incident',
    INC,
    {
      kind: 'incident.recovery-point-found',
      at: at('02:00:04'),
      evidence: 'postgres_janua_20261121_020004.dump, SHA-256 9f2c41d0',
      run: RUN,
    },
  ],
  started('02:27:20', 'login'),
  finished('02:27:30', 'login', '5 of 5 answered 200'),
  [
    '02:27:30',
    BOT,
    'incident',
    INC,
    { kind: 'incident.verified', at: at('02:27:30'), evidence: 'http.check, 5 of 5 answered 200', run: RUN },
  ],
  [
    '02:28:00',
    person('chloe'),
    'incident',
    INC,
    { kind: 'incident.status-changed', from: 'identified', to: 'monitoring', what: 'Sign-in works again.' },
  ],
  update('02:28:00', 2, '02:51:10', '02:58:00', 'monitoring', 'Sign-in works again.'),
  started('02:28:01', 'soak'),
  step('02:28:02', {
    kind: 'step.waiting',
    step: 'soak',
    attempt: 1,
    note: 'until 02:43 UTC, no failure',
    until: at('02:43:01'),
    memory: null,
  }),
  [
    '02:35:00',
    person('ben'),
    'incident',
    INC,
    { kind: 'incident.note-added', text: 'Support counts 40 tickets' },
  ],
  finished('02:43:01', 'soak', '15m, 16 looks, no failure'),
  step('02:43:02', {
    kind: 'run.finished',
    outcome: 'done',
    cleaned: ['file backup.dump'],
    at: at('02:43:02'),
  }),
  update('02:56:12', 3, '02:58:00', '03:26:12', 'monitoring', 'The watch of 15 min ended with 0 errors.'),
  [
    '03:20:10',
    person('ana'),
    'incident',
    INC,
    {
      kind: 'incident.resolved',
      at: at('03:20:10'),
      rootCause: 'A migration deleted rows in four tables',
      dataLost: '118 rows in sessions and audit_log',
      reportOwner: 'ana',
      reportDueAt: '2026-11-23T03:20:10.000Z',
      unknownDetected: null,
    },
  ],
  [
    '03:25:00',
    person('ana'),
    'incident',
    INC,
    {
      kind: 'incident.action-item-added',
      text: 'Run migrations on a copy first',
      owner: 'ben',
      due: '2026-12-01',
    },
  ],
  [
    '03:26:00',
    person('ana'),
    'incident',
    INC,
    { kind: 'incident.lesson-added', text: 'The second approver was asleep for 7 minutes' },
  ],
];

/** The view as it stood at a time: everything told by then, folded. */
export function viewAt(now: string, told: readonly Told[] = TOLD): ReportView {
  const until = Date.parse(now.includes('T') ? now : at(now));
  const events: LoggedEvent[] = told
    .map(([time, actor, type, id, event], index) => ({
      seq: 101 + index,
      at: new Date(at(time)),
      stream: { type, id },
      incident: INC,
      actor,
      event,
    }))
    .filter((logged) => logged.at.getTime() <= until);
  let incident: Incident | null = null;
  const runs = new Map<string, Run>();
  const approvals = new Map<string, Approval>();
  for (const { stream, event, at: when, actor } of events) {
    if (stream.type === 'incident')
      incident = applyIncident(incident, event as IncidentEvent, when.toISOString(), stream.id, actor.person);
    if (stream.type === 'run')
      runs.set(stream.id, applyRun(runs.get(stream.id) ?? null, event as RunEvent, stream.id));
    if (stream.type === 'approval')
      approvals.set(
        stream.id,
        applyApproval(approvals.get(stream.id) ?? null, event as ApprovalEvent, stream.id),
      );
  }
  if (incident === null) throw new Error(`nothing is told by ${now}`);
  return {
    incident,
    plan,
    planVersion: 'janua@4f2c1a9',
    people,
    runs: [...runs.values()].reverse().flatMap((run) => {
      const runbook = plan.runbooks[run.runbook];
      return runbook === undefined
        ? []
        : [
            {
              run,
              runbook,
              approvals: [...approvals.values()].filter((approval) => approval.run === run.id).reverse(),
            },
          ];
    }),
    now: new Date(until),
    events,
    audit: { events: events.length, verified: true, head: '4c1e09ab'.padEnd(64, '0') },
  };
}

/** The story up to a time, and then something else. */
export function toldUntil(time: string, ...more: readonly Told[]): readonly Told[] {
  return [...TOLD.filter(([when]) => at(when) <= at(time)), ...more];
}

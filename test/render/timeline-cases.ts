import type { StoryEvent } from '../../src/render/timeline.ts';
import { at, card, digest } from './story.ts';

/** One event of every kind with its sentence: the compiler asks for a line when a kind is added. */
type Cases = {
  [Kind in StoryEvent['kind']]: readonly [Omit<Extract<StoryEvent, { kind: Kind }>, 'kind'>, string];
};

export const CASES: Cases = {
  'incident.declared': [
    {
      system: 'janua',
      title: 'Sign-in fails',
      severity: 'SEV1',
      impact: null,
      occurredAt: null,
      detectedAt: null,
      declaredAt: at('02:12:04'),
      plan: 'a',
      updateEveryMs: 1,
      draftBeforeMs: 1,
    },
    'Ana declared INC-2026-014 for Janua, SEV1: "Sign-in fails".',
  ],
  'incident.edited': [
    { changes: { title: 'T', impact: 'I', occurredAt: at('02:04:56'), detectedAt: at('02:09') } },
    'Ana corrected the title to "T", the impact to "I", the beginning to 02:04:56 UTC and the detection to 02:09:00 UTC.',
  ],
  'incident.severity-changed': [
    { from: 'SEV2', to: 'SEV1', updateEveryMs: 900_000 },
    'Ana changed the severity from SEV2 to SEV1; updates are due every 15 min.',
  ],
  'incident.status-changed': [
    { from: 'investigating', to: 'identified', what: 'A migration' },
    'Ana set the status from Investigating to Identified: "A migration".',
  ],
  'incident.role-assigned': [
    { role: 'liaison', person: 'chloe', previous: 'ben' },
    'Ana gave the role of liaison to Chloe after Ben.',
  ],
  'incident.note-added': [{ text: '40 tickets' }, 'Ana noted: "40 tickets".'],
  'incident.channel-linked': [
    { channel: 'C1', name: 'inc-1', thread: null },
    'Ana linked the channel #inc-1.',
  ],
  'incident.update-drafted': [{ dueAt: at('02:42') }, 'Ana drafted the update due 02:42 UTC.'],
  'incident.update-snoozed': [
    { until: at('02:52'), reason: 'facts come' },
    'Ana put the update off until 02:52 UTC: "facts come".',
  ],
  'incident.update-published': [
    {
      number: 3,
      text: { status: 'monitoring', impact: 'i', changed: 'It works.', next: 'n', expectedBack: null },
      dueAt: at('02:58'),
      publishedAt: at('02:56:12'),
      nextAt: at('03:26:12'),
      automatic: false,
      missed: [],
    },
    'Ana published update 3, Monitoring (due 02:58 UTC): "It works."',
  ],
  'incident.verified': [
    { at: at('02:27:30'), evidence: 'http.check, 5 of 5', run: 'RUN-31' },
    'RUN-31 verified the service at 02:27:30 UTC: http.check, 5 of 5.',
  ],
  'incident.recovery-point-found': [
    { at: at('02:00:04'), evidence: 'a.dump', run: 'RUN-31' },
    'RUN-31 fixed the recovery point at 02:00:04 UTC: a.dump.',
  ],
  'incident.loss-measured': [
    { rows: null, text: 'the live database cannot be read', run: 'RUN-31' },
    'RUN-31 measured the data loss: not known: the live database cannot be read.',
  ],
  'incident.resolved': [
    {
      at: at('03:20:10'),
      rootCause: 'A migration',
      dataLost: '118 rows',
      reportOwner: 'ben',
      reportDueAt: '2026-11-23T03:20:10.000Z',
      unknownDetected: null,
    },
    'Ana resolved INC-2026-014 at 03:20:10 UTC. Cause: "A migration". Data lost: "118 rows". Report by Ben, due 23 Nov 03:20 UTC.',
  ],
  'incident.cancelled': [{ reason: 'a mistake' }, 'Ana cancelled INC-2026-014: "a mistake".'],
  'incident.action-item-added': [
    { text: 'Copy first', owner: 'ben', due: '2026-12-01' },
    'Ana added an action item for Ben, due 1 Dec 2026: "Copy first".',
  ],
  'incident.lesson-added': [{ text: 'Sleep' }, 'Ana recorded a lesson: "Sleep".'],
  'incident.report-written': [
    { revision: 2, sha256: '9f2c41d0aa', bytes: 38_200 },
    'Ana wrote revision 2 of the report, 38.2 kB, SHA-256 9f2c41d0…',
  ],
  'run.started': [
    {
      incident: 'I',
      system: 'janua',
      component: 'postgres',
      runbook: 'restore-postgres',
      mode: 'live',
      plan: 'a',
      inputs: {},
      requestedBy: 'ana',
      approvers: [],
      reason: 'Rows are gone',
      startedAt: at('02:14:40'),
    },
    'Ana started RUN-31, Restore PostgreSQL from a backup, on PRODUCTION: "Rows are gone".',
  ],
  'step.started': [
    { step: 'find', attempt: 2, params: {}, at: at('02:14') },
    'Step 1 Find the newest good backup: attempt 2 started.',
  ],
  'step.finished': [
    {
      step: 'find',
      attempt: 1,
      summary: 'a.dump, 2 refused',
      output: {},
      facts: [{ name: 'taken', value: '02:00:04 UTC' }],
      at: at('02:14:45'),
      known: 'run',
    },
    'Step 1 Find the newest good backup: done in 4 s: a.dump, 2 refused (taken 02:00:04 UTC).',
  ],
  'step.failed': [
    {
      step: 'verify',
      attempt: 1,
      code: 'x',
      reason: 'S3 did not answer',
      details: ['a', 'b', 'c', 'd'],
      at: at('02:14'),
    },
    'Step 2 Verify the backup: failed, attempt 1. S3 did not answer: a; b; c; and 1 more line.',
  ],
  'step.postponed': [
    { step: 'verify', attempt: 1, reason: 'S3 does not answer', tries: 3, until: at('02:22:10') },
    'Step 2 Verify the backup: waits and tries again at 02:22:10 UTC (try 3): S3 does not answer.',
  ],
  'step.waiting': [
    { step: 'soak', attempt: 1, note: 'no failure', until: at('02:43'), memory: null },
    'Step 9 Watch for 15 minutes: waits until 02:43:00 UTC: no failure.',
  ],
  'step.asked': [
    {
      step: 'keys',
      attempt: 1,
      question: { kind: 'manual', instruction: 'Compare the keys', assignee: 'ben', evidence: 'text' },
      at: at('02:14'),
    },
    'Step 4 Confirm the encryption key: asks Ben: Compare the keys.',
  ],
  'step.uncertain': [
    { step: 'swap', attempt: 1, seen: ['janua exists'], howToTell: null, at: at('02:14') },
    'Step 6 Swap the databases: uncertain, attempt 1; nobody knows yet whether it happened: janua exists.',
  ],
  'step.skipped': [
    { step: 'keys', reason: 'inputs.before does not hold', byPerson: false, at: at('02:14') },
    'Step 4 Confirm the encryption key: skipped, inputs.before does not hold.',
  ],
  'step.retried': [
    { step: 'verify', look: false },
    'Ana asked for step 2 Verify the backup to be tried again.',
  ],
  'step.ruled': [
    { step: 'swap', happened: false, saw: '22,870 rows', person: 'ben' },
    'Ben says step 6 Swap the databases did not happen: "22,870 rows".',
  ],
  'gate.asked': [
    { gate: 'cut-over', approval: 'APR-57', digest },
    'RUN-31 asks for approval APR-57 for "Cut over to the restored database".',
  ],
  'gate.blocked': [
    { gate: 'cut-over', reasons: ['an HPA holds it'], at: at('02:14') },
    'RUN-31 cannot ask for approval of "Cut over to the restored database" yet: an HPA holds it.',
  ],
  'gate.retried': [
    { gate: 'cut-over' },
    'Ana asked again for approval of "Cut over to the restored database".',
  ],
  'gate.opened': [
    { gate: 'cut-over', approval: 'APR-57', digest, at: at('02:26:42') },
    'RUN-31 began "Cut over to the restored database", approved by APR-57.',
  ],
  'gate.closed': [
    { gate: 'cut-over', outcome: 'undone', at: at('02:27') },
    'RUN-31 undid "Cut over to the restored database".',
  ],
  'undo.started': [
    { gate: 'cut-over', reason: 'Stop failed', at: at('02:27') },
    'RUN-31 began to undo "Cut over to the restored database": Stop failed.',
  ],
  'step.undone': [
    { step: 'stop', summary: 'janua-api 0 → 4', facts: [], at: at('02:27') },
    'Step 5 Stop everything that writes: undone: janua-api 0 → 4.',
  ],
  'step.undo-failed': [
    { step: 'stop', reason: '403', at: at('02:27') },
    'Step 5 Stop everything that writes: its undo failed. 403.',
  ],
  'run.abort-requested': [
    { person: 'ben', reason: 'wrong point', at: at('02:17') },
    'Ben asked to abort RUN-31: "wrong point".',
  ],
  'run.finished': [
    { outcome: 'aborted', cleaned: ['janua_run31', 'a.dump'], at: at('02:17') },
    'RUN-31 is over: aborted; removed: janua_run31 and a.dump.',
  ],
  'approval.requested': [
    {
      run: 'RUN-31',
      incident: 'I',
      system: 'janua',
      gate: 'cut-over',
      digest,
      class: 'irreversible',
      card,
      requester: 'ana',
      requesterCounts: true,
      eligible: [],
      slackGroup: null,
      escalateTo: [],
      confirmName: null,
      requestedAt: at('02:18'),
      approveBy: at('02:33'),
      openWithinMs: 1,
      remindEveryMs: 1,
      escalateAfterMs: 1,
      replaces: 'APR-56',
    },
    'APR-57 asks two people to approve "Cut over to the restored database" (irreversible, fingerprint RRXK-X2J1) by 02:33 UTC, in place of APR-56.',
  ],
  'approval.vote-cast': [
    { person: 'ben', proof: { via: 'cli', account: 'ben', signature: 's' }, digest, at: at('02:26') },
    'Ben approved APR-57 by signature from a terminal, fingerprint RRXK-X2J1.',
  ],
  'approval.approved': [
    { openBy: at('02:36'), at: at('02:26') },
    'APR-57 has its two approvals and must begin by 02:36 UTC.',
  ],
  'approval.vetoed': [
    { person: 'mina', reason: 'Restore point is wrong', at: at('02:17') },
    'Mina vetoed APR-57: "Restore point is wrong".',
  ],
  'approval.voided': [
    { reason: 'facts changed after approval', differences: ['replicas: 4 → 6'], at: at('02:17') },
    'APR-57 no longer counts, facts changed after approval (replicas: 4 → 6); nothing was done.',
  ],
  'approval.expired': [{ votes: 1, at: at('02:33') }, 'APR-57 expired with 1 of 2; nothing was done.'],
  'approval.used': [{ at: at('02:26') }, 'APR-57 is used up: its steps begin.'],
  'approval.reminded': [
    { people: ['ben', 'mina'], escalated: true, nextAt: at('02:28') },
    'APR-57: Ben and Mina were reminded, the next row of the plan too.',
  ],
  'approval.click-refused': [
    { person: null, account: 'U0000000DAN', code: 'not-an-approver', at: at('02:20') },
    'A click of someone not in people.yml (U0000000DAN) on APR-57 was refused: not-an-approver.',
  ],
};

import { describe, expect, it } from 'vitest';
import { decideVote } from '../../src/domain/approval-decide.ts';
import { isRefusal, type RefusalCode, refuse } from '../../src/domain/refusal.ts';
import { refusalText } from '../../src/render/refusals.ts';
import { people, viewAt } from './story.ts';

const name = (person: string) => people.people[person]?.name.split(' ')[0] ?? person;
const say = (code: RefusalCode, facts: Record<string, string> = {}) =>
  refusalText(refuse(code, facts), { name });

/** Facts as the deciding code gives them, and the whole sentence. */
const CASES = {
  'approval-superseded': [
    { approval: 'APR-57' },
    'This card is old, so nothing was recorded. The facts changed after it was posted. Read the new card of APR-57 and approve there.',
  ],
  'requester-cannot-approve': [
    { eligible: 'Ben, Mina' },
    'You asked for this step and two other people must approve it. Nothing was recorded. Eligible now: Ben, Mina.',
  ],
  'not-an-approver': [
    { eligible: 'Ben, Mina', system: 'Janua' },
    'Only approvers of Janua can approve or veto. Nothing was recorded. Eligible now: Ben, Mina. If you should be one, change people.yml and the plan.',
  ],
  'guest-or-external': [
    { eligible: 'Ben, Mina' },
    'Guests and people from other organisations cannot approve. Nothing was recorded. Ask Ben or Mina.',
  ],
  'bot-cannot-approve': [
    {},
    'A bot or workflow pressed this button. Only people can approve. Nothing was recorded; a person must press it.',
  ],
  'already-approved': [
    { at: '2026-11-21T02:16:10.000Z', eligible: 'Ben, Mina', person: 'ana' },
    'You approved this at 02:16:10 UTC. It still counts once. One other person is needed: Ben or Mina.',
  ],
  'same-person': [
    { at: '2026-11-21T02:16:10.000Z', eligible: 'Ben', person: 'ana' },
    'This account and another one belong to one person in people.yml (Ana), and that person approved at 02:16:10 UTC. Nothing more was recorded. One other person is needed: Ben.',
  ],
  'not-in-people-file': [
    { eligible: 'Ben, Mina' },
    'Your account is not in people.yml, so the bot cannot tell who you are. Nothing was recorded. Ask Ben or Mina.',
  ],
  'account-inactive': [
    { approval: 'APR-57' },
    'Your Slack account is deactivated or could not be checked now. Nothing was recorded. Try again, or use dr approve APR-57.',
  ],
  'approval-expired': [
    { at: '2026-11-21T02:30:00.000Z', votes: '1' },
    'This approval ended at 02:30 UTC with 1 of 2. Nothing was recorded and nothing was done. Ask for a new one.',
  ],
  'approval-void-drift': [
    { differences: 'janua-api replicas: 4 → 6' },
    'The facts changed after this card: janua-api replicas: 4 → 6. Nothing was recorded. The new card shows the present.',
  ],
  'approval-vetoed': [
    { person: 'mina', at: '2026-11-21T02:17:40.000Z', reason: 'Restore point is wrong' },
    'Mina vetoed this at 02:17:40 UTC: "Restore point is wrong". Nothing was recorded. Fix the reason, then ask again.',
  ],
  'approval-complete': [
    { people: 'ana, ben' },
    'Two people have already approved (Ana and Ben). Nothing more is needed. The run card shows how the steps go.',
  ],
  'too-late-to-veto': [
    { at: '2026-11-21T02:26:42.000Z' },
    'These steps started at 02:26:42 UTC, so a veto comes too late. Nothing was recorded. To stop the run, use Abort run.',
  ],
  'name-does-not-match': [
    { wanted: 'janua-db-2', typed: 'janua-db2' },
    'That is not "janua-db-2". You typed "janua-db2". Nothing was recorded. Type the name as the card shows it.',
  ],
  'shared-channel': [
    { approval: 'APR-57' },
    'This channel is shared with another organisation, so approvals are closed here. Nothing was recorded. Use dr approve APR-57, or a channel of your own.',
  ],
  'signature-invalid': [
    { person: 'ana', approval: 'APR-57' },
    'The signature does not fit APR-57 and the keys of Ana. Nothing was recorded. Sign again with a key listed in people.yml.',
  ],
  'unknown-approval': [
    { approval: 'APR-99' },
    'There is no approval "APR-99". Nothing was recorded. What waits for whom: /dr status',
  ],
  'unknown-command': [
    { command: 'declar', near: 'declare' },
    'There is no command "declar". Nothing was done. Did you mean /dr declare? All commands: /dr help',
  ],
  usage: [
    { command: 'severity', needs: 'a level', example: '/dr severity SEV2' },
    '/dr severity needs a level. Nothing was changed. Example: /dr severity SEV2',
  ],
  'not-permitted': [
    { what: 'Changing severity', who: 'responders', commander: 'ana' },
    'Changing severity is for responders. Nothing was changed. Ask Ana or another of them.',
  ],
  'unknown-system': [
    { system: 'jannua', near: 'janua', systems: 'janua, veza' },
    'There is no plan for "jannua". Nothing was done. Did you mean janua? Plans: janua, veza.',
  ],
  'unknown-runbook': [
    { runbook: 'restore-postgre', system: 'Janua', near: 'restore-postgres', runbooks: 'restore-postgres' },
    'There is no runbook "restore-postgre" in Janua. Nothing was started. Did you mean restore-postgres? All: restore-postgres.',
  ],
  'unknown-incident': [
    { incident: 'INC-9' },
    'There is no incident "INC-9". Nothing was done. Open incidents: /dr list',
  ],
  'unknown-run': [
    { run: '', incident: 'INC-2026-014' },
    'INC-2026-014 has no run. Nothing was done. Runs of an incident: /dr status',
  ],
  'unknown-step': [
    { step: 'swop', steps: 'stop, swap' },
    'There is no step "swop" in this run. Nothing was changed. Its steps: stop, swap.',
  ],
  'unknown-person': [
    { person: 'bob', people: 'ana, ben' },
    'Nobody in people.yml is called "bob". Nothing was changed. People there: ana, ben.',
  ],
  'unknown-severity': [
    { got: 'SEV9', incident: 'INC-2026-014', is: 'SEV1' },
    '"SEV9" is not a severity. INC-2026-014 is still SEV1. Use SEV1, SEV2, SEV3 or SEV4.',
  ],
  'which-incident': [
    { count: '2', open: 'INC-1, INC-2' },
    'Two incidents are open and this place belongs to none of them (INC-1, INC-2). Nothing was done. Name the one you mean, for example: /dr status INC-…',
  ],
  'no-open-incident': [{}, 'There is no open incident. Nothing was done. To open one: /dr declare'],
  'incident-closed': [
    { incident: 'INC-1', status: 'resolved' },
    'INC-1 is resolved. Nothing was changed. A note can still be added with /dr note; for a new fault use /dr declare.',
  ],
  'run-active': [
    { run: 'RUN-30', system: 'Janua', since: '2026-11-21T02:10:00.000Z', person: 'ben' },
    'RUN-30 is already changing Janua (started at 02:10 UTC by Ben). One run at a time. Open it, or abort it first.',
  ],
  'run-over': [
    { run: 'RUN-30', outcome: 'done' },
    'RUN-30 is over (done). Nothing was changed. To start another: /dr run',
  ],
  'step-not-stopped': [
    { run: 'RUN-31', step: 'Swap the databases', status: 'running' },
    'Step "Swap the databases" has not stopped (it is running). Nothing was changed. Retry, skip and rulings are for failed or uncertain steps: see /dr status.',
  ],
  'step-cannot-skip': [
    { step: 'Verify the backup', why: 'a later gate rests on its proof' },
    'Step "Verify the backup" cannot be skipped: a later gate rests on its proof. Nothing was changed. Retry it, or abort the run.',
  ],
  'step-not-asked': [
    { run: 'RUN-31', step: '' },
    'No step of RUN-31 waits for an answer. Nothing was recorded. See /dr status for what it waits for.',
  ],
  'ruling-unsigned': [
    { run: 'RUN-31' },
    'What happened in RUN-31 cannot be undone, so two people must say what they saw, each from their own Slack account. Nothing was recorded. Press the button on its card; while Slack is away the run waits.',
  ],
  'choice-unknown': [
    { got: 'maybe', options: 'yes, no' },
    '"maybe" is not one of the choices. Nothing was recorded. Choose one of: yes, no.',
  ],
  'evidence-missing': [
    { step: 'Confirm the key', evidence: 'text' },
    'Step "Confirm the key" asks for evidence (text). It is not marked as done. Say what you saw, or paste a link.',
  ],
  'input-invalid': [
    { input: 'before', got: '25:00', expected: 'a time like "02:05" (UTC)' },
    '"before" cannot be "25:00". Nothing was changed. Expected a time like "02:05" (UTC).',
  ],
  'approval-open': [
    { approval: 'APR-58' },
    'APR-58 is still open. The incident is not resolved. Veto it or let it end.',
  ],
  'unknown-alert': [
    { alert: 'ALT-9' },
    '"ALT-9" is not known. Nothing was changed. Alerts that are open: /dr backups',
  ],
  'alert-closed': [
    { alert: 'ALT-9' },
    'ALT-9 is closed, because what it told of is healthy again. Nothing was changed. What is open: /dr backups',
  ],
  'unknown-backup': [
    { backup: 'pg', system: 'janua', backups: 'pg-daily' },
    '"pg" is no backup of janua. Nothing was done. Its backups: pg-daily.',
  ],
  'resolve-incomplete': [
    { missing: 'when it was detected' },
    'One fact is missing: when it was detected. The incident is not resolved. Fill it in, or say why it cannot be known.',
  ],
  'text-unreadable': [
    { field: 'reason', max: '500', length: '621' },
    'The reason has 621 of 500 characters. Nothing was recorded. Shorten it and send it again.',
  ],
  'nothing-to-abort': [
    { run: 'RUN-31', person: 'ben' },
    'Ben has already asked to abort RUN-31. Nothing more was recorded. The run card shows how it ends.',
  ],
  'preview-blocked': [
    { reasons: 'no good backup.' },
    'This run would stop before changing anything: no good backup. Nothing was started. Mend that, or choose another runbook or restore point.',
  ],
  'too-few-approvers': [
    { system: 'Janua', have: '1' },
    "Janua has 1 eligible approver and two are needed. Nothing was started. Add people to the plan's approvers and to people.yml.",
  ],
  'audit-failed': [
    { what: 'event 112', reason: 'does not match its hash (stored 5fd0…, computed 91be…)' },
    'The log does not hold: event 112 does not match its hash (stored 5fd0…, computed 91be…). What comes after it cannot be trusted. Keep the database as it is and tell the security owner.',
  ],
  'report-missing': [
    { incident: 'INC-1' },
    'INC-1 has no report yet. Nothing was sent. It is written when the incident is resolved: /dr resolve',
  ],
  'role-empty': [
    { role: 'liaison' },
    'Nobody holds the role of liaison. Nothing was changed. Take it with /dr role liaison.',
  ],
} satisfies Record<RefusalCode, readonly [Record<string, string>, string]>;

const codes = Object.keys(CASES) as RefusalCode[];

describe('every refusal', () => {
  it.each(codes)('%s says what happened, what it means and what next', (code) => {
    const [facts, sentence] = CASES[code];

    expect(say(code, facts)).toBe(sentence);
  });

  it.each(codes)('%s is whole without any fact', (code) => {
    const text = say(code);

    expect(text).not.toMatch(/undefined|null|NaN| {2}|\(\)|""|[.:] ?\.|:\s*$/);
    expect(text.split(/(?<=[.?])\s+/).length).toBeGreaterThanOrEqual(3);
    expect(text).not.toMatch(/oops|please|sorry|successfully|!/i);
  });

  it.each(codes)('%s keeps hostile facts on one line, clipped and without control characters', (code) => {
    const hostile = Object.fromEntries(
      Object.keys(CASES[code][0]).map((key) => [key, `\u202e${'x'.repeat(5000)}\n\u0000yes`]),
    );

    const text = say(code, hostile);

    expect(text).not.toMatch(/[\n\u0000\u202e]/);
    expect(text.length).toBeLessThan(1_500);
  });
});

it('speaks the language of the place: dr in a terminal, /dr in Slack', () => {
  const refusal = refuse('usage', { command: 'note', needs: 'words', example: '/dr note "40 tickets"' });

  expect(refusalText(refusal, { name, dr: 'dr' })).toBe(
    'dr note needs words. Nothing was changed. Example: dr note "40 tickets"',
  );
});

it('has other words where the same refusal means something else', () => {
  expect(say('run-active', { run: 'RUN-31', while: 'resolve' })).toBe(
    'RUN-31 is still running. The incident cannot be resolved yet. Wait, or abort it first.',
  );
  expect(say('run-active', { run: 'RUN-31', while: 'cancel' })).toContain('cannot be cancelled');
  expect(say('text-unreadable', { field: 'note', min: '1' })).toContain('The note holds no readable text.');
  expect(say('unknown-person', { person: 'you' })).toMatch(/^You are not in people.yml\./);
  expect(say('signature-invalid', { person: 'nobody', approval: 'APR-1' })).toContain(
    'the keys of anybody in people.yml',
  );
  expect(say('already-approved', { at: 'not a time' })).toMatch(/^You approved this\. /);
});

it('answers a real second click of the same person', () => {
  const approval = viewAt('02:20').runs[0]?.approvals[0];
  if (approval === undefined) throw new Error('no approval');
  const voter = { person: 'ana', account: 'active', inCurrentList: true, inGroup: true } as const;

  const decision = decideVote(
    approval,
    {
      voter,
      digest: approval.digest,
      typedName: null,
      proof: { via: 'slack', account: 'U0000000ANA', signature: null },
      othersEligible: 'Ben, Mina',
    },
    new Date('2026-11-21T02:20:00Z'),
  );

  if (!isRefusal(decision)) throw new Error('not refused');
  expect(refusalText(decision, { name })).toBe(
    'You approved this at 02:19:10 UTC. It still counts once. One other person is needed: Ben or Mina.',
  );
});

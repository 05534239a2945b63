import type { Refusal, RefusalCode } from '../domain/refusal.ts';
import { clip, oneLine } from './escape.ts';
import { exactInstant, instant, listOf } from './format.ts';

export interface RefusalNames {
  /** What a person of people.yml is called. */
  name(person: string): string;
  /** How commands begin where this is read: `/dr` in Slack, `dr` in a terminal. */
  readonly dr?: string;
}

/**
 * The answer to the person who may not, or came too late: what happened, what it means, what to do next (CARDS §7.6,
 * §13). Plain text, not yet escaped. A fact that is missing makes the sentence more general, never broken.
 */
export function refusalText({ code, facts }: Refusal, names: RefusalNames): string {
  return SENTENCES[code](readFacts(facts, names));
}

interface Facts {
  readonly dr: string;
  /** The fact as plain text, clipped; the other words when it is missing or empty. */
  get(key: string, missing: string): string;
  /** What somebody typed: quoted, at most 40 characters. */
  typed(key: string, missing: string): string;
  /** ` at 02:16:10 UTC`, or nothing. */
  at(key: string): string;
  /** ` at 02:30 UTC`, or nothing. */
  atMinute(key: string): string;
  who(key: string, missing: string): string;
  /** People's ids, separated by commas, as names. */
  people(key: string, missing: string): string;
  /** A part of the sentence that is there only when the fact is. */
  when(key: string, words: (value: string) => string, missing?: string): string;
}

function readFacts(facts: Refusal['facts'], names: RefusalNames): Facts {
  const read = (key: string, max = 300) => clip(oneLine(facts[key] ?? ''), max);
  const when: Facts['when'] = (key, words, missing = '') => {
    const value = read(key);
    return value === '' ? missing : words(value);
  };
  const timed =
    (format: (at: string) => string): Facts['at'] =>
    (key) =>
      when(key, (value) => (Number.isNaN(Date.parse(value)) ? '' : ` at ${format(value)}`));
  return {
    dr: names.dr ?? '/dr',
    get: (key, missing) => when(key, (value) => value, missing),
    typed: (key, missing) => when(key, () => `"${read(key, 40).replaceAll('"', "'")}"`, missing),
    at: timed(exactInstant),
    atMinute: timed(instant),
    who: (key, missing) => when(key, (value) => names.name(value), missing),
    people: (key, missing) => when(key, (value) => listOf(value.split(/,\s*/).map(names.name)), missing),
    when,
  };
}

const eligibleNow = (facts: Facts) =>
  facts.when(
    'eligible',
    (names) => `Eligible now: ${names}.`,
    'Nobody else can approve now: change the approvers of the plan.',
  );
const askThem = (facts: Facts) =>
  facts.when(
    'eligible',
    (names) => `Ask ${names.replace(/, ([^,]+)$/, ' or $1')}.`,
    'Ask a responder of the system.',
  );
const otherNeeded = (facts: Facts) =>
  facts.when(
    'eligible',
    (names) => `One other person is needed: ${names.replace(/, ([^,]+)$/, ' or $1')}.`,
    'One other person is needed.',
  );
const near = (facts: Facts, what: (value: string) => string) =>
  facts.when('near', (value) => ` Did you mean ${what(value)}?`);
const known = (facts: Facts, key: string, words: string, missing: string) =>
  facts.when(key, (value) => `${words}: ${value}.`, missing);

const SENTENCES = {
  'approval-superseded': (f) =>
    `This card is old, so nothing was recorded. The facts changed after it was posted. ${f.when('approval', (id) => `Read the new card of ${id} and approve there.`, 'Read the new card and approve there.')}`,
  'requester-cannot-approve': (f) =>
    `You asked for this step and two other people must approve it. Nothing was recorded. ${eligibleNow(f)}`,
  'not-an-approver': (f) =>
    `Only approvers of ${f.get('system', 'this system')} can approve or veto. Nothing was recorded. ${eligibleNow(f)} If you should be one, change people.yml and the plan.`,
  'guest-or-external': (f) =>
    `Guests and people from other organisations cannot approve. Nothing was recorded. ${askThem(f)}`,
  'bot-cannot-approve': () =>
    'A bot or workflow pressed this button. Only people can approve. Nothing was recorded; a person must press it.',
  'already-approved': (f) => `You approved this${f.at('at')}. It still counts once. ${otherNeeded(f)}`,
  'same-person': (f) =>
    `This account and another one belong to one person in people.yml${f.when('person', () => ` (${f.who('person', '')})`)}, and that person approved${f.at('at')}. Nothing more was recorded. ${otherNeeded(f)}`,
  'not-in-people-file': (f) =>
    `Your account is not in people.yml, so the bot cannot tell who you are. Nothing was recorded. ${askThem(f)}`,
  'account-inactive': (f) =>
    `Your Slack account is deactivated or could not be checked now. Nothing was recorded. Try again, or use dr approve ${f.get('approval', 'in a terminal')}.`,
  'approval-expired': (f) =>
    `This approval ended${f.atMinute('at')} with ${f.get('votes', 'too few')} of 2. Nothing was recorded and nothing was done. Ask for a new one.`,
  'approval-void-drift': (f) =>
    `The facts changed after this card${f.when('differences', (lines) => `: ${lines}`)}. Nothing was recorded. The new card shows the present.`,
  'approval-vetoed': (f) =>
    `${f.who('person', 'An approver')} vetoed this${f.at('at')}${f.when('reason', (why) => `: "${why.replaceAll('"', "'")}"`)}. Nothing was recorded. Fix the reason, then ask again.`,
  'approval-complete': (f) =>
    `Two people have already approved (${f.people('people', 'see the card')}). Nothing more is needed. The run card shows how the steps go.`,
  'too-late-to-veto': (f) =>
    `These steps started${f.at('at')}, so a veto comes too late. Nothing was recorded. To stop the run, use Abort run.`,
  'name-does-not-match': (f) =>
    `That is not ${f.typed('wanted', 'the name on the card')}. ${f.when('typed', () => `You typed ${f.typed('typed', '')}. `)}Nothing was recorded. Type the name as the card shows it.`,
  'shared-channel': (f) =>
    `This channel is shared with another organisation, so approvals are closed here. Nothing was recorded. Use dr approve ${f.get('approval', 'in a terminal')}, or a channel of your own.`,
  'signature-invalid': (f) =>
    `The signature does not fit ${f.get('approval', 'this approval')} and the keys of ${f.when('person', (id) => (id === 'nobody' ? 'anybody in people.yml' : f.who('person', '')), 'that person')}. Nothing was recorded. Sign again with a key listed in people.yml.`,
  'unknown-approval': (f) =>
    `${f.when('approval', () => `There is no approval ${f.typed('approval', '')}`, 'No approval is open')}. Nothing was recorded. What waits for whom: ${f.dr} status`,
  'unknown-command': (f) =>
    `There is no command ${f.typed('command', 'with that name')}. Nothing was done.${near(f, (name) => `${f.dr} ${name}`)} All commands: ${f.dr} help`,
  usage: (f) =>
    `${f.dr} ${f.get('command', 'help')} needs ${f.get('needs', 'other words')}. Nothing was changed. ${f.when('example', (words) => `Example: ${words.replace(/^\/dr\b/, f.dr)}`, `All commands: ${f.dr} help`)}`,
  'not-permitted': (f) =>
    `${f.get('what', 'That')} is for ${f.get('who', 'responders')}. Nothing was changed. ${f.when('hint', (hint) => `${hint} `)}Ask ${f.who('commander', 'the commander')} or another of them.`,
  'unknown-system': (f) =>
    `There is no plan for ${f.typed('system', 'that system')}. Nothing was done.${near(f, (name) => name)} ${known(f, 'systems', 'Plans', `All plans: ${f.dr} plan`)}`,
  'unknown-runbook': (f) =>
    `There is no runbook ${f.typed('runbook', 'with that name')} in ${f.get('system', 'this plan')}. Nothing was started.${near(f, (name) => name)} ${known(f, 'runbooks', 'All', `All: ${f.dr} plan`)}`,
  'unknown-incident': (f) =>
    `There is no incident ${f.typed('incident', 'with that id')}. Nothing was done.${near(f, (id) => id)} Open incidents: ${f.dr} list`,
  'unknown-run': (f) =>
    `${f.when('run', () => `There is no run ${f.typed('run', '')}`, `${f.get('incident', 'This incident')} has no run`)}. Nothing was done.${near(f, (id) => id)} Runs of an incident: ${f.dr} status`,
  'unknown-step': (f) =>
    `There is no step ${f.typed('step', 'with that name')} in this run. Nothing was changed. ${known(f, 'steps', 'Its steps', `Its steps: ${f.dr} status`)}`,
  'unknown-person': (f) =>
    `${f.when('person', (typed) => (typed === 'you' ? 'You are not in people.yml' : `Nobody in people.yml is called ${f.typed('person', '')}`), 'That is nobody in people.yml')}. Nothing was changed. ${known(f, 'people', 'People there', 'Name a person of people.yml, or mention them with @.')}`,
  'unknown-severity': (f) =>
    `${f.typed('got', 'That')} is not a severity. ${f.when('is', (now) => `${f.get('incident', 'The incident')} is still ${now}.`, 'Nothing was changed.')} Use SEV1, SEV2, SEV3 or SEV4.`,
  'which-incident': (f) =>
    `${f.get('count', 'Several') === '2' ? 'Two' : f.get('count', 'Several')} incidents are open and this place belongs to none of them${f.when('open', (ids) => ` (${ids})`)}. Nothing was done. Name the one you mean, for example: ${f.dr} status INC-…`,
  'no-open-incident': (f) => `There is no open incident. Nothing was done. To open one: ${f.dr} declare`,
  'incident-closed': (f) =>
    `${f.get('incident', 'The incident')} is ${f.get('status', 'closed')}. Nothing was changed. A note can still be added with ${f.dr} note; for a new fault use ${f.dr} declare.`,
  'run-active': (f) => runActive(f),
  'run-over': (f) =>
    `${f.get('run', 'The run')} is over (${f.get('outcome', 'ended')}). Nothing was changed. To start another: ${f.dr} run`,
  'step-not-stopped': (f) =>
    `${f.when('step', (title) => `Step "${title}" has not stopped${f.when('status', (is) => ` (it is ${is})`)}`, `No step of ${f.get('run', 'this run')} has stopped`)}. Nothing was changed. Retry, skip and rulings are for failed or uncertain steps: see ${f.dr} status.`,
  'step-cannot-skip': (f) =>
    `Step ${f.typed('step', 'of this run')} cannot be skipped: ${f.get('why', 'what follows rests on it')}. Nothing was changed. Retry it, or abort the run.`,
  'step-not-asked': (f) =>
    `${f.when('step', (title) => `Step "${title}" asks nothing of anybody now`, `No step of ${f.get('run', 'this run')} waits for an answer`)}. Nothing was recorded. See ${f.dr} status for what it waits for.`,
  'ruling-unsigned': (f) =>
    `What happened in ${f.get('run', 'this run')} cannot be undone, so two people must say what they saw, each from their own Slack account. Nothing was recorded. Press the button on its card; while Slack is away the run waits.`,
  'choice-unknown': (f) =>
    `${f.typed('got', 'An empty answer')} is not one of the choices. Nothing was recorded. ${known(f, 'options', 'Choose one of', 'Choose one that the card names.')}`,
  'evidence-missing': (f) =>
    `Step ${f.typed('step', 'of this run')} asks for evidence (${f.get('evidence', 'text or a link')}). It is not marked as done. Say what you saw, or paste a link.`,
  'input-invalid': (f) =>
    `${f.typed('input', 'An input')} cannot be ${f.typed('got', 'empty')}. Nothing was changed. Expected ${f.get('expected', 'a value the form names')}.`,
  'approval-open': (f) =>
    `${f.get('approval', 'An approval')} is still open. The incident is not resolved. Veto it or let it end.`,
  'unknown-alert': (f) =>
    `${f.typed('alert', 'This alert')} is not known. Nothing was changed. Alerts that are open: /dr backups`,
  'alert-closed': (f) =>
    `${f.get('alert', 'This alert')} is closed, because what it told of is healthy again. Nothing was changed. What is open: /dr backups`,
  'unknown-backup': (f) =>
    `${f.typed('backup', 'This')} is no backup of ${f.get('system', 'the plan')}. Nothing was done. Its backups: ${f.get('backups', 'none')}.`,
  'resolve-incomplete': (f) =>
    `One fact is missing: ${f.get('missing', 'see the form')}. The incident is not resolved. Fill it in, or say why it cannot be known.`,
  'text-unreadable': (f) => textUnreadable(f),
  'nothing-to-abort': (f) =>
    `${f.when('person', () => `${f.who('person', '')} has already asked to abort ${f.get('run', 'this run')}`, `There is nothing to abort in ${f.get('run', 'this run')}`)}. Nothing more was recorded. The run card shows how it ends.`,
  'preview-blocked': (f) =>
    `This run would stop before changing anything${f.when('reasons', (why) => `: ${why.replace(/\.$/, '')}`)}. Nothing was started. Mend that, or choose another runbook or restore point.`,
  'too-few-approvers': (f) =>
    `${f.get('system', 'This system')} has ${f.get('have', 'too few')} eligible ${f.get('have', '') === '1' ? 'approver' : 'approvers'} and two are needed. Nothing was started. Add people to the plan's approvers and to people.yml.`,
  'report-missing': (f) =>
    `${f.get('incident', 'This incident')} has no report yet. Nothing was sent. It is written when the incident is resolved: ${f.dr} resolve`,
  'audit-failed': (f) =>
    `The log does not hold: ${f.get('what', 'a part of it')} ${f.get('reason', 'is not what it was')}. What comes after it cannot be trusted. Keep the database as it is and tell the security owner.`,
  'role-empty': (f) =>
    `Nobody holds ${f.when('role', (role) => `the role of ${role}`, 'that role')}. Nothing was changed. Take it with ${f.dr} role ${f.get('role', 'commander')}.`,
} satisfies Record<RefusalCode, (facts: Facts) => string>;

function runActive(f: Facts): string {
  const run = f.get('run', 'A run');
  const doing = f.get('while', '');
  if (doing !== '')
    return `${run} is still running. The incident cannot ${doing === 'cancel' ? 'be cancelled' : 'be resolved'} yet. Wait, or abort it first.`;
  const started = f.when('since', () => ` (started${f.atMinute('since')} by ${f.who('person', 'somebody')})`);
  return `${run} is already changing ${f.get('system', 'this system')}${started}. One run at a time. Open it, or abort it first.`;
}

function textUnreadable(f: Facts): string {
  const field = f.get('field', 'text');
  if (f.get('max', '') !== '') {
    return `The ${field} has ${f.get('length', 'more than')} of ${f.get('max', '')} characters. Nothing was recorded. Shorten it and send it again.`;
  }
  return `The ${field} holds no readable text${f.when('min', (min) => (min === '1' ? '' : ` of ${min} characters or more`))}. Nothing was recorded. Say it in a few words and send it again.`;
}

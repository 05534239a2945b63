/**
 * Every name a click or a form comes back with. The Slack router is checked against these lists, so a button without
 * a listener cannot be released.
 */

export const ACTION_IDS = [
  'incident.declare',
  'incident.declare-anyway',
  'incident.join',
  'incident.raise',
  'incident.list',
  'incident.take-command',
  'incident.take-role',
  'incident.set-status',
  'incident.change-severity',
  'incident.add-note',
  'incident.details',
  'incident.timeline',
  'incident.resolve',
  'incident.report',
  'update.post',
  'update.publish',
  'update.edit',
  'update.snooze',
  'run.choose',
  'run.abort',
  'run.details',
  'step.retry',
  'step.look',
  'step.skip',
  'step.happened',
  'step.did-not-happen',
  'step.answer',
  'gate.undo',
  'approval.review',
  'approval.veto',
  'approval.ask-again',
  'approval.details',
  'alert.acknowledge',
  'alert.snooze',
  'alert.details',
  /** The screen of backups: of one system with `system`, the healthy ones too with `choice` = `all`. */
  'backups.show',
  'backups.details',
  /** Asks which one; `choice` is the test that is offered first. */
  'restore-test.choose',
  'home.refresh',
  'help.commands',
  'command.use',
  /** Answered by the other view of the same form: the words depend on what was chosen. */
  'declare.choose-system',
  'run.choose-runbook',
  /** An overflow menu; what was meant is `do` in the chosen option's value. */
  'menu',
  /** A button with an address. Slack tells us all the same; there is nothing to do. */
  'link.open',
] as const;
export type ActionId = (typeof ACTION_IDS)[number];

/** `callback_id` of every view; those without a form are only shown. */
export const FORM_IDS = [
  'incident.declare',
  'incident.near-duplicate',
  'incident.set-status',
  'incident.change-severity',
  'incident.take-role',
  'incident.add-note',
  'incident.resolve',
  'update.edit',
  'update.snooze',
  'run.choose',
  'run.start',
  'run.abort',
  'step.skip',
  'step.rule',
  'step.answer',
  'approval.approve',
  'approval.veto',
  'alert.acknowledge',
  'alert.snooze',
  'restore-test.start',
] as const;
export type FormId = (typeof FORM_IDS)[number];
export type ViewId = FormId | 'notice';

/** `block_id` of every field. A runbook's own inputs are `input.<name>`. */
export const FIELD_IDS = [
  'system',
  'title',
  'severity',
  'impact',
  'began',
  'options',
  'choice',
  'runbook',
  'mode',
  'reason',
  'name',
  'saw',
  'evidence',
  'status',
  'changed',
  'next',
  'expected-back',
  'next-in',
  'snooze',
  'detected',
  'unknown-detected',
  'cause',
  'lost',
  'owner',
  'role',
  'note',
  'for',
  'test',
] as const;
export type FieldId = (typeof FIELD_IDS)[number] | `input.${string}`;

/** `action_id` of a field that does not act by itself. */
export const FIELD_ACTION = 'value';

/** What a button, a menu entry or a form carries: ids, the digest that was seen and a typed title, never a secret. */
export interface Carried {
  readonly do?: ActionId;
  readonly incident?: string;
  readonly run?: string;
  readonly step?: string;
  readonly gate?: string;
  readonly approval?: string;
  /** The full SHA-256 that the person saw when the button was drawn. */
  readonly digest?: string;
  readonly choice?: string;
  readonly system?: string;
  readonly alert?: string;
  /** What a person typed, where a button opens the form for it. */
  readonly title?: string;
}

const KEYS = [
  'do',
  'incident',
  'run',
  'step',
  'gate',
  'approval',
  'digest',
  'choice',
  'system',
  'alert',
  'title',
] as const;

/** Slack's for a button. */
const MAX_VALUE = 2000;

/** One text for the same content, in a fixed order of keys. Throws when it would not fit a button. */
export function encodeValue(carried: Carried): string {
  const pairs = KEYS.flatMap((key): [string, string][] => {
    const value = carried[key];
    return value === undefined ? [] : [[key, value]];
  });
  const text = new URLSearchParams(pairs).toString();
  if (text.length > MAX_VALUE)
    throw new RangeError(`a button value holds ${MAX_VALUE} characters, got ${text.length}`);
  return text;
}

/** Reads what `encodeValue` wrote; null for anything else, because values come back from outside. */
export function parseValue(text: string): Carried | null {
  if (text.length > MAX_VALUE) return null;
  const carried: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (!isKey(key) || key in carried || value === '') return null;
    if (key === 'do' && !isActionId(value)) return null;
    carried[key] = value;
  }
  return carried;
}

export function isActionId(text: string): text is ActionId {
  return ACTION_IDS.some((id) => id === text);
}

export function isFormId(text: string): text is FormId {
  return FORM_IDS.some((id) => id === text);
}

function isKey(text: string): boolean {
  return KEYS.some((key) => key === text);
}

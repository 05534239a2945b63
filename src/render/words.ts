import type { IncidentStatus, Role, RunOutcome } from '../domain/events.ts';
import type { ActionClass, Plan, Severity } from '../domain/plan.ts';
import type { StepStatus } from '../domain/run.ts';
import type { Health } from '../domain/verdict.ts';

/** The one source of state words, emoji and terminal marks (CARDS §0.4, §16). */
interface MarkSpec {
  /** Slack's code. Nothing but these twelve is ever sent, and each is followed by one of its words. */
  readonly emoji: string;
  /** Six characters wide, for the terminal. */
  readonly cli: string;
  readonly words: readonly [string, ...string[]];
}

export const MARKS = {
  pending: { emoji: ':white_circle:', cli: '[pend]', words: ['pending'] },
  waiting: { emoji: ':hourglass_flowing_sand:', cli: '[wait]', words: ['waiting'] },
  running: { emoji: ':arrow_forward:', cli: '[run] ', words: ['running'] },
  done: { emoji: ':white_check_mark:', cli: '[ok]  ', words: ['done', 'ok', 'met', 'approved', 'resolved'] },
  failed: { emoji: ':x:', cli: '[fail]', words: ['failed', 'missed', 'refused'] },
  uncertain: { emoji: ':grey_question:', cli: '[????]', words: ['uncertain', 'not known'] },
  skipped: {
    emoji: ':heavy_minus_sign:',
    cli: '[skip]',
    words: ['skipped', 'not needed', 'not done', 'expired', 'undone'],
  },
  stopped: { emoji: ':octagonal_sign:', cli: '[stop]', words: ['stopped', 'vetoed', 'aborted'] },
  approval: { emoji: ':lock:', cli: '[wait]', words: ['approval'] },
  warning: { emoji: ':warning:', cli: '[warn]', words: ['warning', 'late', 'at risk'] },
  critical: { emoji: ':rotating_light:', cli: '[crit]', words: ['critical', 'SEV1', 'SEV2'] },
  drill: { emoji: ':test_tube:', cli: '[drl] ', words: ['DRILL'] },
} as const satisfies Record<string, MarkSpec>;

export type MarkName = keyof typeof MARKS;
export type MarkWord<Name extends MarkName> = (typeof MARKS)[Name]['words'][number];

/** `:white_check_mark: done` for Slack; another of the mark's words where it fits better. */
export function slackMark<Name extends MarkName>(name: Name, word?: MarkWord<Name>): string {
  return `${MARKS[name].emoji} ${word ?? MARKS[name].words[0]}`;
}

/** `[ok]`, padded to one width. */
export function cliMark(name: MarkName): string {
  return MARKS[name].cli;
}

export type StepWord =
  | 'pending'
  | 'waiting'
  | 'running'
  | 'done'
  | 'failed'
  | 'uncertain'
  | 'skipped'
  | 'undone';

const STEP_MARKS = {
  pending: ['pending', 'pending'],
  running: ['running', 'running'],
  waiting: ['waiting', 'waiting'],
  postponed: ['waiting', 'waiting'],
  asked: ['waiting', 'waiting'],
  done: ['done', 'done'],
  failed: ['failed', 'failed'],
  uncertain: ['uncertain', 'uncertain'],
  skipped: ['skipped', 'skipped'],
  undone: ['skipped', 'undone'],
} as const satisfies Record<StepStatus['is'], readonly [MarkName, StepWord]>;

/** The mark and the word a person meets for the state of a step. */
export function stepMark(status: StepStatus['is']): { readonly mark: MarkName; readonly word: StepWord } {
  const [mark, word] = STEP_MARKS[status];
  return { mark, word };
}

export const STATUS_WORDS = {
  investigating: { word: 'Investigating', means: 'the cause is not known' },
  identified: { word: 'Identified', means: 'the cause is known, work goes on' },
  monitoring: { word: 'Monitoring', means: 'service is back, being watched' },
  resolved: { word: 'Resolved', means: 'opens the closing check' },
  cancelled: { word: 'Cancelled', means: 'declared by mistake' },
} as const satisfies Record<IncidentStatus, { word: string; means: string }>;

export const ROLE_WORDS = {
  commander: 'commander',
  deputy: 'deputy',
  scribe: 'scribe',
  liaison: 'liaison',
} as const satisfies Record<Role, string>;

export const CLASS_WORDS = {
  read: 'changes nothing',
  reversible: 'reversible',
  irreversible: 'irreversible',
} as const satisfies Record<ActionClass, string>;

export const OUTCOME_WORDS = {
  done: { mark: 'done', word: 'done' },
  aborted: { mark: 'stopped', word: 'aborted' },
  undone: { mark: 'skipped', word: 'undone' },
} as const satisfies Record<RunOutcome, { mark: MarkName; word: string }>;

/** Worst first, as lists have it. */
export const HEALTH_WORDS = {
  critical: { mark: 'critical', word: 'critical' },
  unknown: { mark: 'uncertain', word: 'not known' },
  warning: { mark: 'warning', word: 'warning' },
  ok: { mark: 'done', word: 'ok' },
} as const satisfies Record<Health, { mark: MarkName; word: string }>;

/** `:rotating_light: critical` */
export function healthMark(health: Health): string {
  const { mark, word } = HEALTH_WORDS[health];
  return `${MARKS[mark].emoji} ${word}`;
}

const SEVERITIES = {
  SEV1: { label: 'Critical', means: 'Most users are cut off, or data is lost' },
  SEV2: { label: 'Major', means: 'An important part is down, or many users are affected' },
  SEV3: { label: 'Minor', means: 'Some users are affected and can work around it' },
  SEV4: { label: 'Low', means: 'No user effect yet' },
} as const satisfies Record<Severity, { label: string; means: string }>;

/** The plan's own words for a severity, else the product's. */
export function severityWords(
  plan: Pick<Plan, 'severities'>,
  severity: Severity,
): { label: string; means: string } {
  return plan.severities?.[severity] ?? SEVERITIES[severity];
}

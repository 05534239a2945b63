import type { Approval } from './domain/approval.ts';
import type { Json } from './domain/canonical.ts';
import type { Actor, UpdateText } from './domain/events.ts';
import type { Incident } from './domain/incident.ts';
import { readable } from './domain/incident-decide.ts';
import type { People } from './domain/people.ts';
import type { Who } from './domain/permission.ts';
import type { Plan } from './domain/plan.ts';
import type { RunPreview } from './domain/preview.ts';
import { type Refusal, refuse } from './domain/refusal.ts';
import type { BackupsModel, IncidentView } from './domain/views.ts';
import type { Approvals } from './services/approvals.ts';
import type { Backups } from './services/backups.ts';
import type { Incidents } from './services/incidents.ts';
import type { Queries } from './services/queries.ts';
import type { Runs } from './services/runs.ts';
import type { Views } from './services/views.ts';

/** One `/dr` subcommand. It returns a model, which Slack and the terminal render each in its way. */
export interface Command {
  readonly name: string;
  readonly group: 'Start' | 'Lead' | 'Recover' | 'Tell people' | 'Finish';
  readonly usage: string;
  readonly summary: string;
  /** Further sentences of `help <command>`. */
  readonly more?: string;
  readonly examples: readonly string[];
  readonly who: Who;
  run(context: CommandContext, input: Words): Promise<Answer>;
}

export interface CommandContext {
  readonly actor: Actor;
  readonly people: People;
  /** The incident of the channel it was typed in, or of `--incident`. */
  readonly incident: string | null;
  /** True where a form can be opened. */
  readonly canAsk: boolean;
  readonly incidents: Incidents;
  readonly runs: Runs;
  readonly approvals: Approvals;
  readonly views: Views;
  readonly queries: Queries;
  readonly backups: Backups;
  readonly tools: Tools;
  readonly commands: readonly Command[];
}

/** Use cases that need the outside world or rendering; `app.ts` gives them. */
export interface Tools {
  preview(
    incident: string,
    runbook: string,
    inputs: Readonly<Record<string, string>>,
  ): Promise<RunPreview | Refusal>;
  writeReport(actor: Actor, incident: string): Promise<WrittenReport | Refusal>;
  /** The words of an update from what is recorded alone. */
  draft(view: IncidentView): UpdateText;
}

export interface WrittenReport {
  readonly incident: string;
  readonly revision: number;
  readonly body: string;
  readonly sha256: string;
  readonly missing: readonly string[];
}

export type Answer = Reply | Form | Refusal;

export type Reply = { readonly kind: 'reply'; readonly data?: Json } & (
  | { readonly what: 'text'; readonly lines: readonly string[] }
  | { readonly what: 'menu'; readonly view: IncidentView | null; readonly open: readonly Incident[] }
  | { readonly what: 'help'; readonly topic: Command | null }
  | { readonly what: 'incidents'; readonly items: readonly Incident[] }
  | { readonly what: 'status'; readonly view: IncidentView }
  | { readonly what: 'plan'; readonly plan: Plan; readonly version: string }
  | {
      readonly what: 'preview';
      readonly view: IncidentView;
      readonly preview: RunPreview;
      readonly inputs: Readonly<Record<string, string>>;
    }
  | { readonly what: 'run'; readonly view: IncidentView; readonly run: string }
  | { readonly what: 'approval'; readonly view: IncidentView; readonly approval: Approval }
  | {
      readonly what: 'similar';
      readonly similar: readonly Incident[];
      readonly system: string;
      readonly title: string;
      readonly severity: string;
    }
  | { readonly what: 'report'; readonly report: WrittenReport }
  | { readonly what: 'backups'; readonly model: BackupsModel }
);

/** A dialog to open. Where no dialog can be shown, the command asks for words instead. */
export interface Form {
  readonly kind: 'form';
  readonly form:
    | 'declare'
    | 'run'
    | 'update'
    | 'resolve'
    | 'role'
    | 'status'
    | 'severity'
    | 'note'
    | 'edit'
    | 'abort'
    | 'approve'
    | 'answer';
  readonly view: IncidentView | null;
  readonly about?: Readonly<Record<string, string>>;
}

/** What was typed after the command's name. */
export interface Words {
  /** All of it, in order. */
  readonly tokens: readonly string[];
  /** Words in order, without flags and pairs. */
  readonly words: readonly string[];
  /** `--dry-run` → true, `--reason "x"` is written `reason="x"`. */
  readonly flags: ReadonlySet<string>;
  /** `before=02:05` */
  readonly pairs: Readonly<Record<string, string>>;
}

/**
 * Splits what a person typed. Phones write curly quotes, a long dash for `--` and no-break spaces: all are read as they
 * were meant. Quotes hold words together; an open quote runs to the end.
 */
export function splitText(text: string): readonly string[] {
  const plain = text
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/(^|\s)[\u2013\u2014](?=[a-z])/g, '$1--');
  const tokens: string[] = [];
  for (const match of plain.matchAll(/((?:[^\s"]|"[^"]*(?:"|$))+)/g))
    tokens.push((match[1] ?? '').replaceAll('"', ''));
  return tokens.filter((token) => token !== '');
}

/**
 * Sorts tokens into words, flags and pairs. Names of pairs are short, so that a sentence with "=" stays a sentence.
 * What nobody could read is not there; `--incident INC-…`, as terminals have it, is a pair.
 */
export function readWords(typed: readonly string[]): Words {
  const legible = typed.map(readable).filter((token) => token !== '');
  const tokens = legible.flatMap((token, index) => {
    if (token === '--incident') return [`incident=${legible[index + 1] ?? ''}`];
    return legible[index - 1] === '--incident' ? [] : [token];
  });
  const words: string[] = [];
  const flags = new Set<string>();
  const pairs: Record<string, string> = {};
  for (const token of tokens) {
    const flag = token.match(/^--([a-z][a-z-]*)$/)?.[1];
    const [name, value] = pairOf(token);
    if (flag !== undefined) flags.add(flag);
    else if (name !== undefined) pairs[name] = value ?? '';
    else words.push(token);
  }
  return { tokens, words, flags, pairs };
}

function pairOf(token: string): readonly (string | undefined)[] {
  return token.match(/^(?:--)?([a-z][a-z-]{0,19})=(.*)$/s)?.slice(1) ?? [];
}

/** The incident a person names, by `incident=…` or by its id among words that are no sentence, and the other words. */
export function aboutIncident({ words, pairs }: Words): { named: string | null; words: readonly string[] } {
  const id = words.find(isIncidentId);
  return { named: pairs.incident || id || null, words: words.filter((word) => word !== id) };
}

/** What is said, with nothing lost but the pairs a command knows: "replicas=4" is a word like any other. */
export function sentenceOf({ tokens }: Words, known: readonly string[]): readonly string[] {
  return tokens.filter((token) => !known.includes(pairOf(token)[0] ?? ''));
}

/**
 * A sentence and the incident it is about. Its first word may name an incident, but in the channel of another one it
 * only mentions it: `other`.
 */
export function sentenceAbout(
  input: Words,
  here: string | null,
  known: readonly string[] = [],
): { named: string | null; words: readonly string[]; other: string | null } {
  const words = sentenceOf(input, [...known, 'incident']);
  const given = input.pairs.incident?.toUpperCase() || null;
  const first = words[0] !== undefined && isIncidentId(words[0]) ? words[0].toUpperCase() : null;
  const named = given ?? here ?? first;
  return first === named
    ? { named, words: words.slice(first === null ? 0 : 1), other: null }
    : { named, words, other: given === null ? first : null };
}

function isIncidentId(word: string): boolean {
  return /^(INC|DRILL)-\d[\d-]*$/i.test(word);
}

/** When an incident began and was detected, as typed; null is not given. Refuses what is no time. */
export function timesOf(
  pairs: Words['pairs'],
  now: Date,
): { began: Date | null; detected: Date | null } | Refusal {
  const times: { began: Date | null; detected: Date | null } = { began: null, detected: null };
  for (const name of ['began', 'detected'] as const) {
    const typed = pairs[name]?.trim() ?? '';
    if (typed === '') continue;
    const at = instantOf(typed, now);
    if (at === null)
      return refuse('input-invalid', {
        input: name,
        got: typed,
        expected: 'a time like "02:04" (UTC) or "2026-11-21T02:04Z"',
      });
    times[name] = at;
  }
  return times;
}

/** `02:04` is the last such minute before now; a time without a zone is UTC, wherever the bot runs. */
function instantOf(typed: string, now: Date): Date | null {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(typed)) {
    const today = new Date(`${now.toISOString().slice(0, 10)}T${typed}Z`);
    return today <= now ? today : new Date(today.getTime() - 86_400_000);
  }
  const [, day = '', time = '', zone] =
    typed.match(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/i) ?? [];
  const at = new Date(`${day}T${time}${zone ?? 'Z'}`);
  return isDay(day) && !Number.isNaN(at.getTime()) ? at : null;
}

/** `2026-11-21`. The 31st of February is no day, although `Date` reads one. */
export function isDay(typed: string): boolean {
  const at = new Date(`${typed}T00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === typed;
}

/** A person by id, by `<@U123|ana>` as Slack sends mentions, or by name. */
export function personMeant({ people }: People, typed: string): string | undefined {
  const account = typed.match(/^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/)?.[1];
  const wanted = typed.replace(/^@/, '').toLowerCase();
  return Object.entries(people).find(([id, person]) =>
    account === undefined
      ? id === wanted || person.name.toLowerCase() === wanted
      : person.slack.includes(account),
  )?.[0];
}

/** Refuses a pair that the command does not know: dropped in silence, a typing error would look as if it was done. */
export function strangePair(pairs: Words['pairs'], known: readonly string[]): Refusal | null {
  const [name, got = ''] = Object.entries(pairs).find(([each]) => !known.includes(each)) ?? [];
  return name === undefined
    ? null
    : refuse('input-invalid', { input: name, got, expected: `one of ${known.join(', ')}` });
}

/** The same for options: a run that was meant as a drill must not start for real. */
export function strangeFlag(
  { name, examples }: Pick<Command, 'name' | 'examples'>,
  flags: Words['flags'],
  known: readonly string[],
): Refusal | null {
  const strange = [...flags].find((flag) => !known.includes(flag));
  if (strange === undefined) return null;
  return refuse('usage', {
    command: name,
    needs: `an option it knows (${known.map((flag) => `--${flag}`).join(', ')}), not --${strange}`,
    example: examples[1] ?? '',
  });
}

export function text(...lines: readonly string[]): Reply {
  return { kind: 'reply', what: 'text', lines };
}

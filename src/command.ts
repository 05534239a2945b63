import type { Approval } from './domain/approval.ts';
import type { Json } from './domain/canonical.ts';
import type { Actor } from './domain/events.ts';
import type { Incident } from './domain/incident.ts';
import type { People } from './domain/people.ts';
import type { Who } from './domain/permission.ts';
import type { Plan } from './domain/plan.ts';
import type { RunPreview } from './domain/preview.ts';
import type { Refusal } from './domain/refusal.ts';
import type { IncidentView } from './domain/views.ts';
import type { Approvals } from './services/approvals.ts';
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
  exportRunbook(plan: Plan, runbook: string): string;
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

/** Sorts tokens into words, flags and pairs. Names of pairs are short, so that a sentence with "=" stays a sentence. */
export function readWords(tokens: readonly string[]): Words {
  const words: string[] = [];
  const flags = new Set<string>();
  const pairs: Record<string, string> = {};
  for (const token of tokens) {
    const flag = token.match(/^--([a-z][a-z-]*)$/)?.[1];
    const pair = token.match(/^(?:--)?([a-z][a-z-]{0,19})=(.*)$/s);
    if (flag !== undefined) flags.add(flag);
    else if (pair?.[1] !== undefined) pairs[pair[1]] = pair[2] ?? '';
    else words.push(token);
  }
  return { words, flags, pairs };
}

export function text(...lines: readonly string[]): Reply {
  return { kind: 'reply', what: 'text', lines };
}

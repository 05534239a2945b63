import type { Incident } from '../../domain/incident.ts';
import type { People } from '../../domain/people.ts';
import type { Severity } from '../../domain/plan.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { cleanText, clip, oneLine, slackQuote, slackUser } from '../escape.ts';
import { clock, type Instant, instant, listOf } from '../format.ts';
import { callName } from '../names.ts';
import { MARKS, type MarkName } from '../words.ts';

/** Phrases that several cards share, each escaped for Slack. */

/**
 * One line of a plan or an action: escaped and inert, but what stands in back quotes stays code, to the letter, because
 * people copy it. The word joiner that breaks emoji codes is also taken out of times, where no code can arise.
 */
export function machine(text: string, max = 90): string {
  return slackUser(head(text, max), max)
    .replace(/ˋ([^ˋ]+)ˋ/g, (_, code: string) => `\`${exact(code)}\``)
    .replace(/(?<=\d:)\u2060(?=\d\d:)/g, '');
}

/** Nothing is markup inside code, so the look-alikes of `slackUser` go back to what they stood for. */
function exact(code: string): string {
  return code.replaceAll('\u2060', '').replaceAll('∗', '*').replaceAll('∼', '~');
}

/** Enough of a text to fill `max` characters: cards are drawn often, and cleaning 40,000 characters for 90 is slow. */
function head(text: string, max: number): string {
  return text.slice(0, max * 4);
}

/** `:x: *failed: Check the copy*`. The text begins with one of the mark's words. */
export function marked(mark: MarkName, text: string): string {
  return `${MARKS[mark].emoji} *${text}*`;
}

/** `Ana`, escaped for Slack. */
export function personName(people: People, id: string | null): string {
  return slackUser(callName(people, id), 60);
}

export function personNames(people: People, ids: readonly string[], last = 'and'): string {
  return listOf(
    ids.map((id) => personName(people, id)),
    last,
  );
}

/** A label and below it, in quotes, what somebody wrote: two lines, so that a forged sentence looks like what it is. */
export function quoted(label: string, text: string, max = 500): string {
  return `${label}\n${slackQuote(head(text, max), max)}`;
}

/** User text for the fallback and for plain-text fields, where quotes are the only mark. */
export function inQuotes(text: string, max = 120): string {
  return `"${slackUser(head(text, max), max).replaceAll('"', "'")}"`;
}

/** What a person wrote, back into a field they edit: clean but not escaped. */
export function editable(text: string | null, max: number): string | null {
  return text === null ? null : clip(cleanText(text), max);
}

/** Our own or the plan's words in a plain-text place; Slack shows these as they are. */
export function label(text: string, max = 75): string {
  return clip(oneLine(text), max);
}

export function asOf(view: IncidentView): string {
  return `As of ${clock(view.now, view.incident.declaredAt)}`;
}

/** `02:14 UTC`, with the day where it differs from that of the declaration. */
export function timeOf(incident: Incident, at: Instant): string {
  return instant(at, incident.declaredAt);
}

export function clockOf(incident: Incident, at: Instant): string {
  return clock(at, incident.declaredAt);
}

export function isUrgent(severity: Severity): severity is 'SEV1' | 'SEV2' {
  return severity === 'SEV1' || severity === 'SEV2';
}

/** `PRODUCTION`, or `DRILL` where the run works on drill-owned copies. */
export function placeOf(view: IncidentView, run?: RunView): string {
  return run?.run.mode === 'drill' ? 'DRILL' : view.plan.environment;
}

export function isDrill(view: IncidentView): boolean {
  return view.incident.id.startsWith('DRILL-');
}

/** The header of a drill begins with its mark, so that it is never taken for the real thing. */
export function headed(view: IncidentView, text: string, run?: RunView): string {
  return isDrill(view) || run?.run.mode === 'drill' ? `${MARKS.drill.emoji} DRILL · ${text}` : text;
}

/** Addresses of messages already posted, by id: `APR-57`, `RUN-31`, `INC-2026-014`. Empty while none is known. */
export type Links = Readonly<Record<string, string>>;

/** `<https://…|Open card>`; null where no address is known. */
export function link(links: Links, id: string, label: string): string | null {
  const url = links[id];
  return url === undefined ? null : `<${url}|${label}>`;
}

/** `<#C0123>`: the reader's Slack shows the channel's name and opens it. Null while there is none. */
export function channelOf(incident: Incident): string | null {
  return incident.channel === null ? null : `<#${incident.channel.id}>`;
}

/** `<@U0123>`, so that the person's phone rings; the name where no account is known. */
export function mention(people: People, id: string): string {
  const [account] = people.people[id]?.slack ?? [];
  return account === undefined ? personName(people, id) : `<@${account}>`;
}

import { canonicalJson, toJson } from '../domain/canonical.ts';
import type { UpdateText } from '../domain/events.ts';
import { addMs, type Incident } from '../domain/incident.ts';
import { stepsOf } from '../domain/plan.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError } from '../errors.ts';
import { oneLine } from './escape.ts';
import { date, instant } from './format.ts';
import { publicText } from './public-text.ts';
import { fillTemplate } from './template.ts';
import { isNoNews } from './update-draft.ts';
import { STATUS_WORDS, severityWords } from './words.ts';

export { draftUpdate, isNoNews, lastHeardAt } from './update-draft.ts';

/**
 * An update as plain text from one of templates/status. `internal` may name people and machines; `public` never does.
 * Every value stands on one line, so that no text of a person can look like a field. Throws, naming it, when a required
 * field is missing.
 */
export function renderUpdate(
  kind: 'internal' | 'public',
  text: UpdateText,
  view: IncidentView,
  template: string,
): string {
  const fields = fieldsOf(kind, text, view);
  const missing = Object.entries(fields).find(([, value]) => value === '');
  if (missing !== undefined) {
    throw new AppError(
      'config-invalid',
      `The ${kind} update of ${view.incident.id} lacks "${missing[0]}". Nothing was sent. Fill it in and publish again.`,
    );
  }
  return fillTemplate(`status/${text.status}.md`, template, { audience: kind, ...fields });
}

/** When the next update is promised once this one is out; null after the last. */
export function nextUpdateAt(text: UpdateText, { incident, now }: IncidentView): string | null {
  const { nextAt, everyMs } = incident.updates;
  if (text.status === 'resolved' || nextAt === null) return null;
  if (isOut(text, incident)) return nextAt;
  return addMs(Date.parse(nextAt) > now.getTime() ? nextAt : now.toISOString(), everyMs);
}

/** True once this very text is the newest published one: then the clock has moved on already. */
function isOut(text: UpdateText, { updates }: Incident): boolean {
  return canonicalJson(toJson(updates.published.at(-1)?.text)) === canonicalJson(toJson(text));
}

/** Empty text means missing; null and false are for conditions. */
function fieldsOf(kind: 'internal' | 'public', text: UpdateText, view: IncidentView) {
  const { incident, plan } = view;
  const day = incident.declaredAt;
  const say = (words: string, instead: string) =>
    kind === 'public' && oneLine(words) !== '' ? publicText(words, view) || instead : oneLine(words);
  const nextAt = nextUpdateAt(text, view);
  const started = incident.occurredAt;
  return {
    id: incident.id,
    number: String(incident.updates.published.length + (isOut(text, incident) ? 0 : 1)),
    system: plan.name,
    title: say((kind === 'public' ? plan.updates.title : undefined) ?? incident.title, 'Disruption'),
    severity: incident.severity,
    severity_label: severityWords(plan, incident.severity).label,
    status: STATUS_WORDS[text.status].word,
    status_since: instant(incident.statusSince, day),
    started:
      started === null
        ? `not known yet (declared ${date(day)} ${instant(day)})`
        : `${date(started)} ${instant(started)}`,
    impact: say(text.impact, `${plan.name} is affected.`),
    changed: say(text.changed, 'The work goes on.'),
    next: say(text.next, 'The work goes on.'),
    expected_back: text.expectedBack === null ? 'not known yet' : say(text.expectedBack, 'not known yet'),
    next_update: nextAt === null ? 'none, this is the last one' : instant(nextAt, day),
    no_news: isNoNews(text),
    back_since: incident.verified === null ? null : instant(incident.verified.at, day),
    doing: doingOf(view),
    data_lost: dataLost(view),
    closing: plan.updates.closing === undefined ? null : oneLine(plan.updates.closing),
  };
}

function doingOf({ runs }: IncidentView): string {
  const active = runs.find(({ run }) => run.outcome === null);
  const fromBackup =
    active !== undefined && stepsOf(active.runbook).some(({ step }) => step.uses.startsWith('backup.'));
  return fromBackup ? 'restoring from a backup' : 'working to restore the service';
}

/** What customers must know about their data, or null while nothing was measured and nothing restored. */
function dataLost({ incident }: IncidentView): string | null {
  const { loss, recoveryPoint, occurredAt, declaredAt } = incident;
  if (loss?.rows === 0) return 'No data was lost.';
  if (loss === null && recoveryPoint === null) return null;
  const verb = loss?.rows == null ? 'may have been lost' : 'were lost';
  if (recoveryPoint === null) return `Some recent changes ${verb}.`;
  if (occurredAt === null) return `Changes made after ${instant(recoveryPoint.at, declaredAt)} ${verb}.`;
  const until = new Date(Math.ceil(Date.parse(occurredAt) / 60_000) * 60_000);
  return `Changes made between ${instant(recoveryPoint.at, declaredAt)} and ${instant(until, declaredAt)} ${verb}.`;
}

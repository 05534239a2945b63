import { canonicalJson, toJson } from '../domain/canonical.ts';
import type { UpdateText } from '../domain/events.ts';
import { addMs, type Incident } from '../domain/incident.ts';
import { stepsOf } from '../domain/plan.ts';
import type { IncidentView } from '../domain/views.ts';
import { oneLine } from './escape.ts';
import { date, instant } from './format.ts';
import { publicText } from './public-text.ts';
import { fillTemplate } from './template.ts';
import { isNoNews } from './update-draft.ts';
import { STATUS_WORDS } from './words.ts';

export { draftUpdate, isNoNews, lastHeardAt } from './update-draft.ts';

/**
 * An update as outsiders read it, from one of templates/status (S-108). It never names people or machines, and every value
 * stands on one line, so that no text of a person can look like a field.
 */
export function renderUpdate(text: UpdateText, view: IncidentView, template: string): string {
  return fillTemplate(`status/${text.status}.md`, template, fieldsOf(text, view));
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

function fieldsOf(text: UpdateText, view: IncidentView) {
  const { incident, plan } = view;
  const day = incident.declaredAt;
  const say = (words: string, instead: string) =>
    oneLine(words) === '' ? instead : publicText(words, view) || instead;
  const nextAt = nextUpdateAt(text, view);
  const started = incident.occurredAt;
  return {
    system: plan.name,
    title: say(plan.updates.title ?? incident.title, 'Disruption'),
    status: STATUS_WORDS[text.status].word,
    started:
      started === null
        ? `not known yet (declared ${date(day)} ${instant(day)})`
        : `${date(started)} ${instant(started)}`,
    impact: say(text.impact, `${plan.name} is affected.`),
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

import type { IncidentView } from '../../domain/views.ts';
import { dualInstant, exactInstant } from '../format.ts';
import { MARKS, STATUS_WORDS } from '../words.ts';
import { actions, button, context, linkButton, type Message, message, section } from './blocks.ts';
import { resultLines } from './clock-lines.ts';
import {
  channelOf,
  inQuotes,
  isDrill,
  isUrgent,
  type Links,
  machine,
  personName,
  quoted,
  timeOf,
} from './text.ts';

/** The one message of an incident in #incidents, rewritten in place (CARDS §3). */
export function renderAnnouncement(view: IncidentView, links: Links = {}): Message {
  const { incident, plan, people } = view;
  const over = incident.status === 'resolved' || incident.status === 'cancelled';
  const noCommander = incident.roles.commander === null;
  const word = STATUS_WORDS[incident.status].word;
  const channel = links[incident.id] === undefined ? channelOf(incident) : null;
  const ids = { incident: incident.id };
  return message(
    `${over ? `${word}: ` : ''}${isDrill(view) ? 'DRILL ' : ''}${incident.severity} ${machine(plan.name)}: ${inQuotes(incident.title, 90)}. ${incident.id}${over ? '.' : `, ${word.toLowerCase()}. ${noCommander ? 'No commander yet.' : `Commander ${personName(people, incident.roles.commander)}.`}`}`,
    section(
      quoted(
        `${firstLine(view)} · reported by ${personName(people, incident.declaredBy)}:`,
        incident.title,
        200,
      ),
      over
        ? `${incident.id} · ${word} ${dualInstant(incident.statusSince, incident.declaredAt)}`
        : `${incident.id} · ${word} since ${dualInstant(incident.statusSince, incident.declaredAt)} · Commander: ${noCommander ? 'nobody yet' : personName(people, incident.roles.commander)}`,
      ...(incident.status === 'resolved' ? resultLines(view) : []),
      over || incident.impact === null || incident.impact === ''
        ? null
        : quoted(`Affected (${personName(people, incident.declaredBy)}):`, incident.impact, 300),
      channel === null ? null : `Channel: ${channel}`,
    ),
    actions(
      !over && noCommander
        ? button('incident.take-command', 'Take command', ids, {
            style: 'primary',
            says: `Take command of ${incident.id}`,
          })
        : null,
      linkButton('Open channel', links[incident.id]),
      incident.status === 'resolved'
        ? button('incident.report', 'Report', ids, { says: `Report of ${incident.id}` })
        : null,
      over ? null : button('incident.details', 'Details', ids, { says: `Details of ${incident.id}` }),
    ),
    context(
      `Declared by ${personName(people, incident.declaredBy)}`,
      incident.updates.nextAt === null ? null : `next update ${timeOf(incident, incident.updates.nextAt)}`,
      over ? 'Times are UTC' : `As of ${exactInstant(view.now, incident.declaredAt)}`,
    ),
  );
}

/** The siren is for SEV1 and SEV2 that are going on, and for nothing else. */
function firstLine(view: IncidentView): string {
  const { incident, plan } = view;
  const what = `${incident.severity} · ${machine(plan.name)}`;
  if (incident.status === 'resolved') return `${MARKS.done.emoji} *Resolved · ${what}*`;
  if (incident.status === 'cancelled') return `*Cancelled · ${what}*`;
  if (isDrill(view)) return `${MARKS.drill.emoji} *DRILL · ${what}*`;
  return isUrgent(incident.severity) ? `${MARKS.critical.emoji} *${what}*` : `*${what}*`;
}

import type { IncidentEvent } from '../domain/events.ts';
import { measure } from '../domain/measure.ts';
import type { ReportView } from '../domain/views.ts';
import { markdownCode, markdownUser } from './escape.ts';
import { between, clock, count, duration, fullInstant } from './format.ts';
import { bullets, table } from './markdown.ts';
import { fullName } from './names.ts';
import { STATUS_WORDS } from './words.ts';

type Published = Extract<IncidentEvent, { kind: 'incident.update-published' }>;

/** What people were told and when: each update against its promise, and the longest silence. */
export function communicationPart(view: ReportView): string {
  const { incident, people } = view;
  const { updates } = measure(view);
  const day = incident.declaredAt;
  const rows = view.events.flatMap(({ event, actor, seq }) =>
    event.kind === 'incident.update-published'
      ? [
          [
            String(event.number),
            clock(event.dueAt, day),
            clock(event.publishedAt, day),
            onTimeWords(event, view),
            actor.person === null ? 'the bot' : markdownUser(fullName(people, actor.person)),
            STATUS_WORDS[event.text.status].word,
            markdownUser(event.text.changed),
            String(seq),
          ],
        ]
      : [],
  );
  const snoozes = view.events.flatMap(({ event, at }) =>
    event.kind === 'incident.update-snoozed'
      ? [`Put off at ${clock(at, day)} until ${clock(event.until, day)}: "${markdownUser(event.reason)}"`]
      : [],
  );
  const where =
    incident.channel === null
      ? 'the announcement channel only'
      : `${markdownCode(`#${incident.channel.name}`)} and the announcement channel`;
  const report =
    incident.resolved === null
      ? 'not known: the incident is not resolved yet'
      : `this document, by ${markdownUser(fullName(people, incident.resolved.reportOwner))}, due ${fullInstant(incident.resolved.reportDueAt)}`;
  const totals = [
    `Updates on time: ${updates.onTime} of ${updates.due} due; ${count(updates.posted, 'update')} posted, one every ${duration(incident.updates.everyMs)} promised.`,
    `Longest silence: ${duration(updates.longestSilenceMs)}.`,
    `Stakeholders were told in ${where}; outside texts are made from the same updates.`,
    `Post-mortem report: ${report}.`,
    ...snoozes,
  ];
  return [
    bullets(totals),
    rows.length === 0
      ? 'No update was published.'
      : table(['#', 'Due', 'Published', 'On time', 'By', 'Status', 'What changed', 'Event'], rows),
  ].join('\n\n');
}

function onTimeWords(event: Published, { incident }: ReportView): string {
  const published = incident.updates.published.find(({ number }) => number === event.number);
  if (published?.onTime) return 'yes';
  const late = duration(between(event.dueAt, event.publishedAt));
  return event.missed.length === 0
    ? `**no**, ${late} late`
    : `**no**, ${late} late; stands for ${count(event.missed.length + 1, 'due update')}`;
}

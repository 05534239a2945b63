import type { Actor, IncidentEvent, UpdateText } from '../../domain/events.ts';
import { ON_TIME_MS } from '../../domain/incident.ts';
import type { IncidentView } from '../../domain/views.ts';
import { slackBlock } from '../escape.ts';
import { between, clock, dualInstant, duration, instant, listOf } from '../format.ts';
import { runState } from '../run-state.ts';
import { MARKS, ROLE_WORDS, STATUS_WORDS } from '../words.ts';
import { actions, type Block, button, context, type Message, message, section } from './blocks.ts';
import { activeRun, draftReaderId, resultLines, updateLine } from './clock-lines.ts';
import { type Post, post } from './post.ts';
import type { Surroundings } from './surroundings.ts';
import { asOf, channelOf, clockOf, inQuotes, isDrill, machine, personName, quoted, timeOf } from './text.ts';

/** The post of one event of an incident; null for events that only change cards. */
export function postOfIncident(
  view: IncidentView,
  event: IncidentEvent,
  actor: Actor,
  at: Date,
  around: Surroundings,
): Post | null {
  switch (event.kind) {
    case 'incident.update-published':
      return post(published(view, event, actor, around.publicUpdate?.(event.text, view) ?? null), {
        underAnnouncement: true,
      });
    case 'incident.update-drafted': {
      const reader = draftReaderId(view);
      const dm = reader === null ? null : [reader];
      return view.incident.updates.nextAt === event.dueAt
        ? post(renderDraft(view, event.dueAt, around, at), { dm })
        : post(draftOver(view, event.dueAt), { dm, moot: true });
    }
    case 'incident.verified':
      return post(verified(view, event), { underAnnouncement: true });
    case 'incident.resolved':
      return post(resolved(view, event, actor), { underAnnouncement: true });
    case 'incident.role-assigned':
      return roleAssigned(view, event);
    default:
      return null;
  }
}

type Published = Extract<IncidentEvent, { kind: 'incident.update-published' }>;

/** A status update as everybody inside reads it (CARDS §9), and below it the words for everybody outside. */
function published(view: IncidentView, event: Published, actor: Actor, outside: string | null): Message {
  const { incident, plan } = view;
  const { text, number, nextAt } = event;
  const word = STATUS_WORDS[text.status].word;
  const name = `Update ${number} · ${incident.id} · ${machine(plan.name)} · ${incident.severity} · ${word}`;
  const over = text.status === 'resolved';
  return message(
    `${name}. ${inQuotes(text.changed, 90)}${over ? '' : ` Next update by ${instant(nextAt, incident.declaredAt)}.`}`,
    section(`${isDrill(view) ? `${MARKS.drill.emoji} DRILL ` : ''}*${name}*`),
    section(...updateLines(text)),
    over ? null : section(`*Next update by ${dualInstant(nextAt, incident.declaredAt)}*`),
    forOutside(outside),
    context(publisher(view, event, actor), missedLine(view, event.missed), 'Times are UTC'),
  );
}

/** The words for the status page, ready to be copied. */
function forOutside(text: string | null): Block | null {
  return text === null ? null : section('*For the status page*', slackBlock(text, 2500));
}

function updateLines(text: UpdateText): readonly string[] {
  return [
    quoted('*Impact*', text.impact),
    quoted('*What changed*', text.changed, 1500),
    quoted('*What is next*', text.next),
    text.expectedBack === null
      ? '*Expected back*  not known yet'
      : quoted('*Expected back*', text.expectedBack, 100),
  ];
}

function publisher(view: IncidentView, { automatic, publishedAt, dueAt }: Published, actor: Actor): string {
  if (automatic) return 'Posted by the bot at the due time; nobody edited it';
  const lateMs = between(dueAt, publishedAt);
  const verdict = lateMs <= ON_TIME_MS ? 'on time' : `${MARKS.warning.emoji} late by ${duration(lateMs)}`;
  return `Published by ${personName(view.people, actor.person)} ${clockOf(view.incident, publishedAt)} (${verdict}, due ${timeOf(view.incident, dueAt)})`;
}

/** One update after an outage stands for every slot that passed. */
function missedLine(view: IncidentView, missed: readonly string[]): string | null {
  if (missed.length === 0) return null;
  const shown = missed.slice(-5).map((at) => timeOf(view.incident, at));
  const more = missed.length > shown.length ? ` (and ${missed.length - shown.length} before)` : '';
  return `${MARKS.warning.emoji} late: ${missed.length === 1 ? 'the update' : 'the updates'} due ${listOf(shown)}${more} could not be posted; this one stands for ${missed.length === 1 ? 'it too' : 'them too'}`;
}

/** The draft, five minutes before: what is posted if nobody acts, and the three things one can do. */
function renderDraft(
  view: IncidentView,
  dueAt: string,
  { draft, publicUpdate }: Surroundings,
  at: Date,
): Message {
  const { incident } = view;
  const ids = { incident: incident.id };
  const channel = channelOf(incident);
  return message(
    `Update for ${incident.id} is due ${instant(dueAt, incident.declaredAt)}. If nobody acts, it is posted then.`,
    section(
      `*Update for ${incident.id} is due ${dualInstant(dueAt, incident.declaredAt)}, in ${duration(Math.max(0, between(at, dueAt)))}.* If nobody acts, this text is posted then.`,
    ),
    draft === null
      ? section('The text is made from the timeline at the due time. To write it yourself, press Edit.')
      : section(`*Status*  ${STATUS_WORDS[draft.status].word}`, ...updateLines(draft)),
    forOutside(draft === null ? null : (publicUpdate?.(draft, view) ?? null)),
    section(`Goes to: ${channel ?? 'the incident channel'}, #${machine(view.plan.channels.incidents, 80)}`),
    actions(
      button('update.publish', 'Publish', ids, {
        style: 'primary',
        says: `Publish the update of ${incident.id}`,
      }),
      button('update.edit', 'Edit', ids, { says: `Edit the update of ${incident.id}` }),
      button('update.snooze', 'Snooze', ids, { says: `Snooze the update of ${incident.id}` }),
    ),
    context(`Draft ${clock(at, incident.declaredAt)}`, 'Times are UTC'),
  );
}

/** What became of a draft that was shown: nothing on it can be pressed any more. */
function draftOver({ incident }: IncidentView, dueAt: string): Message {
  const update = incident.updates.published.find((published) => published.dueAt === dueAt);
  const name = `The update of ${incident.id} that was due ${instant(dueAt, incident.declaredAt)}`;
  const end =
    update !== undefined
      ? `is posted as update ${update.number}, ${update.automatic ? 'unedited at its time' : `at ${clock(update.publishedAt, incident.declaredAt)}`}`
      : incident.updates.nextAt === null
        ? 'is not needed any more: the incident is over'
        : `is due ${instant(incident.updates.nextAt, incident.declaredAt)} now`;
  return message(`${name} ${end}.`, section(`${name} ${end}.`));
}

/** What everybody waits for. The measures are those of the last such moment, so that an earlier one leaves them to it. */
function verified(view: IncidentView, event: Extract<IncidentEvent, { kind: 'incident.verified' }>): Message {
  const { incident, plan } = view;
  const name = `service works again: ${incident.id} · ${machine(plan.name)}`;
  const run = activeRun(view);
  return message(
    `ok: ${name}, verified ${instant(event.at, incident.declaredAt)}.`,
    section(
      `${isDrill(view) ? `${MARKS.drill.emoji} DRILL ` : ''}${MARKS.done.emoji} *ok: ${name}*`,
      `Verified ${clockOf(incident, event.at)} by ${event.run}: ${machine(event.evidence, 160)}`,
    ),
    incident.verified?.at === event.at ? section(...resultLines(view)) : null,
    run === null ? null : section(`${run.run.id} goes on: ${runState(run).words}.`),
    context('Updates go on until it is resolved', 'Times are UTC'),
  );
}

function resolved(
  view: IncidentView,
  event: Extract<IncidentEvent, { kind: 'incident.resolved' }>,
  actor: Actor,
): Message {
  const { incident, plan, people } = view;
  const ids = { incident: incident.id };
  const by = personName(people, actor.person);
  return message(
    `Resolved: ${incident.id} ${machine(plan.name)}, ${inQuotes(incident.title, 90)}.`,
    section(
      `${MARKS.done.emoji} *Resolved: ${incident.id} · ${machine(plan.name)}* by ${by}, ${clockOf(incident, event.at)}`,
      quoted(`What was wrong (${personName(people, incident.declaredBy)}):`, incident.title, 200),
    ),
    section(...resultLines(view)),
    section(
      quoted(`Data lost (${by}):`, event.dataLost, 300),
      quoted(`Cause so far (${by}):`, event.rootCause, 500),
    ),
    section(
      `Updates stop now. Report by ${personName(people, event.reportOwner)}, due ${dualInstant(event.reportDueAt, incident.declaredAt)}.`,
    ),
    actions(
      button('incident.report', 'Report', ids, { style: 'primary', says: `Report of ${incident.id}` }),
      button('incident.timeline', 'Timeline', ids, { says: `Timeline of ${incident.id}` }),
    ),
    context('Times are UTC'),
  );
}

/** Who takes a role learns where things stand; who held it learns that it has moved. */
function roleAssigned(
  view: IncidentView,
  event: Extract<IncidentEvent, { kind: 'incident.role-assigned' }>,
): Post | null {
  const told = [event.person, event.previous].filter((person) => person !== null);
  if (told.length === 0) return null;
  const { incident, plan, people } = view;
  const name = event.person === null ? 'nobody' : personName(people, event.person);
  const run = activeRun(view);
  const channel = channelOf(incident);
  return post(
    message(
      `${name} is ${ROLE_WORDS[event.role]} of ${incident.id} now.`,
      section(
        quoted(
          `*${name} is ${ROLE_WORDS[event.role]} of ${incident.id} now* · ${machine(plan.name)} · ${incident.severity}:`,
          incident.title,
          200,
        ),
        `State: ${STATUS_WORDS[incident.status].word}${run === null ? ', nothing runs' : `, ${run.run.id} ${runState(run).words}`}.`,
        updateLine(view),
        channel === null ? null : `Channel: ${channel}`,
      ),
      context('Times are UTC', asOf(view)),
    ),
    { dm: [...new Set(told)] },
  );
}

import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import type { ApprovalEvent } from '../../domain/events.ts';
import type { IncidentView } from '../../domain/views.ts';
import { dualInstant, instant } from '../format.ts';
import { MARKS } from '../words.ts';
import { eligibleNow, fingerprint, runOfApproval, subjectOf } from './approval-facts.ts';
import { actions, linkButton, type Message, message, section } from './blocks.ts';
import { type Post, post } from './post.ts';
import type { Surroundings } from './surroundings.ts';
import {
  channelOf,
  clockOf,
  type Links,
  link,
  machine,
  marked,
  personName,
  personNames,
  placeOf,
  quoted,
} from './text.ts';

/** The post of one event of an approval. There is one card to approve on: no message here has an Approve button. */
export function postOfApproval(
  view: IncidentView,
  approvalId: string,
  event: ApprovalEvent,
  { links }: Surroundings,
): Post | null {
  const { approval, shown } = runOfApproval(view, approvalId);
  const what = `${machine(approval.card.title, 80)}, ${machine(view.plan.name)} ${placeOf(view, shown)}`;
  switch (event.kind) {
    case 'approval.requested':
    case 'approval.reminded':
      return called(view, approval, event, what, links);
    case 'approval.vote-cast':
      return post(voted(view, approval, event), { thread: 'approval' });
    case 'approval.vetoed':
      return post(
        message(
          `${approvalId} vetoed by ${personName(view.people, event.person)}: ${what}.`,
          section(
            quoted(
              `${marked('stopped', `vetoed by ${personName(view.people, event.person)}`)}, ${clockOf(view.incident, event.at)}. Nothing was done. Why:`,
              event.reason,
            ),
          ),
        ),
        { thread: 'approval', broadcast: true },
      );
    case 'approval.voided':
      return post(
        message(
          `${approvalId} no longer counts: ${machine(event.reason, 120)}. Nothing was done.`,
          section(
            `${MARKS.warning.emoji} *warning: ${machine(event.reason, 120)}, so ${approvalId} no longer counts.* Nothing was done.`,
            ...event.differences.slice(0, 10).map((difference) => `• ${machine(difference, 160)}`),
          ),
        ),
        { thread: 'approval', broadcast: true },
      );
    case 'approval.expired':
      return post(
        message(
          `${approvalId} expired with ${event.votes} of ${REQUIRED_VOTES}. Nothing was done.`,
          section(
            `${marked('skipped', `expired ${instant(event.at, view.incident.declaredAt)}`)} with ${event.votes} of ${REQUIRED_VOTES}. Nothing was done.`,
          ),
        ),
        { thread: 'approval', broadcast: true },
      );
    default:
      return null;
  }
}

/** Nobody is called for what can no longer be approved, however late the message is; who was called before learns that it is over. */
function called(
  view: IncidentView,
  approval: Approval,
  event: Extract<ApprovalEvent, { kind: 'approval.requested' | 'approval.reminded' }>,
  what: string,
  links: Links,
): Post {
  const dm = event.kind === 'approval.reminded' ? event.people : eligibleNow(view, approval);
  const end = endOf(view, approval);
  if (end !== null) return post(over(view, approval, what, end, links), { dm, moot: true });
  const text = needed(view, approval, leadOf(event), what, links[approval.id]);
  return post(text, { dm, moot: approval.status.is !== 'open' });
}

function leadOf(event: Extract<ApprovalEvent, { kind: 'approval.requested' | 'approval.reminded' }>): string {
  if (event.kind === 'approval.reminded')
    return event.escalated
      ? 'Nobody else has approved yet, so you are asked too.'
      : 'A reminder: your approval may still be needed.';
  return `Your approval may be needed.${event.replaces === null ? '' : ` It takes the place of ${event.replaces}.`}`;
}

/** How an approval ended, in words; null before: one that is approved may still fall until the gate has opened. */
function endOf({ people }: IncidentView, { status, votes }: Approval): string | null {
  switch (status.is) {
    case 'open':
    case 'approved':
      return null;
    case 'used':
      return `approved by ${personNames(
        people,
        votes.map(({ person }) => person),
        'and',
      )}`;
    case 'vetoed':
      return `vetoed by ${personName(people, status.person)}`;
    case 'void':
      return 'no longer counts';
    case 'expired':
      return `expired with ${status.votes} of ${REQUIRED_VOTES}`;
  }
}

function over(view: IncidentView, approval: Approval, what: string, end: string, links: Links): Message {
  const { id, incident } = approval;
  const place = [what, subjectOf(approval), incident].join(' · ');
  const next = view.runs.flatMap(({ approvals }) => approvals).find(({ replaces }) => replaces === id);
  const now = next === undefined ? 'Nothing is left for you to do.' : `${next.id} takes its place.`;
  return message(
    `${id}: ${end}. ${now} ${what}.`,
    section(
      `*${id}: ${end}.* ${now}`,
      [place, link(links, id, 'Open card')].filter((part) => part !== null).join(' → '),
    ),
  );
}

/** A call to look at the card, with the way to it. */
function needed(
  view: IncidentView,
  approval: Approval,
  lead: string,
  what: string,
  url: string | undefined,
): Message {
  const until = dualInstant(approval.approveBy, view.incident.declaredAt);
  const channel = url === undefined ? channelOf(view.incident) : null;
  return message(
    `${lead} ${what}. ${approval.votes.length} of ${REQUIRED_VOTES}, until ${instant(approval.approveBy, view.incident.declaredAt)}. Fingerprint ${fingerprint(approval)}.`,
    section(
      `${MARKS.approval.emoji} *Approval.* ${lead}`,
      `${what} · ${subjectOf(approval)} · ${approval.incident}`,
      `${approval.votes.length} of ${REQUIRED_VOTES}, until ${until}. Fingerprint *${fingerprint(approval)}*.`,
      channel === null ? null : `The card of ${approval.id} is in ${channel}.`,
    ),
    actions(linkButton('Open card', url)),
  );
}

function voted(
  view: IncidentView,
  approval: Approval,
  event: Extract<ApprovalEvent, { kind: 'approval.vote-cast' }>,
): Message {
  const name = personName(view.people, event.person);
  const place = approval.votes.findIndex(({ person }) => person === event.person) + 1;
  const counted = `${Math.max(1, place)} of ${REQUIRED_VOTES}`;
  const next =
    place >= REQUIRED_VOTES
      ? ' Last checks, then the gate opens.'
      : approval.status.is === 'open'
        ? oneMore(view, approval)
        : '';
  const proof = event.proof.via === 'cli' ? ' by signature from a terminal' : '';
  return message(
    `${name} approved ${approval.id}, ${counted}.`,
    section(
      `${MARKS.done.emoji} approved by ${name}${proof}, ${clockOf(view.incident, event.at)}. ${counted}.${next}`,
    ),
  );
}

function oneMore(view: IncidentView, approval: Approval): string {
  const left = personNames(view.people, eligibleNow(view, approval), 'or');
  return ` One more person: ${left === '' ? 'nobody else may approve' : left}.`;
}

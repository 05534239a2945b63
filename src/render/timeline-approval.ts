import { fingerprintOf } from '../domain/canonical.ts';
import type { ApprovalEvent } from '../domain/events.ts';
import { instant, listOf } from './format.ts';
import type { Telling } from './timeline.ts';
import { CLASS_WORDS } from './words.ts';

/** What happened to an approval, in one sentence. */
export function approvalSentence(event: ApprovalEvent, telling: Telling): string {
  const { ink, subject, name, context } = telling;
  const day = context.incident.declaredAt;
  switch (event.kind) {
    case 'approval.requested': {
      const before = event.replaces === null ? '' : `, in place of ${ink.text(event.replaces)}`;
      return `${subject} asks two people to approve "${ink.text(event.card.title)}" (${CLASS_WORDS[event.class]}, fingerprint ${fingerprintOf(event.digest)}) by ${instant(event.approveBy, day)}${before}`;
    }
    case 'approval.vote-cast':
      return `${name(event.person)} approved ${subject} ${event.proof.via === 'cli' ? 'by signature from a terminal' : 'in Slack'}, fingerprint ${fingerprintOf(event.digest)}`;
    case 'approval.approved':
      return `${subject} has its two approvals and must begin by ${instant(event.openBy, day)}`;
    case 'approval.vetoed':
      return `${name(event.person)} vetoed ${subject}: ${ink.quote(event.reason)}`;
    case 'approval.voided': {
      const differences =
        event.differences.length === 0 ? '' : ` (${event.differences.map(ink.text).join('; ')})`;
      return `${subject} no longer counts, ${ink.text(event.reason)}${differences}; nothing was done`;
    }
    case 'approval.expired':
      return `${subject} expired with ${event.votes} of 2; nothing was done`;
    case 'approval.used':
      return `${subject} is used up: its steps begin`;
    case 'approval.reminded': {
      const people = event.people.length === 0 ? 'nobody' : listOf(event.people.map(name));
      return `${subject}: ${people} ${event.people.length > 1 ? 'were' : 'was'} reminded${event.escalated ? ', the next row of the plan too' : ''}`;
    }
    case 'approval.click-refused': {
      const who = event.person === null ? 'someone not in people.yml' : name(event.person);
      const account = event.account === null ? '' : ` (${ink.text(event.account)})`;
      return `A click of ${who}${account} on ${subject} was refused: ${ink.text(event.code)}`;
    }
  }
}

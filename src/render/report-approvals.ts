import { type Approval, REQUIRED_VOTES } from '../domain/approval.ts';
import { fingerprintOf } from '../domain/canonical.ts';
import type { ReportView } from '../domain/views.ts';
import { markdownCode, markdownUser } from './escape.ts';
import { exactInstant, fullInstant, listOf } from './format.ts';
import { bullets, table } from './markdown.ts';
import { fullName } from './names.ts';
import { CLASS_WORDS } from './words.ts';

/** Who approved what, when, through which door, and the digest each of them saw. Oldest first. */
export function approvalsPart(view: ReportView): string {
  const approvals = view.runs
    .flatMap((run) => run.approvals)
    .sort((a, b) => a.requestedAt.localeCompare(b.requestedAt));
  if (approvals.length === 0) return 'No approval was asked for.';
  return approvals.map((approval) => approvalPart(approval, view)).join('\n\n');
}

function approvalPart(approval: Approval, { people, incident, events }: ReportView): string {
  const name = (person: string) => markdownUser(fullName(people, person));
  const digests = new Map(
    events.flatMap(({ stream, event }) =>
      stream.id === approval.id && event.kind === 'approval.vote-cast'
        ? [[event.person, event.digest] as const]
        : [],
    ),
  );
  const votes = approval.votes.map(({ person, proof, at }) => [
    name(person),
    fullInstant(at),
    proof.via === 'cli' ? 'terminal, signed with an SSH key' : 'Slack',
    proof.account === null ? 'not known: none was given' : markdownCode(proof.account),
    markdownCode(digests.get(person) ?? approval.digest, 70),
  ]);
  const facts = [
    `Asked by ${name(approval.requester)} at ${exactInstant(approval.requestedAt, incident.declaredAt)}, ${CLASS_WORDS[approval.class]}${approval.requesterCounts && approval.class !== 'irreversible' ? ', the requester may be one of the two' : ', the requester does not count'}.`,
    `Fingerprint ${fingerprintOf(approval.digest)}, digest ${markdownCode(approval.digest, 70)}.`,
    `Loss on the card: ${markdownUser(approval.card.loss) || 'not known: the card named none'}.`,
    `Undo on the card: ${approval.card.undo.length === 0 ? 'it cannot be taken back' : approval.card.undo.map((line) => markdownUser(line)).join('; ')}.`,
    `Could approve: ${listOf(approval.eligible.map(name))}.`,
    `Ended: ${endWords(approval, name, incident.declaredAt)}.`,
  ];
  return [
    `### ${approval.id}: ${markdownUser(approval.card.title)}`,
    bullets(facts),
    votes.length === 0
      ? 'Nobody approved it.'
      : table(['Approved by', 'When', 'Through', 'Account', 'Digest seen'], votes),
  ].join('\n\n');
}

function endWords({ status, votes }: Approval, name: (person: string) => string, day: string): string {
  switch (status.is) {
    case 'open':
      return `not yet, ${votes.length} of ${REQUIRED_VOTES}`;
    case 'approved':
      return `approved at ${exactInstant(status.at, day)}, not yet begun`;
    case 'used':
      return `used at ${exactInstant(status.at, day)}, its steps began`;
    case 'vetoed':
      return `vetoed by ${name(status.person)} at ${exactInstant(status.at, day)}: "${markdownUser(status.reason)}"`;
    case 'void':
      return `void at ${exactInstant(status.at, day)}, ${markdownUser(status.reason)}${status.differences.length === 0 ? '' : ` (${status.differences.map((line) => markdownUser(line)).join('; ')})`}`;
    case 'expired':
      return `expired at ${exactInstant(status.at, day)} with ${status.votes} of ${REQUIRED_VOTES}`;
  }
}

/** Clicks that counted for nothing: a security reader looks here first. */
export function refusedClicksPart({ events, people, incident }: ReportView): string {
  const rows = events.flatMap(({ stream, event, at, seq }) =>
    event.kind === 'approval.click-refused'
      ? [
          [
            exactInstant(at, incident.declaredAt),
            event.person === null ? 'nobody in people.yml' : markdownUser(fullName(people, event.person)),
            event.account === null ? 'not known: none was given' : markdownCode(event.account),
            stream.id,
            markdownCode(event.code),
            String(seq),
          ],
        ]
      : [],
  );
  return rows.length === 0
    ? 'No click was refused.'
    : table(['Time', 'Person', 'Account', 'Approval', 'Refused as', 'Event'], rows);
}

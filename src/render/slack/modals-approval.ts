import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import type { IncidentView } from '../../domain/views.ts';
import { between, duration, exactInstant } from '../format.ts';
import { factBlocks, fingerprint, runOfApproval, subjectOf, votesBlock } from './approval-facts.ts';
import { context, section, type View, view } from './blocks.ts';
import { input, textField } from './fields.ts';
import { renderNotice } from './modals.ts';
import { asOf, label, machine, placeOf } from './text.ts';

/** What one clicks through to approve or to veto (CARDS §7.3, §7.4). */

/**
 * Every fact with its full value and the moment it was read, and where the click stands among the two. Drawn from the
 * database at the moment of the click; the form carries the digest that is shown. `reader` is the person who clicked.
 */
export function renderReview(incidentView: IncidentView, approvalId: string, reader: string | null): View {
  const { shown, approval } = runOfApproval(incidentView, approvalId);
  if (approval.status.is !== 'open')
    return renderNotice('Review and approve', [
      `${approvalId} can no longer be approved. Nothing was recorded. The card in the channel shows why.`,
    ]);
  const irreversible = approval.class === 'irreversible';
  return view(
    'approval.approve',
    'Review and approve',
    {
      submit: irreversible ? 'Approve, no undo' : 'Approve',
      close: 'Not now',
      carried: { approval: approval.id, digest: approval.digest },
    },
    section(
      `*${machine(incidentView.plan.name)} · ${placeOf(incidentView, shown)}* · ${machine(approval.card.title, 80)} · ${subjectOf(approval)}`,
    ),
    ...factBlocks(incidentView, approval, 'dialog'),
    section(factsAsOf(incidentView, approval)),
    section(placeLine(approval, reader)),
    approval.confirmName === null ? null : nameField(approval.confirmName),
    context(
      `Fingerprint *${fingerprint(approval)}*. It must be the same in the channel, here and in \`dr approve ${approval.id}\`.`,
    ),
  );
}

/** The world is read again only when the gate opens, so nothing is said of what may have moved since. */
function factsAsOf({ incident, now }: IncidentView, { card }: Approval): string {
  const age = duration(between(card.readAt, now));
  return `All of this was read at ${exactInstant(card.readAt, incident.declaredAt)} for the card, ${age} ago, and not since. It is read again right before the first step: where anything the fingerprint covers is different then, nothing is done and you are asked anew.`;
}

function placeLine(approval: Approval, reader: string | null): string {
  if (reader === null || !approval.eligible.includes(reader))
    return 'You are *none of those who may approve this*. Read it; whatever you press, nothing is recorded.';
  if (approval.votes.some(({ person }) => person === reader))
    return 'You *have approved* this. It counts once; one other person must approve.';
  if (approval.votes.length + 1 < REQUIRED_VOTES)
    return 'You are the *first* of 2. One more person must approve after you.';
  return `You are the *second* of 2. *After you approve, ${subjectOf(approval)} start at once.*`;
}

function nameField(name: string) {
  return input('name', label(`Type the name ${name} to approve`, 150), textField({ max: 200 }), {
    hint: 'Exactly as shown. This cannot be undone.',
  });
}

export function renderVeto(approval: Approval): View {
  return view(
    'approval.veto',
    `Veto ${approval.id}`,
    { submit: 'Veto', close: 'Back', carried: { approval: approval.id, digest: approval.digest } },
    section(
      'One veto stops these steps. Nothing has been changed. A new approval can be asked for later.',
      `${machine(approval.card.title, 80)} · ${subjectOf(approval)}`,
    ),
    input('reason', 'Why?', textField({ max: 300, min: 5, multiline: true }), {
      hint: 'So that the others know what to fix.',
    }),
  );
}

/** Everything about an approval, for people who only read. */
export function renderApprovalDetails(incidentView: IncidentView, approvalId: string): View {
  const { shown, approval } = runOfApproval(incidentView, approvalId);
  return view(
    'notice',
    approval.id,
    {},
    section(
      `*${machine(incidentView.plan.name)} · ${placeOf(incidentView, shown)}* · ${machine(approval.card.title, 80)} · ${subjectOf(approval)}`,
    ),
    ...factBlocks(incidentView, approval, 'dialog'),
    approval.status.is === 'open' ? votesBlock(incidentView, approval) : null,
    context(
      `Fingerprint *${fingerprint(approval)}*`,
      `full digest ${approval.digest}`,
      'Times are UTC',
      asOf(incidentView),
    ),
  );
}

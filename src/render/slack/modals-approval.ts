import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import type { IncidentView } from '../../domain/views.ts';
import { factBlocks, fingerprint, runOfApproval, subjectOf, votesBlock } from './approval-facts.ts';
import { context, section, type View, view } from './blocks.ts';
import { input, textField } from './fields.ts';
import { renderNotice } from './modals.ts';
import { asOf, label, machine, placeOf } from './text.ts';

/** What one clicks through to approve or to veto (CARDS §7.3, §7.4). */

/**
 * Every fact with its full value, what changed since the card was posted, and where the click stands among the two.
 * Drawn at the moment of the click; the form carries the digest that is shown.
 */
export function renderReview(
  incidentView: IncidentView,
  approvalId: string,
  changes: readonly string[],
): View {
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
    section(
      `Since the card was posted: ${changes.length === 0 ? 'nothing has changed.' : ''}`,
      ...changes.map((change) => `• ${machine(change, 200)}`),
    ),
    section(placeLine(approval)),
    approval.confirmName === null ? null : nameField(approval.confirmName),
    context(
      `Fingerprint *${fingerprint(approval)}*. It must be the same in the channel, here and in \`dr approve ${approval.id}\`.`,
    ),
  );
}

function placeLine(approval: Approval): string {
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

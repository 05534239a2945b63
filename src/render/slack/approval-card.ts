import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import { gateState } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { clock, exactInstant, instant } from '../format.ts';
import { MARKS } from '../words.ts';
import {
  factBlocks,
  fingerprint,
  runOfApproval,
  standingLine,
  subjectOf,
  votesBlock,
} from './approval-facts.ts';
import { actions, button, context, header, type Message, message, section } from './blocks.ts';
import {
  asOf,
  clockOf,
  headed,
  type Links,
  link,
  machine,
  marked,
  personName,
  personNames,
  placeOf,
  quoted,
  timeOf,
} from './text.ts';

/** The one card of a request for approval, through its whole life (CARDS §7.1, §7.2, §7.5). */
export function renderApprovalCard(view: IncidentView, approvalId: string, links: Links = {}): Message {
  const { shown, approval } = runOfApproval(view, approvalId);
  const open = approval.status.is === 'open';
  return message(
    fallback(view, shown, approval),
    header(headed(view, headline(view, shown, approval), shown)),
    ...(open
      ? [
          section(
            `${MARKS.approval.emoji} *Approval: ${titleOf(approval)}* · ${subjectOf(approval)} · ${approval.incident}`,
            standingLine(view, approval),
          ),
        ]
      : [
          section(...lifeLines(view, shown, approval, links)),
          section(`${MARKS.approval.emoji} *Approval: ${titleOf(approval)}* · ${subjectOf(approval)}`),
        ]),
    ...factBlocks(view, approval, 'card'),
    open ? votesBlock(view, approval) : null,
    open ? openButtons(view, approval) : actions(detailsButton(approval)),
    context(
      approval.id,
      `fingerprint *${fingerprint(approval)}*`,
      `plan ${shown.run.system}@${shown.run.plan.slice(0, 7)}`,
      `facts read ${exactInstant(approval.card.readAt, view.incident.declaredAt)}`,
      open ? asOf(view) : 'Times are UTC',
    ),
  );
}

/** What is approved, in the plan's words: `Cut over to the restored database`. */
function titleOf(approval: Approval): string {
  return machine(approval.card.title, 80);
}

function headline(view: IncidentView, shown: RunView, approval: Approval): string {
  const where = `${view.plan.name} · ${placeOf(view, shown)}`;
  if (approval.status.is !== 'open') return `Approval ${approval.id} · ${where}`;
  return approval.class === 'irreversible' ? `CANNOT BE UNDONE · ${where}` : `Approval needed · ${where}`;
}

function fallback(view: IncidentView, shown: RunView, approval: Approval): string {
  const what = `${titleOf(approval)}, ${machine(view.plan.name)} ${placeOf(view, shown)}`;
  if (approval.status.is !== 'open') return `${approval.id} ${STATES[approval.status.is]}: ${what}.`;
  const until = instant(approval.approveBy, view.incident.declaredAt);
  return `Approval needed: ${what}. ${approval.votes.length} of ${REQUIRED_VOTES}. Until ${until}. Fingerprint ${fingerprint(approval)}.`;
}

const STATES = {
  approved: 'approved',
  used: 'approved',
  vetoed: 'vetoed',
  void: 'no longer counts',
  expired: 'expired',
} as const;

function openButtons(view: IncidentView, approval: Approval) {
  const { id, digest } = approval;
  const object = `${id}, ${titleOf(approval)}`;
  return actions(
    button(
      'approval.review',
      'Review and approve',
      { approval: id, digest },
      {
        style: approval.class === 'irreversible' ? 'danger' : 'primary',
        says: `Review and approve ${id}, ${machine(view.plan.name, 20)}, fingerprint ${fingerprint(approval)}`,
      },
    ),
    button('approval.veto', 'Veto', { approval: id, digest }, { says: `Veto ${object}` }),
    detailsButton(approval),
  );
}

function detailsButton(approval: Approval) {
  return button(
    'approval.details',
    'Details',
    { approval: approval.id },
    { says: `Details of ${approval.id}` },
  );
}

/** The first section once nobody can approve any more: what became of it, and where it goes on. */
function lifeLines(
  view: IncidentView,
  shown: RunView,
  approval: Approval,
  links: Links,
): readonly (string | null)[] {
  const { status, votes } = approval;
  const { incident, people } = view;
  switch (status.is) {
    case 'open':
      return [];
    case 'approved':
      return [
        `${marked('done', `approved by ${voters(view, approval)}`)} · last checks, it must start by ${exactInstant(status.openBy, incident.declaredAt)}`,
      ];
    case 'used':
      return [usedLine(view, shown, approval, status.at)];
    case 'vetoed':
      return [
        quoted(
          `${marked('stopped', `vetoed by ${personName(people, status.person)}`)}, ${clockOf(incident, status.at)}. Nothing was done. Why:`,
          status.reason,
        ),
      ];
    case 'void':
      return [
        `${MARKS.warning.emoji} *warning: ${machine(status.reason, 120)}, so it no longer counts.* Nothing was done.`,
        ...status.differences.slice(0, 10).map((difference) => `• ${machine(difference, 160)}`),
        successorLine(shown, approval, links),
      ];
    case 'expired':
      return [
        votes.length >= REQUIRED_VOTES
          ? `${marked('skipped', 'expired')}: approved, but it could not start in time, ${clockOf(incident, status.at)}. The approval is spent. Nothing was done.`
          : `${marked('skipped', `expired ${timeOf(incident, status.at)}`)} with ${status.votes} of ${REQUIRED_VOTES}. Nothing was done.`,
        successorLine(shown, approval, links),
      ];
  }
}

function usedLine(view: IncidentView, shown: RunView, approval: Approval, at: string): string {
  const gate = gateState(shown.run, approval.gate);
  const by = voters(view, approval);
  if (gate.closed === 'done') return `${marked('done', 'done and verified')} · approved by ${by}`;
  if (gate.closed === 'undone')
    return `${marked('skipped', 'undone')}: ${machine(gate.undo?.reason ?? 'taken back', 160)} · approved by ${by}`;
  if (gate.undo?.failed)
    return `${marked('failed', 'failed: undo')}. ${machine(gate.undo.failed.reason, 160)} A person must look at once.`;
  if (gate.undo !== null)
    return `${marked('running', 'running the undo')}: ${machine(gate.undo.reason, 160)} · approved by ${by}`;
  return `${marked('done', `approved by ${by}`)} · ${MARKS.running.emoji} running since ${clock(at, view.incident.declaredAt)}`;
}

function voters(view: IncidentView, { votes }: Approval): string {
  const names = votes.map(
    ({ person, at }) => `${personName(view.people, person)} ${clockOf(view.incident, at)}`,
  );
  return names.length === 0 ? personNames(view.people, []) : names.join(' and ');
}

/** Where it goes on: the request renews itself with fresh facts and no votes, as long as the run lives. */
function successorLine({ run, approvals }: RunView, approval: Approval, links: Links): string | null {
  const next = approvals.find(({ replaces }) => replaces === approval.id);
  if (next !== undefined) {
    const card = link(links, next.id, 'Open card');
    return `A new card ${next.id} is below.${card === null ? '' : ` ${card}`}`;
  }
  return run.outcome === null && run.abort === null ? 'The bot reads the facts again and asks anew.' : null;
}

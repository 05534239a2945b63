import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import { stillEligible } from '../../domain/approval-decide.ts';
import { fingerprintOf } from '../../domain/canonical.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { dualInstant, duration } from '../format.ts';
import { MARKS } from '../words.ts';
import { type Block, section, sections } from './blocks.ts';
import { stepRange } from './run-parts.ts';
import { clockOf, machine, personName, personNames } from './text.ts';

/** What an approval is about, in the same words on the card and in the dialog (CARDS §7). */

/** Approver, approvals asked for, and the run's steps: `RUN-31 steps 9–12`. */
export function subjectOf(approval: Approval): string {
  return `${approval.run} ${stepRange(approval.card.steps)}`;
}

/** `ERQY-JE13` */
export function fingerprint(approval: Approval): string {
  return fingerprintOf(approval.digest);
}

/** People who may still approve: in the run's frozen list and in the plan's present one. */
export function eligibleNow(view: IncidentView, approval: Approval): readonly string[] {
  return stillEligible(approval, view.plan.approvals.approvers);
}

/**
 * The facts, in the order a tired reader needs them. `card`: long lists are shortened. `dialog`: nothing is left out,
 * and what the fingerprint covers is listed too.
 */
export function factBlocks(
  view: IncidentView,
  approval: Approval,
  place: 'card' | 'dialog',
): readonly Block[] {
  const { card } = approval;
  const paragraph = (...lines: readonly string[]) =>
    place === 'card' ? [section(...lines)] : sections(...lines);
  return [
    ...paragraph(
      `*${approval.status.is === 'open' ? 'What happens' : 'What was asked for'}*`,
      ...happenings(approval),
    ),
    ...paragraph('*What stops working*', machine(card.impact, 300), ...shownLines(view, approval)),
    ...paragraph('*Data lost*', ...lossLines(view, approval)),
    ...paragraph('*Can it be undone*', ...undoLines(approval)),
    ...(card.proved.length === 0 ? [] : paragraph('*Proved so far*', ...card.proved.map(provedLine))),
    ...(place === 'card'
      ? []
      : paragraph(
          '*Covered by the fingerprint* (a change of any of these voids the approval)',
          ...boundLines(approval),
        )),
  ];
}

function happenings({ card }: Approval): readonly string[] {
  return card.steps.flatMap(({ number, title, lines }) => {
    const [first, ...more] = lines.length === 0 ? [title] : lines;
    return [`${number}. ${machine(first ?? title, 160)}`, ...more.map((line) => `• ${machine(line, 160)}`)];
  });
}

/** Shown facts move all the time; a change of one voids nothing. */
function shownLines(view: IncidentView, { card }: Approval): readonly string[] {
  if (card.shown.length === 0) return [];
  return [
    `At ${clockOf(view.incident, card.readAt)} (may change, is not part of the fingerprint):`,
    ...card.shown.map(({ name, value }) => `• ${machine(name, 40)}: ${machine(value, 60)}`),
  ];
}

function lossLines(view: IncidentView, { card, status }: Approval): readonly string[] {
  const again = status.is === 'open' ? ', read again right before the gate opens' : '';
  return [
    `${machine(card.loss, 300)}${rpoVerdict(card.lossMs, card.rpoMs)}`,
    `Read ${clockOf(view.incident, card.readAt)}${again}.`,
  ];
}

function rpoVerdict(lossMs: number | null, rpoMs: number | null): string {
  if (rpoMs === null) return '';
  if (lossMs === null)
    return ` RPO ${duration(rpoMs)}: ${MARKS.uncertain.emoji} not known whether it is met.`;
  if (lossMs <= rpoMs) return ` RPO ${duration(rpoMs)}: met.`;
  return ` ${MARKS.warning.emoji} warning: more than the RPO, ${duration(lossMs)} of ${duration(rpoMs)} allowed.`;
}

function undoLines({ card, class: actionClass }: Approval): readonly string[] {
  const lines = card.undo.map((line) => `• ${machine(line, 200)}`);
  if (actionClass === 'irreversible') return ['No.', ...lines];
  if (lines.length === 0) return [`${MARKS.uncertain.emoji} not known: no step says how it is taken back.`];
  return ['Yes. If a step fails this happens by itself, and nobody is asked again:', ...lines];
}

const PROVED_MARKS = {
  done: `${MARKS.done.emoji} done`,
  skipped: `${MARKS.skipped.emoji} skipped`,
  unknown: `${MARKS.uncertain.emoji} not known`,
} as const;

function provedLine({ state, text }: Approval['card']['proved'][number]): string {
  return `${PROVED_MARKS[state]}: ${machine(text, 240)}`;
}

function boundLines({ card }: Approval): readonly string[] {
  return card.bound.map(({ step, text }) => `${machine(step, 40)}: ${machine(text, 200)}`);
}

/** Who asked, which class, and how many have approved. */
export function standingLine(view: IncidentView, approval: Approval): string {
  const asked = `Asked by ${personName(view.people, approval.requester)} at ${dualInstant(approval.requestedAt, view.incident.declaredAt)}`;
  const kind = approval.class === 'irreversible' ? '*irreversible*' : approval.class;
  const counts = `*${approval.votes.length} of ${REQUIRED_VOTES} approved*`;
  return [asked, kind, counts, requesterRule(view, approval)].filter((part) => part !== null).join(' · ');
}

function requesterRule(view: IncidentView, approval: Approval): string | null {
  const name = personName(view.people, approval.requester);
  if (approval.class === 'irreversible' || !approval.requesterCounts)
    return `${name} asked, so ${name} cannot approve`;
  return approval.eligible.includes(approval.requester) ? `${name} may be one of the two` : null;
}

/** Who has approved, who still may, and until when. */
export function votesBlock(view: IncidentView, approval: Approval): Block {
  const { votes, approveBy, openWithinMs } = approval;
  const voted = votes
    .map(({ person, at }) => `${personName(view.people, person)} ${clockOf(view.incident, at)}`)
    .join(', ');
  const left = eligibleNow(view, approval);
  const missing = REQUIRED_VOTES - votes.length;
  return section(
    `*Approved by*  ${voted === '' ? 'nobody yet' : voted}`,
    `*Waiting for ${missing === 1 ? 'one' : 'two'} of*  ${left.length === 0 ? 'nobody: too few people may approve, change the plan' : personNames(view.people, left, 'and')}`,
    `Approve by ${dualInstant(approveBy, view.incident.declaredAt)}. It starts at once, at most ${duration(openWithinMs)} after the second approval; else approval is asked again.`,
  );
}

/** The run of an approval, for the state of its gate. */
export function runOfApproval(
  view: IncidentView,
  approvalId: string,
): { readonly shown: RunView; readonly approval: Approval } {
  for (const shown of view.runs) {
    const approval = shown.approvals.find(({ id }) => id === approvalId);
    if (approval !== undefined) return { shown, approval };
  }
  throw new Error(`${view.incident.id} has no approval ${approvalId}`);
}

import { type Approval, REQUIRED_VOTES } from '../../domain/approval.ts';
import { fingerprintOf } from '../../domain/canonical.ts';
import type { IncidentView } from '../../domain/views.ts';
import { plainInk } from '../escape.ts';
import { clock, duration, exactInstant, instant, listOf } from '../format.ts';
import { callName, callNames } from '../names.ts';
import { cliMark } from '../words.ts';
import { heading, section, wrap } from './layout.ts';

/** Everything the card says, for a vote from a terminal (CARDS §7.3). */
export function renderApproval(view: IncidentView, id: string): string {
  const approval = view.runs.flatMap((run) => run.approvals).find((one) => one.id === id);
  if (approval === undefined)
    return `There is no approval ${id} in ${view.incident.id}. What waits for whom: dr status`;
  const { card, requester, requesterCounts } = approval;
  const { incident, plan, people } = view;
  const drill = view.runs.find(({ run }) => run.id === approval.run)?.run.mode === 'drill';
  const noUndo = approval.class === 'irreversible';
  const counts =
    requesterCounts && !noUndo
      ? ''
      : `; ${callName(people, requester)} asked, so ${callName(people, requester)} cannot approve`;
  return [
    heading(
      noUndo ? 'CANNOT BE UNDONE' : '',
      approval.id,
      plan.name,
      drill ? 'DRILL' : plan.environment,
      approval.run,
      incident.id,
    ),
    ...wrap(card.title),
    ...wrap(
      `Asked by ${callName(people, requester)} at ${instant(approval.requestedAt, incident.declaredAt)}, ${noUndo ? 'irreversible' : 'reversible'}${counts}`,
    ),
    ...section(
      'What happens',
      card.steps.flatMap(({ number, title, lines }) => [
        `${number}. ${title}`,
        ...lines.map((line) => `  ${line}`),
      ]),
    ),
    ...section('What stops working', [card.impact]),
    ...section(
      'Data lost',
      [card.loss, ...(card.lossMs === null ? [] : [lossAgainst(card.lossMs, card.rpoMs)])].filter(
        (line) => line !== '',
      ),
    ),
    ...section('Can it be undone', card.undo.length === 0 ? ['No.'] : [...card.undo]),
    ...section(
      'Proved so far',
      card.proved.map(({ state, text }) => `${cliMark(PROVED[state])} ${text}`),
    ),
    ...section(
      `True at ${clock(card.readAt, incident.declaredAt)} UTC, checked again before it starts`,
      card.shown.map(({ name, value }) => `${name}: ${value}`),
    ),
    ...section(
      'Exactly this is approved',
      card.bound.map(({ text }) => text),
    ),
    ...section(
      'Approved by',
      approval.votes.map(
        ({ person, at, proof }) =>
          `${callName(people, person)} ${clock(at, incident.declaredAt)} UTC, ${proof.via === 'cli' ? 'signed in a terminal' : 'in Slack'}`,
      ),
    ),
    '',
    ...wrap(standing(approval, view)),
    '',
    `Fingerprint ${fingerprintOf(approval.digest)}. Compare it with the card.`,
  ].join('\n');
}

const PROVED = { done: 'done', skipped: 'skipped', unknown: 'uncertain' } as const;

function lossAgainst(lossMs: number, rpoMs: number | null): string {
  if (rpoMs === null) return `${duration(lossMs)} of data`;
  return `${duration(lossMs)} of ${duration(rpoMs)} allowed (RPO): ${lossMs <= rpoMs ? 'met' : 'missed'}`;
}

function standing(
  { status, votes, eligible, approveBy, requester, requesterCounts, class: kind }: Approval,
  { people, incident }: IncidentView,
): string {
  const day = incident.declaredAt;
  switch (status.is) {
    case 'open': {
      const left = eligible.filter(
        (person) =>
          votes.every((vote) => vote.person !== person) &&
          (person !== requester || (requesterCounts && kind !== 'irreversible')),
      );
      return `${votes.length} of ${REQUIRED_VOTES}. Waiting for ${left.length === 0 ? 'nobody who could approve' : `one of ${callNames(people, left, 'or')}`}, until ${instant(approveBy, day)}.`;
    }
    case 'approved':
      return `Approved by ${listOf(votes.map(({ person }) => callName(people, person)))}. It must begin by ${exactInstant(status.openBy, day)}.`;
    case 'used':
      return `Approved by ${listOf(votes.map(({ person }) => callName(people, person)))} and begun at ${exactInstant(status.at, day)}.`;
    case 'vetoed':
      return `Vetoed by ${callName(people, status.person)} at ${exactInstant(status.at, day)}: ${plainInk.quote(status.reason)}. Nothing was done.`;
    case 'void':
      return `No longer counts since ${exactInstant(status.at, day)}: ${status.reason}${status.differences.length === 0 ? '' : ` (${status.differences.join('; ')})`}. Nothing was done.`;
    case 'expired':
      return `Expired at ${exactInstant(status.at, day)} with ${status.votes} of ${REQUIRED_VOTES}. Nothing was done.`;
  }
}

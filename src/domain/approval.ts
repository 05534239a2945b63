import type { ApprovalCard, ApprovalEvent, Iso, VoteProof } from './events.ts';
import { addMs } from './incident.ts';
import type { ActionClass } from './plan.ts';

export interface Vote {
  readonly person: string;
  readonly proof: VoteProof;
  readonly at: Iso;
}

export type ApprovalStatus =
  | { readonly is: 'open' }
  | { readonly is: 'approved'; readonly at: Iso; readonly openBy: Iso }
  | { readonly is: 'used'; readonly at: Iso }
  | { readonly is: 'vetoed'; readonly person: string; readonly reason: string; readonly at: Iso }
  | {
      readonly is: 'void';
      readonly reason: string;
      readonly differences: readonly string[];
      readonly at: Iso;
    }
  | { readonly is: 'expired'; readonly votes: number; readonly at: Iso };

/** The request that two people answer for one gate of one run. `state = fold(events)`. */
export interface Approval {
  readonly id: string;
  readonly run: string;
  readonly incident: string;
  readonly system: string;
  readonly gate: string;
  /** SHA-256 of exactly what will run: on the button, in each vote, and rebuilt before the first effect. */
  readonly digest: string;
  readonly class: ActionClass;
  readonly card: ApprovalCard;
  readonly requester: string;
  readonly requesterCounts: boolean;
  readonly eligible: readonly string[];
  readonly slackGroup: string | null;
  readonly escalateTo: readonly string[];
  readonly confirmName: string | null;
  readonly requestedAt: Iso;
  readonly approveBy: Iso;
  readonly openWithinMs: number;
  readonly remindEveryMs: number;
  readonly remindAt: Iso;
  readonly escalateAt: Iso | null;
  readonly votes: readonly Vote[];
  readonly status: ApprovalStatus;
  readonly replaces: string | null;
}

/** Two, always: there is no class that one person can approve (DESIGN §5). */
export const REQUIRED_VOTES = 2;

/** Asked for or approved: it may still open its gate. */
export function isPending({ status }: Pick<Approval, 'status'>): boolean {
  return status.is === 'open' || status.is === 'approved';
}

/** The next state. The first event of a stream must be `approval.requested`. */
export function applyApproval(state: Approval | null, event: ApprovalEvent, id: string): Approval {
  if (event.kind === 'approval.requested') {
    const { kind: _, escalateAfterMs, ...asked } = event;
    return {
      id,
      ...asked,
      remindAt: addMs(event.requestedAt, event.remindEveryMs),
      escalateAt: event.escalateTo.length > 0 ? addMs(event.requestedAt, escalateAfterMs) : null,
      votes: [],
      status: { is: 'open' },
    };
  }
  if (state === null) throw new Error(`${id}: the first event must be approval.requested, got ${event.kind}`);
  switch (event.kind) {
    case 'approval.vote-cast':
      return {
        ...state,
        votes: [...state.votes, { person: event.person, proof: event.proof, at: event.at }],
      };
    case 'approval.approved':
      return { ...state, status: { is: 'approved', at: event.at, openBy: event.openBy } };
    case 'approval.vetoed':
      return { ...state, status: { is: 'vetoed', person: event.person, reason: event.reason, at: event.at } };
    case 'approval.voided':
      return {
        ...state,
        status: { is: 'void', reason: event.reason, differences: event.differences, at: event.at },
      };
    case 'approval.expired':
      return { ...state, status: { is: 'expired', votes: event.votes, at: event.at } };
    case 'approval.used':
      return { ...state, status: { is: 'used', at: event.at } };
    case 'approval.reminded':
      return { ...state, remindAt: event.nextAt, escalateAt: event.escalated ? null : state.escalateAt };
    case 'approval.click-refused':
      return state;
  }
}

/** When the approval next needs a look: a reminder, an escalation, or the end of one of its two clocks. Null = never. */
export function approvalDueAt(approval: Approval): Date | null {
  const { status } = approval;
  if (status.is === 'approved') return new Date(status.openBy);
  if (status.is !== 'open') return null;
  const instants = [approval.remindAt, approval.escalateAt, approval.approveBy].filter((at) => at !== null);
  return new Date(Math.min(...instants.map((at) => Date.parse(at))));
}

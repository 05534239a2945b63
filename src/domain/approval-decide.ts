import { type Approval, REQUIRED_VOTES } from './approval.ts';
import type { ApprovalEvent, VoteProof } from './events.ts';
import { addMs } from './incident.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';

/** What is known of the person behind a click at the moment of the click. */
export interface Voter {
  /** Row of people.yml; null for strangers. */
  readonly person: string | null;
  readonly account: AccountStanding;
  /** In the plan's present list of approvers (removal works at once). */
  readonly inCurrentList: boolean;
  /** In the Slack group the plan names; true where it names none. */
  readonly inGroup: boolean;
}

/** `unknown`: not looked up within ten minutes, so it does not count. */
export type AccountStanding = 'active' | 'bot' | 'guest' | 'inactive' | 'unknown' | 'shared-channel';

export interface VoteAttempt {
  readonly voter: Voter;
  /** The full digest the person saw: from the button, or typed by its fingerprint. */
  readonly digest: string;
  readonly typedName: string | null;
  readonly proof: VoteProof;
  /** Names of people who may still vote, for the sentence that tells whom to ask. */
  readonly othersEligible: string;
}

export type Decision<Event> = { readonly events: readonly Event[] } | Refusal;

/**
 * One person's approval. Never counts the same person twice, nobody who is not eligible, nothing for an old card, and
 * nothing after the end. Two distinct eligible people on one digest approve it.
 */
export function decideVote(approval: Approval, attempt: VoteAttempt, now: Date): Decision<ApprovalEvent> {
  const over = refusalIfOver(approval, now);
  if (over !== null) return over;
  const person = eligiblePerson(approval, attempt.voter, attempt.othersEligible);
  if (isRefusal(person)) return person;
  if (attempt.digest !== approval.digest) return refuse('approval-superseded', { approval: approval.id });
  if (approval.class === 'irreversible' || !approval.requesterCounts) {
    if (person === approval.requester)
      return refuse('requester-cannot-approve', { eligible: attempt.othersEligible });
  }
  const earlier = approval.votes.find((vote) => vote.person === person);
  if (earlier !== undefined) {
    const sameAccount =
      earlier.proof.account === attempt.proof.account && earlier.proof.via === attempt.proof.via;
    return refuse(sameAccount ? 'already-approved' : 'same-person', {
      at: earlier.at,
      eligible: attempt.othersEligible,
      person,
    });
  }
  if (approval.confirmName !== null && normalizeName(attempt.typedName ?? '') !== approval.confirmName) {
    return refuse('name-does-not-match', { wanted: approval.confirmName, typed: attempt.typedName ?? '' });
  }
  const at = now.toISOString();
  const vote: ApprovalEvent = {
    kind: 'approval.vote-cast',
    person,
    proof: attempt.proof,
    digest: attempt.digest,
    at,
  };
  if (approval.votes.length + 1 < REQUIRED_VOTES) return { events: [vote] };
  return { events: [vote, { kind: 'approval.approved', at, openBy: addMs(at, approval.openWithinMs) }] };
}

/** One veto stops it, at any time before the gate opens. The requester may veto too. */
export function decideVeto(
  approval: Approval,
  voter: Voter,
  reason: string,
  eligible: string,
  now: Date,
): Decision<ApprovalEvent> {
  if (approval.status.is === 'used') return refuse('too-late-to-veto', { at: approval.status.at });
  const over = approval.status.is === 'approved' ? null : refusalIfOver(approval, now);
  if (over !== null) return over;
  const person = eligiblePerson(approval, voter, eligible);
  if (isRefusal(person)) return person;
  return { events: [{ kind: 'approval.vetoed', person, reason, at: now.toISOString() }] };
}

/** What the clocks ask for: a reminder, an escalation, or the end. Nothing when it is not yet time. */
export function decideApprovalDue(approval: Approval, now: Date): readonly ApprovalEvent[] {
  const at = now.toISOString();
  const { status } = approval;
  if (status.is === 'approved') {
    return Date.parse(status.openBy) > now.getTime()
      ? []
      : [{ kind: 'approval.expired', votes: approval.votes.length, at }];
  }
  if (status.is !== 'open') return [];
  if (Date.parse(approval.approveBy) <= now.getTime())
    return [{ kind: 'approval.expired', votes: approval.votes.length, at }];
  const escalated = approval.escalateAt !== null && Date.parse(approval.escalateAt) <= now.getTime();
  if (!escalated && Date.parse(approval.remindAt) > now.getTime()) return [];
  const missing = stillEligible(approval, approval.eligible);
  const people = escalated ? [...new Set([...missing, ...approval.escalateTo])] : missing;
  return [{ kind: 'approval.reminded', people, escalated, nextAt: addMs(at, approval.remindEveryMs) }];
}

/** What has become true between the votes and the first effect. */
export interface OpeningFacts {
  readonly digest: string;
  readonly differences: readonly string[];
  /** Limits on shown facts that no longer hold, each as a sentence. */
  readonly limits: readonly string[];
  /** Voters who no longer count, each as a sentence. */
  readonly lostVoters: readonly string[];
}

/** The last check before a gate opens: both people, both clocks, the fingerprint, the limits. */
export function decideOpening(approval: Approval, facts: OpeningFacts, now: Date): readonly ApprovalEvent[] {
  const at = now.toISOString();
  if (approval.status.is !== 'approved') return [];
  if (Date.parse(approval.status.openBy) <= now.getTime())
    return [{ kind: 'approval.expired', votes: approval.votes.length, at }];
  const people = new Set(approval.votes.map((vote) => vote.person));
  if (facts.lostVoters.length > 0 || people.size < REQUIRED_VOTES) {
    return [
      { kind: 'approval.voided', reason: 'an approval no longer counts', differences: facts.lostVoters, at },
    ];
  }
  if (facts.digest !== approval.digest) {
    return [
      { kind: 'approval.voided', reason: 'facts changed after approval', differences: facts.differences, at },
    ];
  }
  if (facts.limits.length > 0)
    return [
      { kind: 'approval.voided', reason: 'a limit of the plan is passed', differences: facts.limits, at },
    ];
  return [{ kind: 'approval.used', at }];
}

/** People who may still press Approve, the requester left out where he does not count. */
export function stillEligible(approval: Approval, current: readonly string[]): readonly string[] {
  return approval.eligible.filter((person) => {
    if (!current.includes(person)) return false;
    if (approval.votes.some((vote) => vote.person === person)) return false;
    return person !== approval.requester || (approval.requesterCounts && approval.class !== 'irreversible');
  });
}

function refusalIfOver(approval: Approval, now: Date): Refusal | null {
  const { status } = approval;
  switch (status.is) {
    case 'open':
      return Date.parse(approval.approveBy) <= now.getTime()
        ? refuse('approval-expired', { at: approval.approveBy, votes: String(approval.votes.length) })
        : null;
    case 'approved':
    case 'used':
      return refuse('approval-complete', { people: approval.votes.map((vote) => vote.person).join(', ') });
    case 'vetoed':
      return refuse('approval-vetoed', { person: status.person, at: status.at, reason: status.reason });
    case 'void':
      return refuse('approval-void-drift', { differences: status.differences.join('; ') });
    case 'expired':
      return refuse('approval-expired', { at: status.at, votes: String(status.votes) });
  }
}

/** The row of people.yml behind the click, when this person may vote and veto here. */
function eligiblePerson(approval: Approval, voter: Voter, eligible: string): string | Refusal {
  if (voter.account === 'bot') return refuse('bot-cannot-approve', {});
  if (voter.account === 'guest') return refuse('guest-or-external', { eligible });
  if (voter.account === 'shared-channel') return refuse('shared-channel', { approval: approval.id });
  if (voter.person === null) return refuse('not-in-people-file', { eligible });
  if (voter.account !== 'active') return refuse('account-inactive', { approval: approval.id });
  const listed = approval.eligible.includes(voter.person) && voter.inCurrentList && voter.inGroup;
  return listed ? voter.person : refuse('not-an-approver', { eligible });
}

/** Phones write curly quotes, no-break spaces and stray blanks; everything else must match to the letter. */
export function normalizeName(typed: string): string {
  return typed
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .trim()
    .replace(/^["'`\u2018\u2019\u201c\u201d\u201e\u201a]+|["'`\u2018\u2019\u201c\u201d\u201e\u201a]+$/g, '')
    .trim();
}

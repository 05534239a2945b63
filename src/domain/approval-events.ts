import type { Iso } from './events.ts';
import type { ActionClass } from './plan.ts';
import type { Fact } from './step.ts';

export interface VoteProof {
  readonly via: 'slack' | 'cli';
  readonly account: string | null;
  /** Armoured SSH signature over the full digest, for votes from the command line. */
  readonly signature: string | null;
}

export type ApprovalEvent =
  | {
      readonly kind: 'approval.requested';
      readonly run: string;
      readonly incident: string;
      readonly system: string;
      readonly gate: string;
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
      readonly escalateAfterMs: number;
      readonly replaces: string | null;
    }
  | {
      readonly kind: 'approval.vote-cast';
      readonly person: string;
      readonly proof: VoteProof;
      readonly digest: string;
      readonly at: Iso;
    }
  | { readonly kind: 'approval.approved'; readonly openBy: Iso; readonly at: Iso }
  | { readonly kind: 'approval.vetoed'; readonly person: string; readonly reason: string; readonly at: Iso }
  | {
      readonly kind: 'approval.voided';
      readonly reason: string;
      readonly differences: readonly string[];
      readonly at: Iso;
    }
  | { readonly kind: 'approval.expired'; readonly votes: number; readonly at: Iso }
  | { readonly kind: 'approval.used'; readonly at: Iso }
  | {
      readonly kind: 'approval.reminded';
      readonly people: readonly string[];
      readonly escalated: boolean;
      readonly nextAt: Iso;
    }
  | {
      readonly kind: 'approval.click-refused';
      readonly person: string | null;
      readonly account: string | null;
      readonly code: string;
      readonly at: Iso;
    };

/** What the card and the modal say, frozen when the approval is asked for. */
export interface ApprovalCard {
  readonly title: string;
  readonly impact: string;
  readonly steps: readonly {
    readonly number: number;
    readonly title: string;
    readonly lines: readonly string[];
  }[];
  readonly undo: readonly string[];
  readonly loss: string;
  readonly rpoMs: number | null;
  readonly lossMs: number | null;
  readonly shown: readonly Fact[];
  readonly proved: readonly { readonly state: 'done' | 'skipped' | 'unknown'; readonly text: string }[];
  readonly bound: readonly { readonly step: string; readonly text: string }[];
  readonly readAt: Iso;
}

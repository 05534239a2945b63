import type { Iso } from '../../domain/events.ts';
import type { ActionClass } from '../../domain/plan.ts';

/** What a run would do, read from the world before it starts. Nothing has been changed by making it. */
export interface RunPreview {
  readonly incident: string;
  readonly declaredAt: Iso;
  readonly system: string;
  readonly systemName: string;
  /** `PRODUCTION`, `STAGING`, `SANDBOX` or `DRILL`. */
  readonly place: string;
  readonly runbook: string;
  readonly mode: 'live' | 'drill';
  /** In running order; what stands between gates together, each gate for itself. */
  readonly stretches: readonly PreviewStretch[];
  /** What the restore would lose, in one sentence; null = not known yet. */
  readonly loss: string | null;
  /** What taking it back would do, one sentence a line; empty = it cannot be taken back. */
  readonly undo: readonly string[];
  /** Names of the people who can approve now, the requester included where he counts. */
  readonly approvers: readonly string[];
  readonly warnings: readonly string[];
  /** Reasons why it would stop before changing anything, each with the next step. Not empty: it cannot be started. */
  readonly blocked: readonly string[];
  readonly times: {
    /** Work of all steps by the plan's figures; null = the plan has none. */
    readonly workMs: number | null;
    readonly rtoDueAt: Iso | null;
  };
  readonly planVersion: string;
  readonly readAt: Iso;
}

export interface PreviewStretch {
  readonly gate: { readonly title: string; readonly impact: string; readonly class: ActionClass } | null;
  readonly steps: readonly PreviewStep[];
}

export interface PreviewStep {
  readonly number: number;
  readonly title: string;
  /** What the action says it will do; empty = the title says it. */
  readonly lines: readonly string[];
}

import type { ActionClass } from './plan.ts';
import type { Fact } from './step.ts';

/** What a runbook would do if it were started now, read from the world without changing it (CARDS §5). */
export interface RunPreview {
  readonly runbook: string;
  readonly title: string;
  readonly steps: readonly PreviewStep[];
  readonly gates: readonly {
    readonly gate: string;
    readonly title: string;
    readonly impact: string;
    readonly class: ActionClass;
    readonly undo: readonly string[];
  }[];
  /** Names of people who could approve now. */
  readonly approvers: readonly string[];
  /** Things to know, none of which stops the run. */
  readonly warnings: readonly string[];
  /** Why the run would stop before anything is changed; empty when it would not. */
  readonly blocked: readonly string[];
  /** The point in time it goes back to, where a step foretells one. */
  readonly recoveryPoint: string | null;
  readonly readAt: Date;
}

export interface PreviewStep {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly part: 'harmless' | 'gate' | 'after';
  readonly gate: string | null;
  readonly lines: readonly string[];
  readonly shown: readonly Fact[];
  /** From the plan, milliseconds; null when the plan does not say. */
  readonly expectedMs: number | null;
}

import type { Approval } from './approval.ts';
import type { LoggedEvent } from './events.ts';
import type { Incident } from './incident.ts';
import type { People } from './people.ts';
import type { Plan, Runbook } from './plan.ts';
import type { Run } from './run.ts';

/** Everything a surface of one incident is rendered from. Loaded in one go, so that a card never mixes two moments. */
export interface IncidentView {
  readonly incident: Incident;
  readonly plan: Plan;
  /** `janua@4f2c1a9`: system and the first seven letters of the plan's digest. */
  readonly planVersion: string;
  readonly people: People;
  /** Newest first: the active run, or the last one. */
  readonly runs: readonly RunView[];
  readonly now: Date;
}

export interface RunView {
  readonly run: Run;
  readonly runbook: Runbook;
  /** Every approval of the run, newest first. */
  readonly approvals: readonly Approval[];
}

/** A post-incident report or a timeline also reads the log. */
export interface ReportView extends IncidentView {
  readonly events: readonly LoggedEvent[];
  readonly audit: { readonly events: number; readonly verified: boolean; readonly head: string };
}

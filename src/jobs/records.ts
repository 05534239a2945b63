import type { ActionContext, AnyAction, Outcome } from '../actions/action.ts';
import type { IncidentEvent } from '../domain/events.ts';
import type { PlacedStep } from '../domain/plan.ts';
import { resolve } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import type { Snapshot } from './snapshot.ts';

/** Facts of the incident that the plan says this step establishes (`records`). */
export function incidentFacts(
  snapshot: Snapshot,
  placed: PlacedStep,
  outcome: Extract<Outcome, { kind: 'done' }>,
  at: string,
): readonly IncidentEvent[] {
  const { records } = placed.step;
  if (records === undefined) return [];
  const scope = { ...snapshot.scope, [placed.step.id]: { ...outcome.output, summary: outcome.summary } };
  const text = (template: string) => String(resolve(template, scope));
  const run = snapshot.run.id;
  const events: IncidentEvent[] = [];
  if (records.verified !== undefined) events.push(...verifiedNow(snapshot, text(records.verified), at));
  if (records.recoveryPoint !== undefined) {
    const point = new Date(text(records.recoveryPoint.at));
    if (!Number.isNaN(point.getTime())) {
      events.push({
        kind: 'incident.recovery-point-found',
        at: point.toISOString(),
        evidence: text(records.recoveryPoint.evidence),
        run,
      });
    }
  }
  if (records.loss !== undefined) {
    const rows = Number.parseInt(text(records.loss.rows), 10);
    events.push({
      kind: 'incident.loss-measured',
      rows: Number.isNaN(rows) ? null : rows,
      text: text(records.loss.text),
      run,
    });
  }
  return events;
}

/** Service works again: the incident is watched from now on, whatever it was called before. */
function verifiedNow({ run, incident }: Snapshot, evidence: string, at: string): readonly IncidentEvent[] {
  const verified: IncidentEvent = { kind: 'incident.verified', at, evidence, run: run.id };
  const { status } = incident;
  if (status !== 'investigating' && status !== 'identified') return [verified];
  const what = `Service verified by ${run.id}: ${evidence}`;
  return [verified, { kind: 'incident.status-changed', from: status, to: 'monitoring', what }];
}

/** What a step may give: every later look at the run carries it. */
const MOST_OUTPUT = 256_000;

/** Refuses an output that nobody could carry on. Actions that change something give a few names. */
function requireModest({ step }: PlacedStep, { output }: Extract<Outcome, { kind: 'done' }>): void {
  const length = JSON.stringify(output).length;
  if (length <= MOST_OUTPUT) return;
  throw new AppError(
    'plan-invalid',
    `It gave ${Math.ceil(length / 1_000)} kB, and at most ${MOST_OUTPUT / 1_000} kB of a step are kept. Let "${step.id}" ask for less.`,
  );
}

/** Looks once more whether what is called done is so, and can be kept. */
export async function prove(
  context: ActionContext,
  placed: PlacedStep,
  action: AnyAction,
  params: never,
  outcome: Outcome,
): Promise<void> {
  if (outcome.kind !== 'done') return;
  await action.verify?.(context, params, outcome.output);
  requireModest(placed, outcome);
}

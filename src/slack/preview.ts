import { addMs, type Incident } from '../domain/incident.ts';
import { type Plan, stepsOf } from '../domain/plan.ts';
import type { RunPreview as Preview } from '../domain/preview.ts';
import type { PreviewStretch, RunPreview } from '../render/slack/preview-model.ts';

/** The preview as the dialog wants it: what stands between gates together, each gate for itself. */
export function dialogPreview(
  preview: Preview,
  incident: Incident,
  plan: Plan,
  planVersion: string,
): RunPreview {
  const stretches: {
    gate: PreviewStretch['gate'];
    id: string | null;
    steps: PreviewStretch['steps'][number][];
  }[] = [];
  for (const { number, title, lines, gate } of preview.steps) {
    const last = stretches.at(-1);
    const known = preview.gates.find((each) => each.gate === gate);
    if (last === undefined || last.id !== gate)
      stretches.push({
        gate: known === undefined ? null : { title: known.title, impact: known.impact, class: known.class },
        id: gate,
        steps: [],
      });
    stretches.at(-1)?.steps.push({ number, title, lines });
  }
  const runbook = plan.runbooks[preview.runbook];
  const expected = runbook === undefined ? [] : stepsOf(runbook).map(({ step }) => step.expected ?? 0);
  const work = runbook?.expected ?? expected.reduce((sum, ms) => sum + ms, 0);
  const clockFrom = {
    occurred: incident.occurredAt,
    detected: incident.detectedAt,
    declared: incident.declaredAt,
  }[plan.clock];
  return {
    incident: incident.id,
    declaredAt: incident.declaredAt,
    system: plan.system,
    systemName: plan.name,
    place: plan.environment,
    runbook: preview.runbook,
    mode: 'live',
    stretches: stretches.map(({ gate, steps }) => ({ gate, steps })),
    loss:
      preview.recoveryPoint === null
        ? null
        : `Rows written after ${preview.recoveryPoint}; they are counted before anything is cut over.`,
    undo: preview.gates.flatMap(({ undo }) => undo),
    approvers: preview.approvers,
    warnings: preview.warnings,
    blocked: preview.blocked,
    times: {
      workMs: work > 0 ? work : null,
      rtoDueAt: clockFrom === null ? null : addMs(clockFrom, plan.objectives.rto),
    },
    planVersion,
    readAt: preview.readAt.toISOString(),
  };
}

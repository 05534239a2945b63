import { addMs, type Incident } from '../domain/incident.ts';
import { objectivesFor } from '../domain/measure.ts';
import { type Plan, stepsOf } from '../domain/plan.ts';
import type { RunPreview as Preview } from '../domain/preview.ts';
import type { View } from '../render/slack/blocks.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { renderPreview } from '../render/slack/modals-run.ts';
import type { PreviewStretch, RunPreview } from '../render/slack/preview-model.ts';
import { expectedMs } from '../render/slack/step-lines.ts';
import { readersOf } from './actor.ts';
import type { SlackDeps } from './deps.ts';

const SHARED =
  'This channel is shared with another organisation, where no approval counts. The run would wait at its first gate for dr approve in a terminal.';

/** The dialog that shows what a run would do, and starts it. */
export async function previewView(
  deps: SlackDeps,
  incident: Incident,
  preview: Preview,
  inputs: Readonly<Record<string, string>>,
): Promise<View> {
  const [version, readers] = await Promise.all([
    deps.queries.plan(incident.system),
    readersOf(deps, incident.channel?.id),
  ]);
  if (version === undefined)
    return renderNotice('Preview', [
      `There is no plan for ${incident.system} any more. Nothing was started.`,
    ]);
  const warned = { ...preview, warnings: [...(readers === 'shared' ? [SHARED] : []), ...preview.warnings] };
  return renderPreview(dialogPreview(warned, incident, version), inputs);
}

/** The preview as the dialog wants it: what stands between gates together, each gate for itself. */
export function dialogPreview(
  preview: Preview,
  incident: Incident,
  { plan, digest }: { readonly plan: Plan; readonly digest: string },
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
  const expected = runbook === undefined ? [] : stepsOf(runbook).map(({ step }) => expectedMs(step) ?? 0);
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
      rtoDueAt: clockFrom === null ? null : addMs(clockFrom, objectivesFor(plan, runbook?.component).rto),
    },
    planVersion: `${plan.system}@${digest.slice(0, 7)}`,
    readAt: preview.readAt.toISOString(),
  };
}

import type { Need } from '../actions/action.ts';
import type { App } from '../app.ts';
import { canonicalJson, type Json, toJson } from '../domain/canonical.ts';
import { type Plan, type Runbook, type Step, stepsOf } from '../domain/plan.ts';
import { hasSymbols, resolve } from '../domain/template.ts';
import { messageOf } from '../errors.ts';
import { actionNamed } from '../jobs/world.ts';
import { bad, type Finding, ok } from './finding.ts';
import { watchNeeds } from './watch-needs.ts';

export interface PlannedNeed {
  readonly need: Need;
  /** The first step that needs it: `janua restore-postgres, step stop`. */
  readonly step: string;
}

/** What the steps of all plans and the watch of their backups need, each thing once. What only a run can know comes back as a note. */
export function plannedNeeds(app: App): {
  readonly needs: readonly PlannedNeed[];
  readonly findings: readonly Finding[];
} {
  const needs = new Map<string, PlannedNeed>();
  const findings: Finding[] = [];
  for (const { plan } of app.folder.plans)
    for (const [id, runbook] of Object.entries(plan.runbooks))
      for (const { step } of stepsOf(runbook)) {
        const name = `${plan.system} ${id}, step ${step.id}`;
        try {
          const wanted = needsOf(app, plan, runbook, step);
          if (wanted === null)
            findings.push(ok(name, 'Its rights depend on the run and are not checked here.'));
          for (const need of wanted ?? []) {
            const key = canonicalJson(toJson(need));
            if (!needs.has(key)) needs.set(key, { need, step: name });
          }
        } catch (error) {
          findings.push(bad(name, messageOf(error)));
        }
      }
  for (const { plan } of app.folder.plans)
    for (const { need, step } of watchNeeds(plan)) needs.set(canonicalJson(toJson(need)), { need, step });
  return { needs: [...needs.values()], findings };
}

/** Null while a parameter that matters waits for the run. */
function needsOf(app: App, plan: Plan, runbook: Runbook, step: Step): readonly Need[] | null {
  const action = actionNamed(app.world, step.uses);
  if (action.needs === undefined) return [];
  const defaults = Object.entries(runbook.inputs).flatMap(([name, input]) =>
    input.default === undefined ? [] : [[name, input.default]],
  );
  const scope: Record<string, Json> = {
    vars: app.clients.vars,
    inputs: Object.fromEntries(defaults),
    system: { id: plan.system, name: plan.name, environment: plan.environment },
  };
  const params = action.schema.safeParse(resolve(step.with, scope));
  if (!params.success) return null;
  const needs = action.needs(params.data as never, plan);
  return needs.some((need) => hasSymbols(toJson(need))) ? null : needs;
}

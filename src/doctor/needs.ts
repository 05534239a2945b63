import type { Need } from '../actions/action.ts';
import type { App } from '../app.ts';
import { canonicalJson, toJson } from '../domain/canonical.ts';
import { stepsOf } from '../domain/plan.ts';
import { messageOf } from '../errors.ts';
import { actionNamed } from '../jobs/world.ts';
import { needsOf } from '../step-needs.ts';
import { bad, type Finding, skipped } from './finding.ts';
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
          const wanted = needsOf(actionNamed(app.world, step.uses), {
            step,
            runbook,
            plan,
            vars: app.clients.vars,
          });
          if (wanted === null)
            findings.push(skipped(name, 'Its rights depend on the run and are not checked here.'));
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

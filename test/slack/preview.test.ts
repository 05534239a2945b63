import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.ts';
import type { RunPreview } from '../../src/domain/preview.ts';
import { dialogPreview } from '../../src/slack/preview.ts';
import { storyAt } from '../helpers/sample-day.ts';
import { samplePlan } from '../helpers/sample-plan.ts';

const { incident } = storyAt('commanded').view('02:14:00');
const HOUR_MS = 3_600_000;

function shown(plan: Plan) {
  const gate = { gate: 'cut-over', title: 'Cut over', impact: 'Sign-in stops', class: 'reversible' } as const;
  const step = { number: 1, id: 'restore', title: 'Restore', part: 'harmless', gate: null } as const;
  const preview: RunPreview = {
    runbook: 'restore-postgres',
    title: 'Restore PostgreSQL',
    steps: [{ ...step, lines: [], shown: [], expectedMs: null }],
    gates: [{ ...gate, undo: [] }],
    approvers: [],
    warnings: [],
    blocked: [],
    recoveryPoint: null,
    readAt: new Date(incident.declaredAt),
  };
  return dialogPreview(preview, incident, { plan, digest: 'a'.repeat(64) });
}

describe('when the RTO is due', () => {
  const dueAfterMs = (plan: Plan): number =>
    Date.parse(shown(plan).times.rtoDueAt ?? '') - Date.parse(incident.declaredAt);
  const plan = samplePlan();

  test('is what it will be once the run has started: by the component of the runbook', () => {
    const system = { ...plan.objectives, rto: 4 * HOUR_MS };

    expect(dueAfterMs({ ...plan, objectives: system })).toBe(HOUR_MS);
  });

  test('is by the system where the component has no objectives', () => {
    const components = plan.components.map(({ objectives: _, ...component }) => component);
    const system = { ...plan.objectives, rto: 4 * HOUR_MS };

    expect(dueAfterMs({ ...plan, components, objectives: system })).toBe(4 * HOUR_MS);
  });
});

import { describe, expect, test } from 'vitest';
import { Runbook } from '../../../src/domain/plan.ts';
import { renderRunCard } from '../../../src/render/slack/run-card.ts';
import { textOf } from '../../helpers/block-kit.ts';
import { declare, startRun } from '../../helpers/sample-events.ts';
import { samplePlan } from '../../helpers/sample-plan.ts';
import { createStory, RUN } from '../../helpers/sample-story.ts';

describe('the work that is left', () => {
  const left = (steps: readonly object[]): string => {
    const plan = samplePlan();
    const runbook = Runbook.parse({ ...SHORT, steps });
    const story = createStory({ plan: { ...plan, runbooks: { short: runbook } }, runbook: 'short' });
    declare(story);
    startRun(story, { runbook: 'short' });
    return textOf(renderRunCard(story.view('02:15:00'), RUN));
  };
  const SHORT = { title: 'A short one', component: 'postgres' };
  const step = (id: string, more: object = {}) => ({ id, title: `Step ${id}`, uses: 'pg.check', ...more });

  test('is whole where every step has a figure', () => {
    expect(left([step('a', { expected: '7s' }), step('b', { expected: '3s' })])).toContain(
      ' · about 10 s of work left',
    );
  });

  test('is the least it can be where a step has none', () => {
    expect(left([step('a', { expected: '7s' }), step('b')])).toContain(' · at least about 7 s of work left');
  });

  test('counts a soak at its own length', () => {
    const soak = step('b', { uses: 'soak', with: { for: '2m' } });

    expect(left([step('a', { expected: '7s' }), soak])).toContain(' · about 2 min 7 s of work left');
  });

  test('is not known where no step has a figure', () => {
    expect(left([step('a'), step('b')])).toContain('work left not known (the plan has no estimates)');
  });
});

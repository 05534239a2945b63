import { describe, expect, test } from 'vitest';
import { renderEditUpdate, renderSnooze } from '../../../src/render/slack/modals-update.ts';
import { choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';

describe('the dialogs of an update', () => {
  const view = storyAt('commanded').view('02:38:00');

  test('start from the draft and promise the next one no later than the plan allows', () => {
    const form = renderEditUpdate(view, {
      status: 'identified',
      impact: 'a',
      changed: 'b < c',
      next: 'd',
      expectedBack: null,
    });

    expect(fieldOf(form, 'changed')?.element).toMatchObject({ initial_value: 'b < c' });
    expect(choicesOf(form, 'next-in')).toEqual(['10 min', '15 min', '20 min', '30 min']);
    expect(fieldOf(form, 'next-in')?.element).toMatchObject({ initial_option: { value: '30' } });
  });

  test('say what a snooze costs', () => {
    expect(textOf(renderSnooze(view))).toContain(
      'Kept on the timeline. This update counts as late after 02:42 UTC.',
    );
    expect(choicesOf(renderSnooze(view), 'snooze')).toEqual(['5 min', '10 min', '15 min']);
  });
});

import { describe, expect, test } from 'vitest';
import { parseValue } from '../../../src/render/slack/ids.ts';
import {
  renderAbort,
  renderAnswer,
  renderRuling,
  renderRunDetails,
} from '../../../src/render/slack/modals-step.ts';
import { buttonsOf, choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { begin, declare, startRun } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { createStory, RUN } from '../../helpers/sample-story.ts';

describe('the dialogs of a run', () => {
  test('an abort says what it leaves behind before, inside and after the gate', () => {
    const before = storyAt('started');
    begin(before, 'find', '02:14:41');

    expect(textOf(renderAbort(before.view('02:15:00'), RUN))).toContain(
      'Step 1 is running. It is asked to stop. Nothing has been cut over. What the run made for itself is dropped.',
    );
    expect(textOf(renderAbort(LIVES['gate running']({}).view('02:27:00'), RUN))).toContain(
      'The open gate is taken back as it was approved; nobody is asked again.',
    );
    expect(textOf(renderAbort(storyAt('cut over').view('02:27:00'), RUN))).toContain(
      'What the gate did stays as it is. Aborting does not take it back.',
    );
  });

  test('a ruling is recorded under a name and says what follows', () => {
    const view = LIVES.uncertain({}).view('02:28:00');

    expect(textOf(renderRuling(view, RUN, 'find', false))).toContain(
      '"It did not happen" runs the step again.',
    );
    expect(parseValue(renderRuling(view, RUN, 'find', true).private_metadata)).toEqual({
      run: RUN,
      step: 'find',
      choice: 'happened',
    });
  });

  test('an answer asks for the evidence or the choice the step wants', () => {
    expect(
      fieldOf(renderAnswer(LIVES['manual step']({}).view('02:20:00'), RUN, 'find'), 'evidence'),
    ).toMatchObject({ optional: false, label: { text: 'Link to the evidence' } });
    expect(choicesOf(renderAnswer(LIVES.decision({}).view('02:20:00'), RUN, 'find'), 'choice')).toEqual([
      'The newest',
      'The one before',
    ]);
  });

  test('an answer that nobody asks for any more is a notice', () => {
    expect(renderAnswer(storyAt('checked').view('02:20:00'), RUN, 'find')).toMatchObject({
      callback_id: 'notice',
    });
  });

  test('the details page through every step', () => {
    const story = createStory({ runbook: 'long-40' });
    declare(story);
    startRun(story, { runbook: 'long-40', inputs: { before: '02:05' } });
    const page = (number: number) => renderRunDetails(story.view('02:20:00'), RUN, number);

    expect(textOf(page(1))).toContain('page 1 of 4\nbefore: "02:05"');
    expect(textOf(page(1))).toContain('12. Step with a rather long');
    expect(textOf(page(4))).toContain('40. Step with a rather long');
    expect(
      buttonsOf(page(1).blocks).map(({ text, value }) => [text.text, parseValue(value ?? '')?.choice]),
    ).toEqual([['More steps', '2']]);
    expect(buttonsOf(page(4).blocks).map(({ text }) => text.text)).toEqual(['First steps']);
  });
});

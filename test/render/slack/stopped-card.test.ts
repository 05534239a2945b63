import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/render/slack/blocks.ts';
import { renderGateBlocked, renderUndoFailed } from '../../../src/render/slack/gate-cards.ts';
import { renderManual } from '../../../src/render/slack/manual-card.ts';
import { renderStopped } from '../../../src/render/slack/stopped-card.ts';
import { NO_SURROUNDINGS } from '../../../src/render/slack/surroundings.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { begin } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { at, RUN } from '../../helpers/sample-story.ts';

const NOW = '02:31:00';
const labels = (card: Message): readonly string[] =>
  buttonsOf(card.blocks).map(({ text, style }) =>
    style === undefined ? text.text : `${style}: ${text.text}`,
  );

describe('a failed step', () => {
  test('that may pass by itself is first tried again', () => {
    const card = renderStopped(
      LIVES['failed step']({ texts: { fact: 'S3 does not answer' } }).view(NOW),
      RUN,
      'find',
    );

    expect(textOf(card)).toContain(
      ':x: *failed: Find the newest good backup* after 12 s, attempt 1\nS3 does not answer',
    );
    expect(textOf(card)).toContain('Production is untouched. Nothing is cut over.');
    expect(labels(card)).toEqual(['primary: Retry step', 'Skip step', 'danger: Abort run', 'Details']);
  });

  test('that waits for a person does not promise to be tried again', () => {
    const fact = 'The store cannot be reached. It is tried again in a while.';
    const card = renderStopped(LIVES['failed step']({ texts: { fact } }).view(NOW), RUN, 'find');

    expect(textOf(card)).toContain('attempt 1\nThe store cannot be reached.\n• The store cannot be reached.');
    expect(`${card.text} ${textOf(card)}`).not.toContain('tried again in a while');
  });

  test('that was refused leaves the choice to people', () => {
    const story = storyAt('started');
    begin(story, 'find', '02:14:41');
    story.run({
      kind: 'step.failed',
      step: 'find',
      attempt: 1,
      code: 'outside-refused',
      reason: 'access denied',
      details: [],
      at: at('02:14:44'),
    });

    expect(labels(renderStopped(story.view(NOW), RUN, 'find'))[0]).toBe('Retry step');
  });

  test('on whose proof a gate rests cannot be skipped, and the card says why', () => {
    const card = renderStopped(LIVES['failed step']({}).view(NOW), RUN, 'find', {
      ...NO_SURROUNDINGS,
      guarding: new Set(['backup.find']),
    });

    expect(labels(card)).not.toContain('Skip step');
    expect(textOf(card)).toContain('• It cannot be skipped: a later gate rests on its proof.');
  });

  test('inside a gate is undone, and asks nothing', () => {
    const card = renderStopped(LIVES.undoing({}).view(NOW), RUN, 'swap');

    expect(labels(card)).toEqual(['Details']);
    expect(textOf(card)).toContain('The gate is being taken back, as approved. Nobody is asked again.');
  });

  test('that went on names the choice in place of the buttons', () => {
    const card = renderStopped(LIVES['failed and retried']({}).view(NOW), RUN, 'find', NO_SURROUNDINGS, {
      person: 'ana',
      label: 'Retry step',
      at: new Date(at('02:16:00')),
    });

    expect(textOf(card)).toContain('Ana chose Retry step, 02:16:00.');
    expect(labels(card)).toEqual([]);
  });
});

describe('an uncertain step', () => {
  test('has no green button: the bot has no opinion', () => {
    const card = renderStopped(LIVES.uncertain({}).view(NOW), RUN, 'find');

    expect(labels(card)).toEqual([
      'Look again',
      'It happened',
      'It did not happen',
      'danger: Abort run',
      'Details',
    ]);
    expect(textOf(card)).toContain('*How to tell*  Run `select count(*) from accounts` on `janua`.');
  });

  test('inside a gate offers the undo that was approved with it, after asking once more', () => {
    const card = renderStopped(LIVES['uncertain inside the gate']({}).view(NOW), RUN, 'swap');

    expect(labels(card)).toEqual(['Look again', 'It happened', 'It did not happen', 'Undo', 'Details']);
    expect(
      buttonsOf(card.blocks).find(({ action_id }) => action_id === 'gate.undo')?.confirm?.text.text,
    ).toContain('Nobody is asked again.');
  });

  test('shows who has said what, and what is missing', () => {
    const card = textOf(renderStopped(LIVES['uncertain and one says so']({}).view(NOW), RUN, 'find'));

    expect(card).toContain(
      'Ben says it happened: "A migration deleted rows in four tables"\nOne more person must say the same.',
    );
  });

  test('on which people disagree asks them to talk', () => {
    const card = textOf(renderStopped(LIVES['uncertain and two disagree']({}).view(NOW), RUN, 'find'));

    expect(card).toContain('They disagree. Talk first; then use Look again.');
  });
});

test('a gate that cannot be asked for shows each reason and the two ways on', () => {
  const card = renderGateBlocked(LIVES['gate blocked']({}).view(NOW), RUN, 'cut-over');

  expect(textOf(card)).toContain('• a GitOps owner has no pause. Add one to the plan.');
  expect(labels(card)).toEqual(['primary: Ask again', 'danger: Abort run']);
});

test('an undo that failed offers to try the undo again', () => {
  const card = renderUndoFailed(
    LIVES['undo failed']({ texts: { fact: 'the server is away' } }).view(NOW),
    RUN,
    'swap',
  );

  expect(textOf(card)).toContain(':x: *failed: undo of step 10, Swap databases*\nthe server is away');
  expect(buttonsOf(card.blocks).map(({ action_id }) => action_id)).toEqual(['step.retry', 'run.details']);
});

describe('a step that asks', () => {
  test('calls its assignee and names the evidence', () => {
    const card = renderManual(LIVES['manual step']({}).view(NOW), RUN, 'find');

    expect(textOf(card)).toContain(
      '<@U0000000ANA>, this step is yours:\nCall the network team.\nAsk for the firewall ticket.',
    );
    expect(textOf(card)).toContain('Evidence asked for: link · waiting since 02:14:42');
    expect(labels(card)).toEqual(['primary: Mark as done', 'Details']);
  });

  test('for a decision lists what can be chosen', () => {
    const card = renderManual(LIVES.decision({}).view(NOW), RUN, 'find');

    expect(textOf(card)).toContain('Which restore point?\n• The newest\n• The one before');
    expect(labels(card)).toEqual(['primary: Decide', 'Details']);
  });

  test('has no button once it is answered', () => {
    const story = LIVES['manual step']({});
    story.run({
      kind: 'step.finished',
      step: 'find',
      attempt: 1,
      summary: 'confirmed with evidence',
      output: {},
      facts: [],
      at: at('02:20:00'),
      known: 'answered',
    });

    expect(labels(renderManual(story.view(NOW), RUN, 'find'))).toEqual([]);
  });
});

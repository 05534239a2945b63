import { describe, expect, test } from 'vitest';
import { renderRunCard } from '../../../src/render/slack/run-card.ts';
import { textOf } from '../../helpers/block-kit.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { at, RUN, type Story } from '../../helpers/sample-story.ts';

const read = (story: Story, now: string): string => textOf(renderRunCard(story.view(now), RUN));
const linesOf = (story: Story, now: string): readonly string[] => read(story, now).split('\n');

describe('a run that was aborted inside its gate', () => {
  const story = LIVES['gate running']({});
  story.run({
    kind: 'step.finished',
    step: 'restore',
    attempt: 1,
    summary: 'ok',
    output: { database: 'janua_run31' },
    facts: [],
    at: at('02:18:20'),
    known: 'run',
  });
  story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong database', at: at('02:26:45') });
  story.run({ kind: 'undo.started', gate: 'cut-over', reason: 'aborted', at: at('02:26:46') });
  story.run({ kind: 'step.undone', step: 'swap', summary: 'swapped back', facts: [], at: at('02:26:50') });
  story.run({ kind: 'step.undone', step: 'stop', summary: 'back', facts: [], at: at('02:26:52') });
  story.run({ kind: 'gate.closed', gate: 'cut-over', outcome: 'undone', at: at('02:26:53') });
  story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:26:54') });

  test('says that the gate was taken back, and that the scratch database is kept', () => {
    const card = read(story, '02:30:00');

    expect(card).toContain('What the gate had done was taken back. `janua_run31` is kept for a look.');
    expect(card).not.toContain('Nothing was cut over');
  });

  test('shows what never ran as not done', () => {
    expect(linesOf(story, '02:30:00').slice(-8)).toEqual(
      expect.arrayContaining([
        ':heavy_minus_sign: 11. Scale `janua-api` back · not done',
        ':heavy_minus_sign: 14. Soak 15 min · not done',
      ]),
    );
  });
});

test.each<[string, Story, string]>([
  ['waits for a time', LIVES.waiting({}), ':heavy_minus_sign: 14. Soak 15 min · not done'],
  [
    'is tried again later',
    LIVES.postponed({}),
    ':heavy_minus_sign: 1. Find the newest good backup · not done',
  ],
  ['asks a person', LIVES.decision({}), ':heavy_minus_sign: 1. Find the newest good backup · not done'],
])('a step that %s is not done once the run was aborted', (_, story, line) => {
  story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong backup', at: at('02:48:00') });
  story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:48:01') });

  expect(linesOf(story, '02:50:00')).toContain(line);
});

test('an approval that an aborted run never came to is not promised any more', () => {
  const story = LIVES['failed step']({});
  story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong backup', at: at('02:20:00') });
  story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:20:01') });

  expect(read(story, '02:21:00')).toContain('steps 9–12 · not asked for');
});

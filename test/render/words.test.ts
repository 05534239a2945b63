import { describe, expect, it } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { runState } from '../../src/render/run-state.ts';
import {
  cliMark,
  HEALTH_WORDS,
  healthMark,
  MARKS,
  type MarkName,
  severityWords,
  slackMark,
  stepMark,
} from '../../src/render/words.ts';
import { at, plan, toldUntil, viewAt } from './story.ts';

const names = Object.keys(MARKS) as MarkName[];

describe('marks', () => {
  it('are twelve, each an emoji followed by its word', () => {
    expect(names).toHaveLength(12);
    expect(slackMark('done')).toBe(':white_check_mark: done');
    expect(slackMark('done', 'met')).toBe(':white_check_mark: met');
    expect(new Set(names.map((name) => MARKS[name].emoji)).size).toBe(12);
  });

  it('have one width in a terminal and no emoji there', () => {
    for (const name of names) expect(cliMark(name)).toMatch(/^\[[a-z?]+\] *$/);
    expect(new Set(names.map((name) => cliMark(name).length))).toEqual(new Set([6]));
  });

  it('say how a backup is in a word of the mark', () => {
    for (const { mark, word } of Object.values(HEALTH_WORDS)) expect(MARKS[mark].words).toContain(word);
    expect(healthMark('unknown')).toBe(':grey_question: not known');
  });

  it('say the state of a step in a word of the mark', () => {
    for (const status of [
      'pending',
      'running',
      'waiting',
      'postponed',
      'asked',
      'done',
      'failed',
      'uncertain',
      'skipped',
      'undone',
    ] as const) {
      const { mark, word } = stepMark(status);
      expect(MARKS[mark].words).toContain(word);
    }
  });
});

it("takes the plan's words for a severity, else the product's", () => {
  expect(severityWords(plan, 'SEV1').means).toBe('Most users cannot sign in, or data is lost');
  expect(severityWords({}, 'SEV2').label).toBe('Major');
});

describe('where a run stands', () => {
  const stateAt = (now: string, told = toldUntil(now)) => {
    const [run] = viewAt('04:00', told).runs;
    if (run === undefined) throw new Error('no run');
    return runState(run);
  };

  it.each([
    ['02:14:42', 'running', 'running step 1 of 9', 1],
    ['02:14:55', 'failed', 'failed at step 2', 2],
    ['02:18:46', 'running', 'running: preparing the approval', 5],
    ['02:20', 'waiting-approval', 'waiting for approval', 5],
    ['02:26:43', 'running', 'running step 5 of 9', 5],
    ['02:30', 'waiting', 'waiting in step 9', 9],
    ['03:00', 'done', 'done', null],
  ])('at %s: %s', (now, is, words, step) => {
    const state = stateAt(now);

    expect([state.is, state.words, state.at?.number ?? null]).toEqual([is, words, step]);
  });

  it.each([
    [
      '02:20',
      'approval',
      'APR-57',
      { kind: 'approval.vetoed', person: 'mina', reason: 'wrong', at: at('02:21') },
      'vetoed',
    ],
    [
      '02:20',
      'approval',
      'APR-57',
      { kind: 'approval.approved', openBy: at('02:36'), at: at('02:21') },
      'running',
    ],
    [
      '02:20',
      'run',
      'RUN-31',
      { kind: 'gate.blocked', gate: 'cut-over', reasons: ['an HPA holds it'], at: at('02:21') },
      'blocked',
    ],
    [
      '02:26:43',
      'run',
      'RUN-31',
      { kind: 'undo.started', gate: 'cut-over', reason: 'stop failed', at: at('02:26:45') },
      'undoing',
    ],
    [
      '02:20',
      'run',
      'RUN-31',
      { kind: 'run.abort-requested', person: 'ben', reason: 'stop', at: at('02:21') },
      'aborting',
    ],
    [
      '02:20',
      'run',
      'RUN-31',
      { kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:21') },
      'aborted',
    ],
    [
      '02:26:43',
      'run',
      'RUN-31',
      { kind: 'step.uncertain', step: 'stop', attempt: 1, seen: [], howToTell: null, at: at('02:26:45') },
      'uncertain',
    ],
    [
      '02:28',
      'run',
      'RUN-31',
      {
        kind: 'step.asked',
        step: 'soak',
        attempt: 1,
        question: { kind: 'manual', instruction: 'look', assignee: null, evidence: 'none' },
        at: at('02:29'),
      },
      'asked',
    ],
  ] as const)('after %s and a %s event it is %s', (until, type, id, event, is) => {
    expect(stateAt('', toldUntil(until, ['02:27:00', BOT, type, id, event])).is).toBe(is);
  });

  it('says so when an undo failed', () => {
    const told = toldUntil(
      '02:26:43',
      [
        '02:26:45',
        BOT,
        'run',
        'RUN-31',
        { kind: 'undo.started', gate: 'cut-over', reason: 'stop failed', at: at('02:26:45') },
      ],
      [
        '02:26:46',
        BOT,
        'run',
        'RUN-31',
        { kind: 'step.undo-failed', step: 'stop', reason: '403', at: at('02:26:46') },
      ],
    );

    expect(stateAt('', told).is).toBe('undo-failed');
  });

  it('is finishing when every step is settled and the end is not recorded yet', () => {
    expect(stateAt('', toldUntil('02:43:01')).words).toBe('running: finishing');
  });
});

import { describe, expect, test } from 'vitest';
import { stepState } from '../../../src/domain/run.ts';
import { renderRunCard } from '../../../src/render/slack/run-card.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { begin, declare, finish, startRun } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { samplePlan } from '../../helpers/sample-plan.ts';
import { at, createStory, RUN, type Story } from '../../helpers/sample-story.ts';

const read = (story: Story, now: string): string =>
  textOf(renderRunCard(story.view(now), RUN)).replace(/<!date[^>]*>/g, '');
const linesOf = (story: Story, now: string): readonly string[] => read(story, now).split('\n');
const labels = (story: Story, now: string): readonly string[] =>
  buttonsOf(renderRunCard(story.view(now), RUN).blocks).map(({ text, style }) =>
    style === undefined ? text.text : `${style}: ${text.text}`,
  );

describe('a running run', () => {
  const story = storyAt('started');
  finish(story, 'find', '02:14:41', '02:14:45');
  finish(story, 'fetch', '02:14:45', '02:14:56');
  begin(story, 'verify', '02:14:56');

  test('shows each step as one line: mark, number, title, state and fact', () => {
    const lines = linesOf(story, '02:16:00');

    expect(lines).toContain(
      ':white_check_mark: 1. Find the newest good backup · done 4 s · `…20261121_020004.dump`, 2 refused',
    );
    expect(lines).toContain(':arrow_forward: 3. Verify backup · running 1 min 4 s');
    expect(lines).toContain(':white_circle: 4. Measure live database · pending');
  });

  test('says what the gate waits for', () => {
    expect(read(story, '02:16:00')).toContain(
      ':lock: *Approval: Cut over to the restored database*, steps 9–12 · asked of 2 people when the steps above are done',
    );
  });

  test('says how long it has run and how much is left', () => {
    expect(read(story, '02:16:00')).toContain(
      ':arrow_forward: *running step 3 of 14* · 1 min 20 s so far · at least about 18 min of work left (from the plan), approvals not counted',
    );
  });

  test('can be aborted', () => {
    expect(labels(story, '02:16:00')).toEqual(['danger: Abort run', 'Details']);
  });

  test('has a fallback that stands alone', () => {
    expect(renderRunCard(story.view('02:16:00'), RUN).text).toBe(
      'RUN-31 restore-postgres on Janua: running step 3 of 14.',
    );
  });
});

describe('a line', () => {
  const restoring = (): Story => {
    const story = storyAt('started');
    for (const step of ['find', 'fetch', 'verify', 'measure']) finish(story, step, '02:14:41', '02:14:45');
    story.run({
      kind: 'step.skipped',
      step: 'roles',
      reason: 'none stored',
      byPerson: false,
      at: at('02:14:45'),
    });
    begin(story, 'restore', '02:15:00');
    return story;
  };

  test.each<[string, Story, string, string]>([
    [
      'within its estimate',
      restoring(),
      '02:16:40',
      ':arrow_forward: 6. Restore into a scratch database · running 1 min 40 s of about 3 min',
    ],
    [
      'over its estimate',
      restoring(),
      '02:22:00',
      ':arrow_forward: 6. Restore into a scratch database · running 7 min, usually 3 min :warning: late',
    ],
    [
      'skipped by its condition',
      restoring(),
      '02:16:40',
      ':heavy_minus_sign: 5. Fetch roles and grants · skipped · none stored',
    ],
    [
      'skipped by a person',
      LIVES['skipped by a person']({}),
      '02:17:00',
      ':heavy_minus_sign: 1. Find the newest good backup · skipped by a person: "A migration deleted rows in four tables"',
    ],
    [
      'failed',
      LIVES['failed step']({ texts: { fact: 'S3 is away' } }),
      '02:17:00',
      ':x: 1. Find the newest good backup · failed after 12 s · S3 is away',
    ],
    [
      'failed, after the last try',
      LIVES['failed step']({ texts: { fact: 'S3 is away. It is tried again.' } }),
      '02:17:00',
      ':x: 1. Find the newest good backup · failed after 12 s · S3 is away.',
    ],
    [
      'uncertain',
      LIVES.uncertain({}),
      '02:17:00',
      ':grey_question: 1. Find the newest good backup · uncertain · nobody knows whether it happened',
    ],
    [
      'postponed',
      LIVES.postponed({ texts: { fact: 'S3 is away' } }),
      '02:17:00',
      ':hourglass_flowing_sand: 1. Find the newest good backup · waiting: S3 is away, next try 02:58:10 (try 3)',
    ],
    [
      'waiting for a time',
      LIVES.waiting({ texts: { fact: '0 errors' } }),
      '02:47:00',
      ':hourglass_flowing_sand: 14. Soak 15 min · waiting until 02:58:00 · 0 errors',
    ],
    [
      'waiting for a person',
      LIVES['manual step']({}),
      '02:17:00',
      ':hourglass_flowing_sand: 1. Find the newest good backup · waiting for Ana to confirm since 02:14',
    ],
    [
      'waiting for a decision',
      LIVES.decision({}),
      '02:17:00',
      ':hourglass_flowing_sand: 1. Find the newest good backup · waiting for a decision since 02:14',
    ],
    [
      'waiting for approval',
      storyAt('asked'),
      '02:20:00',
      ':hourglass_flowing_sand: 10. Swap databases · waiting for approval',
    ],
    [
      'undone',
      LIVES.undone({ texts: { fact: 'swapped back' } }),
      '02:30:00',
      ':heavy_minus_sign: 10. Swap databases · undone · swapped back',
    ],
  ])('of a step that is %s', (_, story, now, line) => {
    expect(linesOf(story, now)).toContain(line);
  });

  test('tells of earlier attempts', () => {
    const story = LIVES['failed and retried']({});
    story.run({
      kind: 'step.finished',
      step: 'find',
      attempt: 2,
      summary: 'ok',
      output: {},
      facts: [],
      at: at('02:16:05'),
      known: 'run',
    });

    expect(linesOf(story, '02:17:00')).toContain(
      ':white_check_mark: 1. Find the newest good backup · done 1 min 24 s, attempt 2 · ok',
    );
  });
});

describe('the first line', () => {
  test.each<[string, Story, string]>([
    [
      'waits for approval',
      storyAt('asked'),
      ':hourglass_flowing_sand: *waiting for approval* since 02:18:56 (41 min 4 s)',
    ],
    ['failed', LIVES['failed step']({}), ':x: *failed at step 1*. A person must choose.'],
    ['is uncertain', LIVES.uncertain({}), ':grey_question: *uncertain at step 1*. A person must look.'],
    ['was vetoed', LIVES.vetoed({}), ':octagonal_sign: *stopped by a veto*. Fix the reason, then ask again.'],
    [
      'was aborted before its gate',
      LIVES['aborted before the gate']({}),
      ':octagonal_sign: *aborted by Ben*, 02:20:00. Nothing was cut over. What the run made for itself is dropped.',
    ],
    [
      'is being undone',
      LIVES.undoing({}),
      ':arrow_forward: *running the undo* that was approved with the gate. Nobody is asked again.',
    ],
    ['could not be undone', LIVES['undo failed']({}), ':x: *failed: undo*. A person must look at once.'],
    ['is done', storyAt('resolved'), ':white_check_mark: *done in 27 min 50 s* · 14 of 14 steps'],
  ])('of a run that %s', (_, story, line) => {
    expect(linesOf(story, '03:00:00')).toContain(line);
  });

  test('names the scratch database that an abort drops', () => {
    const story = storyAt('started');
    begin(story, 'restore', '02:15:18');
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
    story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong backup', at: at('02:20:00') });
    story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: ['janua_run31'], at: at('02:20:02') });

    expect(read(story, '02:21:00')).toContain(
      'Nothing was cut over. `janua_run31` is dropped.\nReason (Ben)\n> wrong backup',
    );
  });
});

describe('the buttons', () => {
  test.each<[string, Story, readonly string[]]>([
    ['after a veto', LIVES.vetoed({}), ['primary: Ask again', 'danger: Abort run', 'Details']],
    [
      'while the approval cannot be asked for',
      LIVES['gate blocked']({}),
      ['primary: Ask again', 'danger: Abort run', 'Details'],
    ],
    ['while an abort is under way', LIVES['abort under way']({}), ['Details']],
    ['while the gate is undone', LIVES.undoing({}), ['Details']],
    ['of a finished run', storyAt('resolved'), ['Details']],
  ])('%s', (_, story, expected) => {
    expect(labels(story, '03:00:00')).toEqual(expected);
  });
});

describe('a finished run that swapped databases', () => {
  const view = storyAt('resolved').view('03:00:00');
  const shown = view.runs.map((each) => ({
    ...each,
    run: {
      ...each.run,
      steps: {
        ...each.run.steps,
        swap: { ...stepState(each.run, 'swap'), output: { keptAs: 'janua_before_run31' } },
      },
    },
  }));
  const drop = { uses: 'pg.dropKept', id: 'drop', title: 'Drop it' };
  const withDrop = samplePlan({
    runbooks: { 'drop-kept': { title: 'Drop', component: 'postgres', steps: [drop] } },
  });

  test.each([
    ['names the one it put aside', view.plan, 'The database before it is kept as `janua_before_run31`.'],
    [
      'names the runbook that drops it, where there is one',
      withDrop,
      'The database before it is kept as `janua_before_run31`, until `drop-kept` is run.',
    ],
  ])('%s', (_, plan, line) => {
    expect(textOf(renderRunCard({ ...view, plan, runs: shown }, RUN)).split('\n')).toContain(line);
  });
});

describe('a runbook of 40 steps', () => {
  const story = createStory({ runbook: 'long-40' });
  declare(story);
  startRun(story, { runbook: 'long-40' });
  for (let step = 1; step <= 12; step++) finish(story, `s${step}`, '02:15:00', '02:15:30');
  begin(story, 's13', '02:16:00');
  const lines = linesOf(story, '02:16:20').filter((line) => /^:\w+: \d/.test(line));

  test('folds what is far behind and far ahead', () => {
    expect(lines[0]).toBe(':white_check_mark: 1–9 · done, 4 min 30 s in all');
    expect(lines.at(-1)).toBe(':white_circle: 20–40 · pending, about 21 min');
    expect(lines).toHaveLength(1 + 3 + 1 + 6 + 1);
  });

  test('never folds a gate', () => {
    expect(
      linesOf(storyAt('cut over'), '02:27:00').filter((line) => /^:\w+: (9|10|11|12)\. /.test(line)),
    ).toHaveLength(4);
  });
});

test('a drill is a drill in the first word of its card', () => {
  expect(renderRunCard(LIVES.drill({}).view('02:20:00'), RUN).blocks[0]).toMatchObject({
    type: 'header',
    text: { text: ':test_tube: DRILL · RUN-31 · restore-postgres · DRILL' },
  });
});

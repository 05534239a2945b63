import { describe, expect, test } from 'vitest';
import { storyAt } from '../../helpers/sample-day.ts';
import { begin, finish } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { at, type Story } from '../../helpers/sample-story.ts';
import { postOf, read } from './post-of.ts';

describe('what a finished step leaves in the thread', () => {
  test('is its time, its summary and its facts as name and value', () => {
    expect(
      read(postOf(storyAtFirst({ candidates: '6', refused: '2' }), 'step.finished', '02:15:00')),
    ).toContain(
      'Step 1 *Find the newest good backup*: done in 4 s.\n`…20261121_020004.dump`, 2 refused\n```\ncandidates: 6\nrefused: 2\n```',
    );
  });

  test('is the first twenty and the last ten lines of a long output', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');

    const text = read(postOf(storyAtFirst({ log: lines }), 'step.finished', '02:15:00'));

    expect(text).toContain('line 19\n… 70 lines left out, all of them in Details\nline 90');
  });

  test('cannot end its code block early', () => {
    expect(
      read(postOf(storyAtFirst({ log: '``` *APPROVED*' }), 'step.finished', '02:15:00')).match(/```/g),
    ).toHaveLength(2);
  });
});

function storyAtFirst(facts: Record<string, string>): Story {
  const story = storyAt('started');
  finish(story, 'find', '02:14:41', '02:14:45', facts);
  return story;
}

test('a message of the plan goes to the channel, marked as the plan’s', () => {
  const post = postOf(
    LIVES['a message from the plan']({ texts: { note: 'Recovery has begun.' } }),
    'step.finished',
    '02:15:00',
  );

  expect(post?.thread).toBeNull();
  expect(read(post)).toContain('*RUN-31*, step 1, from the plan:\n> Recovery has begun.');
});

test('an abort inside the gate says that the gate is taken back', () => {
  const story = LIVES['gate running']({});
  begin(story, 'swap', '02:26:45', 2);
  story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong database', at: at('02:26:46') });

  expect(read(postOf(story, 'run.abort-requested', '02:26:50'))).toContain(
    'aborted by Ben*. Reason:\n> wrong database\nThe open gate is taken back, as approved.',
  );
});

describe('the call for a person', () => {
  const CALL = 'a person must look.';

  test.each<[string, Story, Parameters<typeof postOf>[1]]>([
    ['a step failed', LIVES['failed step']({}), 'step.failed'],
    ['nobody knows whether a step happened', LIVES.uncertain({}), 'step.uncertain'],
    ['the approval cannot be asked for', LIVES['gate blocked']({}), 'gate.blocked'],
    ['the undo failed', LIVES['undo failed']({}), 'step.undo-failed'],
  ])('stands first while %s', (_, story, kind) => {
    const post = postOf(story, kind, '02:31:00');

    expect(read(post)).toContain(CALL);
    expect(post?.mention).toEqual(['ana']);
  });

  test.each<[string, Story]>([
    ['is tried again', LIVES['failed and retried']({})],
    ['was skipped by a person', LIVES['skipped by a person']({})],
    ['is undone', LIVES.undone({})],
    ['ended with its run', aborted(LIVES['failed step']({}))],
  ])('is gone when the step %s', (_, story) => {
    const post = postOf(story, 'step.failed', '02:31:00');

    expect(read(post)).not.toContain(CALL);
    expect(post?.mention).toEqual([]);
  });
});

function aborted(story: Story): Story {
  story.run({ kind: 'run.abort-requested', person: 'ben', reason: 'wrong backup', at: at('02:20:00') });
  story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: [], at: at('02:20:01') });
  return story;
}

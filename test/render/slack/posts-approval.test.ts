import { describe, expect, test } from 'vitest';
import { renderPost } from '../../../src/render/slack/posts.ts';
import { NO_SURROUNDINGS } from '../../../src/render/slack/surroundings.ts';
import { buttonsOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { declare, startRun } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { createStory } from '../../helpers/sample-story.ts';
import { postOf, read } from './post-of.ts';

describe('approvers', () => {
  test('learn at the start that they will be needed, and have nothing to press', () => {
    const post = postOf(storyAt('started'), 'run.started', '02:15:00');

    expect(post?.message.text).toBe(
      'You will be asked to approve: Cut over to the restored database, Janua PRODUCTION. Nothing to do yet.',
    );
    expect(buttonsOf(post?.message.blocks ?? [])).toEqual([]);
  });

  test('who learnt it at the start are told when they were asked', () => {
    const around = { ...NO_SURROUNDINGS, links: { 'RUN-31': 'https://x.slack.com/p1' } };

    const before = postOf(storyAt('started'), 'run.started', '02:15:00', around);
    const after = postOf(storyAt('asked'), 'run.started', '02:21:00', around);

    expect(buttonsOf(before?.message.blocks ?? []).map(({ text }) => text.text)).toEqual(['Open run']);
    expect(after?.moot).toBe(true);
    expect(read(after)).toContain('RUN-31 of INC-2026-014: APR-57 was asked for, in a message of its own.');
  });

  test('of a runbook without a gate are not called', () => {
    const story = createStory({ runbook: 'long-40' });
    declare(story);
    startRun(story, { runbook: 'long-40' });

    expect(postOf(story, 'run.started', '02:15:00')).toBeNull();
  });

  test('get the way to the card, where its address is known', () => {
    const post = postOf(storyAt('asked'), 'approval.requested', '02:20:00', {
      ...NO_SURROUNDINGS,
      links: { 'APR-57': 'https://x.slack.com/p1' },
    });

    expect(buttonsOf(post?.message.blocks ?? []).map(({ text, url }) => [text.text, url])).toEqual([
      ['Open card', 'https://x.slack.com/p1'],
    ]);
  });

  test('who did not hear of it before are told why they are asked', () => {
    expect(read(postOf(LIVES.reminded({}), 'approval.reminded', '02:25:00'))).toContain(
      'Nobody else has approved yet, so you are asked too.',
    );
  });

  test.each([
    ['gate running', 'approved by Ana and Ben'],
    ['vetoed', 'vetoed by Mina'],
    ['void by drift', 'no longer counts'],
    ['approved but not started in time', 'expired with 2 of 2'],
  ] as const)('who were called learn that it is over: %s', (life, end) => {
    const post = postOf(LIVES[life]({}), 'approval.requested', '02:50:00');

    expect(post?.moot).toBe(true);
    expect(read(post)).toContain(`*APR-57: ${end}.* Nothing is left for you to do.`);
  });

  test('are told which request takes the place of which', () => {
    const story = LIVES['expired and asked again']({});
    const [first, second] = story.log
      .filter(({ event }) => event.kind === 'approval.requested')
      .map((logged) => read(renderPost(story.view('02:35:00'), logged)));

    expect(first).toContain('*APR-57: expired with 1 of 2.* APR-58 takes its place.');
    expect(second).toContain('Your approval may be needed. It takes the place of APR-57.');
  });

  test('of an approval that may still fall keep the way to its card, and learn the end when it has one', () => {
    const around = { ...NO_SURROUNDINGS, links: { 'APR-57': 'https://x.slack.com/p1' } };
    const buttons = (life: keyof typeof LIVES) =>
      buttonsOf(postOf(LIVES[life]({}), 'approval.requested', '02:50:00', around)?.message.blocks ?? []);

    expect(buttons('approved').map(({ text }) => text.text)).toEqual(['Open card']);
    expect(buttons('gate running')).toEqual([]);
    expect(read(postOf(LIVES.vetoed({}), 'approval.requested', '02:50:00', around))).toContain(
      'INC-2026-014 → <https://x.slack.com/p1|Open card>',
    );
  });

  test('are called while their approval is needed', () => {
    expect(postOf(LIVES['half approved']({}), 'approval.requested', '02:21:00')?.moot).toBe(false);
  });

  test('see each vote counted, and whom it now takes', () => {
    expect(read(postOf(LIVES['half approved']({}), 'approval.vote-cast', '02:21:00'))).toContain(
      'approved by Ana, 02:20:10. 1 of 2. One more person: Ben or Mina.',
    );
    expect(read(postOf(LIVES.approved({}), 'approval.vote-cast', '02:27:00'))).toContain(
      'approved by Ben, 02:26:41. 2 of 2. Last checks, then the gate opens.',
    );
  });
});

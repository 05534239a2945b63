import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../src/domain/events.ts';
import type { Post } from '../../../src/render/slack/post.ts';
import { renderPost } from '../../../src/render/slack/posts.ts';
import { buttonsOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { publish } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import type { Story } from '../../helpers/sample-story.ts';
import { postOf } from './post-of.ts';

const where = (post: Post | null) =>
  post && {
    thread: post.thread,
    broadcast: post.broadcast,
    underAnnouncement: post.underAnnouncement,
    mention: post.mention,
    dm: post.dm,
  };
const CHANNEL = { thread: null, broadcast: false, underAnnouncement: false, mention: [], dm: null };

describe('where a message goes', () => {
  test.each<[string, Story, DomainEvent['kind'], Partial<Post>]>([
    ['a finished step: under the run card', storyAt('checked'), 'step.finished', { thread: 'run' }],
    ['a skipped step: under the run card', storyAt('checked'), 'step.skipped', { thread: 'run' }],
    [
      'a failed step: to the channel, calling the commander',
      LIVES['failed step']({}),
      'step.failed',
      { mention: ['ana'] },
    ],
    [
      'an uncertain step: to the channel, calling the commander',
      LIVES.uncertain({}),
      'step.uncertain',
      { mention: ['ana'] },
    ],
    [
      'a question: to the channel, calling the assignee',
      LIVES['manual step']({}),
      'step.asked',
      { mention: ['ana'] },
    ],
    [
      'a blocked gate: to the channel, calling the commander',
      LIVES['gate blocked']({}),
      'gate.blocked',
      { mention: ['ana'] },
    ],
    [
      'an undo: under the run card, shown in the channel',
      LIVES.undoing({}),
      'undo.started',
      { thread: 'run', broadcast: true },
    ],
    [
      'a failed undo: to the channel, calling the commander',
      LIVES['undo failed']({}),
      'step.undo-failed',
      { mention: ['ana'] },
    ],
    [
      'an abort: under the run card, shown in the channel',
      LIVES['aborted before the gate']({}),
      'run.abort-requested',
      { thread: 'run', broadcast: true },
    ],
    ['a start: to every approver', storyAt('started'), 'run.started', { dm: ['ana', 'ben', 'mina'] }],
    [
      'a request: to everyone who may approve',
      storyAt('asked'),
      'approval.requested',
      { dm: ['ana', 'ben', 'mina'] },
    ],
    [
      'a request that cannot be undone: to everyone but the requester',
      LIVES.irreversible({}),
      'approval.requested',
      { dm: ['ben', 'mina'] },
    ],
    [
      'a reminder: to the people it names',
      LIVES.reminded({}),
      'approval.reminded',
      { dm: ['ana', 'ben', 'mina'] },
    ],
    [
      'a vote: under the approval card',
      LIVES['half approved']({}),
      'approval.vote-cast',
      { thread: 'approval' },
    ],
    [
      'a veto: under the approval card, shown in the channel',
      LIVES.vetoed({}),
      'approval.vetoed',
      { thread: 'approval', broadcast: true },
    ],
    [
      'a void approval: under the approval card, shown in the channel',
      LIVES['void by drift']({}),
      'approval.voided',
      { thread: 'approval', broadcast: true },
    ],
    [
      'an expired approval: under the approval card, shown in the channel',
      LIVES['expired and asked again']({}),
      'approval.expired',
      { thread: 'approval', broadcast: true },
    ],
    [
      'an update: to the channel and under the announcement',
      storyAt('resolved'),
      'incident.update-published',
      { underAnnouncement: true },
    ],
    [
      'that the service works again: to the channel and under the announcement',
      storyAt('resolved'),
      'incident.verified',
      { underAnnouncement: true },
    ],
    [
      'the end: to the channel and under the announcement',
      storyAt('resolved'),
      'incident.resolved',
      { underAnnouncement: true },
    ],
    [
      'a draft: to the liaison',
      LIVES['draft of an update']({}),
      'incident.update-drafted',
      { dm: ['chloe'] },
    ],
    ['a role: to who has it', storyAt('commanded'), 'incident.role-assigned', { dm: ['chloe'] }],
  ])('%s', (_, story, kind, expected) => {
    expect(where(postOf(story, kind, '02:39:00'))).toEqual({ ...CHANNEL, ...expected });
  });

  test('events that only change cards are not posted', () => {
    const story = storyAt('cut over');

    expect([
      postOf(story, 'step.started', '02:27:00'),
      postOf(story, 'gate.opened', '02:27:00'),
      postOf(story, 'incident.declared', '02:27:00'),
      postOf(story, 'approval.used', '02:27:00'),
    ]).toEqual([null, null, null, null]);
  });
});

describe('a message that comes late', () => {
  test('does not call people to an approval that is over', () => {
    expect(postOf(storyAt('cut over'), 'approval.requested', '02:30:00')?.moot).toBe(true);
  });

  test('does not announce a run that has ended', () => {
    expect(postOf(storyAt('resolved'), 'run.started', '03:30:00')?.moot).toBe(true);
  });

  test('does not offer a draft whose update has been posted', () => {
    const story = LIVES['draft of an update']({});
    publish(story, 1, '02:42:04');

    expect(postOf(story, 'incident.update-drafted', '02:43:00')?.moot).toBe(true);
  });
});

test('no direct message has anything to approve with', () => {
  const stories = [...Object.values(LIVES).map((tell) => tell({})), storyAt('resolved')];

  const posts = stories
    .flatMap((story) => story.log.map((logged) => renderPost(story.view('02:39:00'), logged)))
    .filter((post) => post !== null);

  expect(posts.length).toBeGreaterThan(100);
  expect(
    posts
      .flatMap(({ message }) => buttonsOf(message.blocks))
      .filter(({ action_id }) => action_id === 'approval.review'),
  ).toEqual([]);
});

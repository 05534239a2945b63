import { describe, expect, test } from 'vitest';
import { renderPost } from '../../../src/render/slack/posts.ts';
import { NO_SURROUNDINGS, type Surroundings } from '../../../src/render/slack/surroundings.ts';
import { buttonsOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { declare, publish } from '../../helpers/sample-events.ts';
import { LIVES } from '../../helpers/sample-lives.ts';
import { at, createStory } from '../../helpers/sample-story.ts';
import { postOf, read } from './post-of.ts';

describe('an update', () => {
  const published = (changes: Parameters<typeof publish>[3], around = NO_SURROUNDINGS): string => {
    const story = storyAt('monitoring');
    publish(story, 1, '02:42:00', changes);
    return read(postOf(story, 'incident.update-published', '02:43:00', around));
  };

  test('says what, next and when the next one comes', () => {
    expect(published({})).toContain(
      '*Update 1 · INC-2026-014 · Janua · SEV1 · Monitoring*\n*Impact*\n> All regions. Login and token refresh return 500.\n*What changed*\n> A migration deleted rows in four tables\n*What is next*\n> watch until 03:15 UTC, then resolve (Ana).\n*Expected back*  not known yet\n*Next update by 03:12 UTC*',
    );
    expect(published({})).toContain('Published by Chloe 02:42:00 (on time, due 02:42 UTC)');
  });

  test('gives the words for outsiders below, ready to be copied', () => {
    const around: Surroundings = {
      ...NO_SURROUNDINGS,
      publicUpdate: (text, view) => `${view.plan.name}: ${text.status} <!channel>`,
    };

    expect(published({}, around)).toContain(
      '*For the status page*\n```\nJanua: monitoring &lt;!channel&gt;\n```',
    );
  });

  test('that nobody edited says so', () => {
    expect(published({ automatic: true })).toContain('Posted by the bot at the due time; nobody edited it');
  });

  test('that came late says by how much', () => {
    expect(published({ dueAt: at('02:37:00') })).toContain(':warning: late by 5 min, due 02:37 UTC');
  });

  test('after an outage stands for all that were missed', () => {
    expect(published({ missed: [at('02:12:00'), at('02:27:00')] })).toContain(
      ':warning: late: the updates due 02:12 UTC and 02:27 UTC could not be posted; this one stands for them too',
    );
  });
});

describe('that the service works again', () => {
  test('is told with what was measured, and what goes on', () => {
    expect(read(postOf(storyAt('monitoring'), 'incident.verified', '02:28:10'))).toBe(
      [
        'ok: service works again: INC-2026-014 · Janua, verified 02:27 UTC.',
        ':white_check_mark: *ok: service works again: INC-2026-014 · Janua*',
        'Verified 02:27:30 by RUN-31: http.check, 5 of 5',
        'Users affected 22 min 34 s (02:04:56–02:27:30 UTC)',
        'RTA 15 min 26 s of 1 h · :white_check_mark: met',
        'RPA 4 min 52 s of 5 min · :white_check_mark: met',
        'RUN-31 goes on: running step 14 of 14.',
        'Updates go on until it is resolved · Times are UTC',
      ].join('\n'),
    );
  });

  test('by a run before the last one leaves the measures to that one', () => {
    const story = storyAt('monitoring');
    const [first] = story.log.filter(({ event }) => event.kind === 'incident.verified');
    story.incident(
      { kind: 'incident.verified', at: at('02:40:00'), evidence: 'again', run: 'RUN-32' },
      '02:40:00',
    );

    const post = first === undefined ? null : renderPost(story.view('02:41:00'), first);

    expect(read(post)).toContain('Verified 02:27:30 by RUN-31');
    expect(read(post)).not.toContain('RTA');
  });
});

describe('a draft', () => {
  const story = LIVES['draft of an update']({});

  test('shows the text that is posted if nobody acts, and three things to do', () => {
    const draft = {
      status: 'investigating',
      impact: 'Sign-in fails.',
      changed: 'Restore began.',
      next: 'Approval.',
      expectedBack: null,
    } as const;

    const publicUpdate: Surroundings['publicUpdate'] = (text, view) => `${view.plan.name}: ${text.status}`;
    const around = { ...NO_SURROUNDINGS, draft, publicUpdate };
    const post = postOf(story, 'incident.update-drafted', '02:37:05', around);

    expect(read(post)).toContain(
      '*Update for INC-2026-014 is due 02:42 UTC, in 5 min.* If nobody acts, this text is posted then.',
    );
    expect(read(post)).toContain('*What changed*\n> Restore began.');
    expect(read(post)).toContain('*For the status page*\n```\nJanua: investigating\n```');
    expect(buttonsOf(post?.message.blocks ?? []).map(({ text }) => text.text)).toEqual([
      'Publish',
      'Edit',
      'Snooze',
    ]);
  });

  test('that was posted, or is not needed any more, has nothing left to press', () => {
    const story = LIVES['draft of an update']({});
    publish(story, 1, '02:38:00', { dueAt: at('02:42:04') });

    const post = postOf(story, 'incident.update-drafted', '02:39:00');

    expect(post?.moot).toBe(true);
    expect(post?.message.text).toBe(
      'The update of INC-2026-014 that was due 02:42 UTC is posted as update 1, at 02:38:00.',
    );
    expect(buttonsOf(post?.message.blocks ?? [])).toEqual([]);
  });

  test('goes to the deputy or the commander where there is no liaison, else to the channel', () => {
    const nobody = createStory();
    declare(nobody);
    nobody.incident({ kind: 'incident.update-drafted', dueAt: at('02:42:04') }, '02:37:04');

    expect(postOf(nobody, 'incident.update-drafted', '02:37:05')?.dm).toBeNull();

    nobody.incident(
      { kind: 'incident.role-assigned', role: 'commander', person: 'ben', previous: null },
      '02:38:00',
    );

    expect(postOf(nobody, 'incident.update-drafted', '02:38:05')?.dm).toEqual(['ben']);
  });
});

test('who loses a role is told with who gets it', () => {
  const story = storyAt('commanded');
  story.incident(
    { kind: 'incident.role-assigned', role: 'commander', person: 'ben', previous: 'ana' },
    '02:20:00',
    'ben',
  );

  const post = postOf(story, 'incident.role-assigned', '02:20:05');

  expect(post?.dm).toEqual(['ben', 'ana']);
  expect(read(post)).toContain('*Ben is commander of INC-2026-014 now*');
});

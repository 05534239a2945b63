import { expect, test } from 'vitest';
import { createGuide } from '../../../sandbox/page/guide.ts';
import { createPlayer } from '../../../sandbox/page/player.ts';
import { startSlack } from '../../../sandbox/slack/index.ts';

test('a player that cannot go on says where it stopped, and can be asked again', async () => {
  const slack = await startSlack();
  const { promise: stopped, resolve: onStop } = Promise.withResolvers<void>();
  const watching = new Set<string>();
  const guide = createGuide({
    slack,
    facts: { stateOf: () => 'ok' },
    breaks: { isBroken: () => false },
    clock: { movedAt: () => undefined },
  });
  const player = createPlayer({
    slack,
    bot: { lines: ['row counts observed'] },
    guide,
    facts: {
      watch: () => {
        watching.add('player');
        return () => watching.clear();
      },
    },
    clock: { now: async () => new Date() },
    act: () => Promise.reject(new Error('the database does not answer\nand more that nobody reads')),
    changed: () => {
      if (player.shown().playingNow?.startsWith('Stopped') && !player.shown().playing) onStop();
    },
  });

  expect(player.play()).toMatchObject({ ok: true });
  expect(player.play()).toEqual({ ok: false, error: 'It is playing already.' });
  expect(watching.size).toBe(1);
  await stopped;
  await slack.stop();

  expect(player.shown()).toEqual({
    playing: false,
    playingNow:
      'Stopped at "Break something." the database does not answer. Go on by hand, or press Play it for me again.',
  });
  expect(watching.size).toBe(0);
  expect(player.play()).toMatchObject({ ok: true });
});

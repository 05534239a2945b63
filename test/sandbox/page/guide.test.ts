import { expect, test } from 'vitest';
import type { WorldLine } from '../../../sandbox/page/contract.ts';
import { createGuide } from '../../../sandbox/page/guide.ts';
import { startSlack } from '../../../sandbox/slack/index.ts';
import { clientOf } from '../slack/web-client.ts';

test('each step ticks itself from what is there, and stays ticked', async () => {
  const slack = await startSlack();
  const client = clientOf(slack);
  const incidents = slack.channel('#incidents').id;
  let state: WorldLine['state'] = 'ok';
  let movedAt: Date | undefined;
  const guide = createGuide({
    slack,
    facts: { stateOf: () => state },
    breaks: { isBroken: () => false },
    clock: { movedAt: () => movedAt },
  });
  const done = () => guide.shown().steps.map((step) => (step.done ? 'x' : '.'));
  const say = (text: string) => client.chat.postMessage({ channel: incidents, text });

  const seen = [done().join('')];
  const after = async (change: () => unknown) => {
    await change();
    seen.push(done().join(''));
  };
  await after(() =>
    slack.person('ben').says('#incidents', 'INC-2026-001 Commander: me, approved by me and me'),
  );
  await after(() => {
    state = 'bad';
  });
  await after(() => say('INC-2026-001 · Commander: nobody yet'));
  await after(() => say('INC-2026-001 · Commander: Ana Duarte'));
  await after(() => say('RUN-1 · restore-postgres'));
  await after(() => say('approved by Ana, 10:14:15. 1 of 2. One more person: Ben.'));
  await after(() => say('Update 1 · INC-2026-001'));
  await after(() => say('done and verified · approved by Ana 10:14:15 and Ben 10:14:21'));
  await after(() => {
    state = 'ok';
  });
  await after(() => {
    movedAt = slack.store.now();
    slack.advance(30 * 60_000);
  });
  await after(() => say('Update 2 · INC-2026-001'));
  await after(() => say('Resolved: INC-2026-001'));
  await after(() =>
    client.files.uploadV2({ channel_id: incidents, filename: 'INC-report.md', file: Buffer.from('x') }),
  );
  await slack.stop();

  expect(seen).toEqual([
    '........',
    '........',
    'x.......',
    'xx......',
    'xxx.....',
    'xxxx....',
    'xxxx....',
    'xxxx....',
    'xxxxx...',
    'xxxxxx..',
    'xxxxxx..',
    'xxxxxxx.',
    'xxxxxxx.',
    'xxxxxxxx',
  ]);
  expect(guide.shown().done).toBe(true);
  expect(guide.shown().steps[1]?.type).toEqual({ channel: incidents, text: '/dr declare' });
});

import { afterEach, expect, test } from 'vitest';
import { smallPlan, until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

let bot: SlackBot;
let moving: NodeJS.Timeout | undefined;

afterEach(async () => {
  clearInterval(moving);
  await bot.stop();
});

const channels = () => [...bot.slack.store.channels.values()].filter(({ name }) => name.startsWith('inc-'));

/** Waits until every surface shows what it should. */
const lookedAt = () =>
  until(async () => {
    const { rows } = await bot.db.query('select 1 from deliveries where wanted > done');
    return rows.length === 0;
  }, 'everything to be looked at');

/** How often each thing that is posted once stands in Slack. */
function copies(): number[] {
  const marks = new Map<string, number>();
  const { channels: all, messagesIn } = bot.slack.store;
  for (const { metadata } of [...all.keys()].flatMap((id) => messagesIn(id))) {
    const mark = JSON.stringify(metadata);
    if (mark !== undefined && mark !== 'null') marks.set(mark, (marks.get(mark) ?? 0) + 1);
  }
  return [...marks.values()];
}

test('a channel whose answer was lost is known again and not made twice', async () => {
  bot = await startSlackBot();
  bot.slack.faults.inject({ kind: 'lost-reply', method: 'conversations.create', times: 1 });

  const { room } = await bot.declare();

  expect(channels().map(({ name }) => `#${name}`)).toEqual([room]);
});

test('a channel of somebody else with that name is left alone', async () => {
  bot = await startSlackBot();
  const name = `inc-${new Date().getUTCFullYear()}-001-demo-sign-in-fails-for-most`;
  bot.slack.createChannel(name, { members: ['ana'] });

  const { room } = await bot.declare();

  expect(room).toBe(`#${name}-2`);
  expect(bot.slack.messages(`#${name}`)).toEqual([]);
});

test('when every answer of a post is lost, everything still stands there once', async () => {
  bot = await startSlackBot();
  bot.slack.faults.inject({ kind: 'lost-reply', method: 'chat.postMessage' });
  // Each lost answer makes its surface wait some seconds before it looks: they are moved, not slept.
  moving = setInterval(() => void bot.advance(2_000).catch(() => {}), 200);

  const { room, card } = await bot.ask();
  await bot.approve('ana', room, card.ts);
  await bot.slack.waitForMessage(room, (text) => text.includes('1 of 2'), {
    timeoutMs: 15_000,
    what: 'the vote on the card',
  });

  expect(copies().length).toBeGreaterThanOrEqual(5);
  expect(copies().every((count) => count === 1)).toBe(true);
});

test('a card that somebody removed is posted anew with the next change', async () => {
  bot = await startSlackBot();
  const { id, room } = await bot.declare();
  const removed = bot.slack.messages(room).find((message) => bot.slack.textOf(message).includes(`${id} ·`));
  bot.slack.removeMessage(room, removed?.ts ?? '');

  await bot.slack.person('ana').command(room, '/dr severity SEV3');

  const again = await bot.slack.waitForMessage(room, (text) => text.includes(`${id} · Demo · SEV3`), {
    timeoutMs: 10_000,
    what: 'the card again',
  });
  expect(again.ts).not.toBe(removed?.ts);
});

test('a channel Slack throttles holds up neither another incident nor a dialog', async () => {
  bot = await startSlackBot();
  const first = await bot.declare('The first demo is broken');
  bot.slack.faults.inject({
    kind: 'rate-limited',
    retryAfterSec: 30,
    method: 'chat.update',
    channel: first.room,
  });
  const ana = bot.slack.person('ana');
  await ana.command(first.room, '/dr severity SEV2');

  await ana.command('#incidents', '/dr declare demo sev1 Another demo is broken --new');
  await bot.slack.waitFor(() => channels().length === 2, { timeoutMs: 8_000, what: 'the second channel' });
  const pressed = Date.now();
  await ana.command('#incidents', '/dr declare');
  await bot.filled(ana);

  expect(Date.now() - pressed).toBeLessThan(1_500);
});

test('what did not change is not sent again', async () => {
  bot = await startSlackBot();
  const { id } = await bot.declare();
  await lookedAt();
  // The incident card counts minutes down, so it changes by itself; the announcement does not.
  const announcement = bot.slack.channel('#incidents').id;
  const updates = () => bot.slack.calls('chat.update').filter(({ args }) => args.channel === announcement);
  const before = updates().length;

  await bot.db.transact((tx) => bot.queue.enqueue(tx, { runs: [], owners: [id] }));
  await bot.db.query('update deliveries set done = wanted - 1 where owner = $1', [id]);
  await bot.db.transact((tx) => bot.queue.enqueue(tx, { runs: [], owners: [id] }));
  await lookedAt();

  expect(updates()).toHaveLength(before);
  expect(copies().every((count) => count === 1)).toBe(true);
});

test('a step done by hand asks for evidence, and its button goes with the answer', async () => {
  bot = await startSlackBot({
    plan: planWith({
      id: 'check',
      title: 'Look at the vault',
      uses: 'manual',
      with: { instruction: 'Open the vault', evidence: 'text' },
    }),
  });
  const { room, run } = await started();
  const question = await bot.slack.waitForMessage(room, (text) => text.includes('[Mark as done]'), {
    timeoutMs: 15_000,
    what: 'the question',
  });
  const ana = bot.slack.person('ana');

  await ana.press(room, question.ts, 'Mark as done');
  await bot.filled(ana);
  await ana.fill({ evidence: 'The seal is whole' });
  await ana.submit();

  await until(async () => (await bot.run(run)).outcome === 'done', 'the end of the run');
  await bot.slack.waitFor(() => !buttonsOf(room, question.ts).includes('[Mark as done]'), {
    timeoutMs: 10_000,
    what: 'the button to go',
  });
});

test('a failed step is retried by its button, which then goes', async () => {
  bot = await startSlackBot({ plan: planWith({ id: 'look', title: 'Look at it', uses: 'test.look' }) });
  bot.pretend.fail.set('look', { error: new Error('no answer'), after: false });
  const { room, run } = await started();
  const failed = await bot.slack.waitForMessage(room, (text) => text.includes('[Retry step]'), {
    timeoutMs: 15_000,
    what: 'the failed step',
  });

  bot.pretend.fail.clear();
  await bot.slack.person('ana').press(room, failed.ts, 'Retry step');

  await until(async () => (await bot.run(run)).outcome === 'done', 'the end of the run');
  await bot.slack.waitFor(() => !buttonsOf(room, failed.ts).includes('[Retry step]'), {
    timeoutMs: 10_000,
    what: 'the buttons to go',
  });
  expect(await bot.answered('ana', room, 'It is tried again')).toBeDefined();
});

test('a failed step is skipped with a reason, and not by somebody who may not', async () => {
  bot = await startSlackBot({ plan: planWith({ id: 'look', title: 'Look at it', uses: 'test.look' }) });
  bot.pretend.fail.set('look', { error: new Error('no answer'), after: false });
  const { room, run } = await started();
  const failed = await bot.slack.waitForMessage(room, (text) => text.includes('[Skip step]'), {
    timeoutMs: 15_000,
    what: 'the failed step',
  });
  bot.slack.join('dan', room);
  const skip = async (who: string) => {
    const person = bot.slack.person(who);
    await person.press(room, failed.ts, 'Skip step');
    await bot.filled(person);
    await person.fill({ reason: 'It was checked by hand' });
    await person.submit();
    return person.viewText();
  };

  expect(await skip('dan')).toContain('Nothing was changed');
  expect((await bot.run(run)).outcome).toBeNull();
  await skip('ana');

  await until(async () => (await bot.run(run)).outcome === 'done', 'the end of the run');
});

/** A plan of one runbook with one step. */
function planWith(step: Record<string, unknown>) {
  const runbook = { title: 'Recover the demo', component: 'app', steps: [step] };
  return smallPlan({ runbooks: { recover: runbook } });
}

async function started() {
  const { id, room } = await bot.declare();
  const ana = { person: 'ana', via: 'slack', account: 'U0000000ANA' } as const;
  const result = await bot.runs.start(ana, { incident: id, runbook: 'recover', inputs: {}, reason: null });
  if ('kind' in result) throw new Error(result.code);
  return { room, run: result.run };
}

function buttonsOf(room: string, ts: string): string {
  const message = bot.slack.messages(room).find((each) => each.ts === ts);
  return message === undefined ? '' : bot.slack.textOf(message);
}

import { afterEach, expect, test } from 'vitest';
import { defaultPeople } from '../../sandbox/slack/cast.ts';
import { smallPlan, until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

const MINUTE = 60_000;
let bot: SlackBot;

afterEach(async () => {
  await bot.stop();
});

test('/dr approve opens the dialog of the card, and the vote counts', async () => {
  bot = await startSlackBot();
  const { room, approval } = await bot.ask();
  const ben = bot.slack.person('ben');

  await ben.command(room, '/dr approve');
  const shown = await bot.filled(ben);
  await ben.submit();

  expect(shown).toContain('You are the *first* of 2');
  expect(shown).toContain('Fingerprint');
  expect(ben.viewText()).toContain('1 of 2');
  expect((await bot.approval(approval)).votes.map(({ person }) => person)).toEqual(['ben']);
});

test('a second account of one person does not make two people', async () => {
  bot = await startSlackBot({
    workspace: { people: [...defaultPeople, { key: 'ana2', realName: 'Ana (private)' }] },
  });
  const { room, card, approval } = await bot.ask();
  bot.slack.join('ana2', room);

  await bot.approve('ana', room, card.ts);
  const says = await bot.approve('ana2', room, card.ts);

  expect(says).toContain('belong to one person in people.yml');
  expect((await bot.approval(approval)).votes).toHaveLength(1);
  expect(await bot.refusedClicks(approval)).toEqual(['ana/same-person']);
});

test('a dialog that was open when the approval ended or was vetoed records nothing', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await bot.ask();
  const { ana, ben, mina } = people();
  await bot.review('ana', room, card.ts);
  await bot.review('mina', room, card.ts);

  await bot.veto('ben', room, card.ts, 'The restore point is wrong');
  await ana.submit();
  await mina.submit();

  expect(ben.viewText()).toContain(`Your veto of ${approval} is recorded`);
  expect(ana.viewText()).toContain('Ben Okoye vetoed this');
  expect(ana.viewText()).toContain('The restore point is wrong');
  expect(await bot.refusedClicks(approval)).toEqual(['ana/approval-vetoed', 'mina/approval-vetoed']);
  expect(bot.pretend.done).toEqual([]);
});

test('a click after the clock ran out is refused with the time and the count', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await bot.ask();
  await bot.approve('ana', room, card.ts);
  await bot.review('ben', room, card.ts);

  await bot.advance(61 * MINUTE);
  const { ben } = people();
  await ben.submit();

  expect(ben.viewText()).toMatch(/This approval ended at .* with 1 of 2\. Nothing was recorded/);
  expect(await bot.refusedClicks(approval)).toEqual(['ben/approval-expired']);
  await bot.slack.waitForMessage(room, (text) => /expired .* with 1 of 2/.test(text), {
    timeoutMs: 10_000,
    what: 'the card at its end',
  });
});

test('the card that was asked again carries its own fingerprint, and the old one has no button', async () => {
  bot = await startSlackBot();
  const { room, card } = await bot.ask();
  const { ben } = people();
  await bot.veto('ben', room, card.ts, 'Look at the disk first');
  bot.pretend.bound = 'two';
  await bot.slack.waitForMessage(room, (text) => text.includes('[Ask again]'), {
    timeoutMs: 10_000,
    what: 'the way on',
  });

  await ben.pressNewest(room, 'Ask again');
  const next = await bot.slack.waitForMessage(
    room,
    (text, { ts }) => ts !== card.ts && text.includes('[Review and approve]'),
    { timeoutMs: 15_000, what: 'the new card' },
  );

  expect(fingerprintOn(next.ts, room)).not.toBe(fingerprintOn(card.ts, room));
  await expect(ben.press(room, card.ts, 'Review and approve')).rejects.toThrow();
  expect(await bot.approve('ben', room, next.ts)).toContain('1 of 2');
});

test('approvals are closed where another organisation reads along', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await bot.ask();
  bot.slack.share(room);

  const says = await bot.approve('ana', room, card.ts);

  expect(says).toContain('shared with another organisation');
  expect(await bot.refusedClicks(approval)).toEqual(['ana/shared-channel']);
});

test('who left since the dialog was opened is refused, and is told another way', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await bot.ask();
  await bot.review('ben', room, card.ts);

  // The account is gone while the dialog is open on the other screen.
  await bot.deps.accounts.save('U0000000BEN', 'inactive', null);
  await people().ben.submit();

  expect(people().ben.viewText()).toContain('is deactivated or could not be checked now');
  expect(await bot.refusedClicks(approval)).toEqual(['ben/account-inactive']);
});

test('when Slack cannot say who somebody is, the vote does not count', async () => {
  bot = await startSlackBot();
  const { room, card, approval } = await bot.ask();
  bot.slack.faults.inject({ kind: 'http-500', method: 'users.info' });

  const says = await bot.approve('ana', room, card.ts);

  expect(says).toContain('could not be checked now');
  expect((await bot.approval(approval)).votes).toEqual([]);
});

test('who asked may not approve where the plan says so', async () => {
  bot = await startSlackBot({
    plan: smallPlan({ approvals: { approvers: ['ana', 'ben', 'mina'], requesterCounts: false } }),
  });
  const { room, card, approval } = await bot.ask();

  const says = await bot.approve('ana', room, card.ts);

  expect(says).toContain('two other people must approve');
  expect(says).toContain('Eligible now: Ben Okoye, Mina Sato');
  expect(await bot.refusedClicks(approval)).toEqual(['ana/requester-cannot-approve']);
});

test('two people who press at the same moment approve once each, and the gate opens once', async () => {
  bot = await startSlackBot();
  bot.slack.faults.redeliver(2);
  const { room, card, approval, run } = await bot.ask();
  await bot.review('ana', room, card.ts);
  await bot.review('ben', room, card.ts);

  await Promise.all([people().ana.submit(), people().ben.submit()]);
  await until(async () => (await bot.run(run)).outcome === 'done', 'the end of the run');
  await bot.slack.settled();

  expect((await bot.approval(approval)).votes.map(({ person }) => person).sort()).toEqual(['ana', 'ben']);
  expect(await bot.refusedClicks(approval)).toEqual([]);
  expect(bot.pretend.done).toEqual(['stop', 'swap']);
});

function people() {
  const [ana, ben, mina] = ['ana', 'ben', 'mina'].map((who) => bot.slack.person(who));
  if (ana === undefined || ben === undefined || mina === undefined) throw new Error('nobody is there');
  return { ana, ben, mina };
}

function fingerprintOn(ts: string, room: string): string | undefined {
  const shown = bot.slack.messages(room).find((message) => message.ts === ts);
  return shown && bot.slack.textOf(shown).match(/[0-9A-Z]{4}-[0-9A-Z]{4}/)?.[0];
}

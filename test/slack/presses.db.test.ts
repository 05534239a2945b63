import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultPeople } from '../../sandbox/slack/cast.ts';
import { personId } from '../../sandbox/slack/index.ts';
import { smallPlan } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

const OUTSIDERS = [
  ['a guest', 'eli', 'guest-or-external', 'Guests and people from other organisations'],
  ['a person of another organisation', 'sam', 'guest-or-external', 'Guests and people from other organ'],
  ['a workflow', 'robot', 'bot-cannot-approve', 'A bot or workflow pressed this button'],
] as const;

let bot: SlackBot;
let asked: Awaited<ReturnType<SlackBot['ask']>>;

/** Enough steps for a second page of details. */
const looks = Array.from({ length: 12 }, (_, n) => ({
  id: `look-${n}`,
  title: `Look ${n}`,
  uses: 'test.look',
}));
const effect = { id: 'stop', title: 'Stop the demo', uses: 'test.effect', with: { name: 'stop' } };
const recover = {
  title: 'Recover the demo',
  component: 'app',
  steps: [...looks, { gate: 'change', title: 'Change it', impact: 'No demo for a moment', steps: [effect] }],
};

beforeAll(async () => {
  bot = await startSlackBot({
    plan: smallPlan({ runbooks: { recover } }),
    workspace: {
      people: [
        ...defaultPeople,
        { key: 'sam', realName: 'Sam Other', stranger: true, team: 'T0000OTHERS' },
        { key: 'robot', realName: 'Handover Flow', workflowBot: true },
      ],
    },
  });
  asked = await bot.ask();
  for (const [, who] of OUTSIDERS) bot.slack.join(who, asked.room);
  bot.slack.join('chloe', asked.room);
});

afterAll(async () => {
  await bot.stop();
});

const HERE = 'members of the workspace';

describe.each(OUTSIDERS)('%s', (_, who, code, words) => {
  test('cannot act with a button', async () => {
    bot.slack.join(who, '#incidents');

    await bot.slack.person(who).pressNewest('#incidents', 'Take command');

    expect(await bot.answered(who, '#incidents', HERE)).toContain('Nothing was changed.');
    expect(await bot.count('incident.role-assigned')).toBe(0);
  });

  test('finds no form behind a button', async () => {
    const person = bot.slack.person(who);

    await person.pressNewest(asked.room, 'Post update');

    expect(await bot.filled(person)).toContain(HERE);
    expect(person.view()?.definition).not.toHaveProperty('submit');
  });

  test('cannot vote, and the try is kept', async () => {
    const says = await bot.approve(who, asked.room, asked.card.ts);

    expect(says).toContain(words);
    expect((await bot.approval(asked.approval)).votes).toEqual([]);
    expect((await bot.refusedClicks(asked.approval)).at(-1)).toBe(`nobody/${code}`);
  });
});

test('who became a guest while a form was open cannot send it', async () => {
  const chloe = bot.slack.person('chloe');
  await chloe.command(asked.room, '/dr note');
  await bot.filled(chloe);
  await chloe.fill({ note: 'I may not say this' });

  bot.slack.makeGuest('chloe');
  await bot.slack.settled();
  await bot.deps.accounts.save(personId('chloe'), 'guest', null);
  await chloe.submit();

  expect(chloe.viewText()).toContain(HERE);
  expect(await bot.count('incident.note-added')).toBe(0);
});

describe('a card that was tampered with', () => {
  const rewrite = (change: (blocks: string) => string) => {
    const card = bot.slack.messages(asked.room).find(({ ts }) => ts === asked.card.ts);
    if (card === undefined) throw new Error('the card is gone');
    const original = card.blocks;
    card.blocks = JSON.parse(change(JSON.stringify(original)));
    return () => {
      card.blocks = original;
    };
  };

  test('with the digest of another plan is refused as an old one, and the press is kept', async () => {
    const mend = rewrite((blocks) => blocks.replace(/digest=[0-9a-f]{64}/g, `digest=${'0'.repeat(64)}`));

    const shown = await bot.review('ben', asked.room, asked.card.ts);
    mend();

    expect(shown).toContain('This card is old, so nothing was recorded');
    expect(bot.slack.person('ben').view()?.definition).not.toHaveProperty('submit');
    expect((await bot.refusedClicks(asked.approval)).at(-1)).toBe('ben/approval-superseded');
  });

  test('with another object in its words does not deceive: the dialog is drawn from the database', async () => {
    const mend = rewrite((blocks) => blocks.replaceAll('does something', 'deletes a test table'));

    const card = bot.slack.person('ben').reads(asked.room);
    const shown = await bot.review('ben', asked.room, asked.card.ts);
    mend();

    expect(card).toContain('deletes a test table');
    expect(shown).toContain('does something');
    expect(shown).not.toContain('deletes a test table');
  });
});

test('the dialog says when its facts were read and claims nothing of what has happened since', async () => {
  const shown = await bot.review('ben', asked.room, asked.card.ts);

  expect(shown).toMatch(/All of this was read at \d\d:\d\d:\d\d UTC for the card, .+ ago, and not since\./);
  expect(shown).not.toContain('nothing has changed');
});

test('the same button pressed twice in one second records one thing, and both presses are answered', async () => {
  const ana = bot.slack.person('ana');
  const press = () => ana.pressNewest('#incidents', 'Take command');

  await Promise.all([press(), press()]);
  const answers = () => ana.reads('#incidents').split('You are commander now.').length - 1;
  await bot.slack.waitFor(() => answers() === 2, { what: 'two answers' });

  expect(await bot.count('incident.role-assigned')).toBe(1);
});

test('pages of details follow one another in one dialog: Slack stacks three', async () => {
  const ben = bot.slack.person('ben');
  const card = bot.slack
    .messages(asked.room)
    .find((message) => bot.slack.textOf(message).includes('RUN-1 · recover'));
  await ben.press(asked.room, card?.ts ?? '', 'Details');
  const page = (number: number) =>
    bot.slack.waitFor(() => ben.viewText().includes(`page ${number} of 2`), { what: `page ${number}` });

  await page(1);
  for (const number of [2, 1, 2, 1]) {
    await ben.pressInView(number === 2 ? 'More steps' : 'First steps');
    await page(number);
  }

  expect(bot.slack.store.modals.get(personId('ben'))).toHaveLength(1);
});

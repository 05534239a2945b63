import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

const TOO_LATE = 'The form could not be opened in time.';
let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.stop();
});

/** The next dialog comes too late, as after three seconds. */
const tooLate = () =>
  bot.slack.faults.inject({ kind: 'error', error: 'expired_trigger_id', method: 'views.open', times: 1 });

test('a form that came too late says so and is offered again: typed, by a button, by a menu', async () => {
  const ana = bot.slack.person('ana');
  tooLate();

  await ana.command('#incidents', '/dr declare');
  const said = await bot.answered('ana', '#incidents', TOO_LATE);
  await ana.pressNewest('#incidents', 'Open the form');

  expect(said).toContain('Nothing was declared.');
  expect(await bot.filled(ana)).toContain('What is wrong?');

  await ana.closeView();
  const { room } = await bot.declare();
  tooLate();
  await ana.pressNewest(room, 'Run a runbook');
  expect(await bot.answered('ana', room, TOO_LATE)).toContain('Nothing was done.');
  await ana.pressNewest(room, 'Open the form');
  expect(await bot.filled(ana)).toContain('Recover the demo');
});

test('a review that came too late opens by the button in the answer, for the same card', async () => {
  const { room, card, approval } = await bot.ask();
  const ben = bot.slack.person('ben');
  tooLate();

  await ben.press(room, card.ts, 'Review and approve');
  await bot.answered('ben', room, TOO_LATE);
  await ben.pressNewest(room, 'Open the form');
  const shown = await bot.filled(ben);
  await ben.submit();

  expect(shown).toContain('Fingerprint');
  expect((await bot.approval(approval)).votes).toHaveLength(1);
});

test('a database that is slow loses no dialog: it opens first and is filled when there is something to show', async () => {
  const { room, card } = await bot.ask();
  const { ana, ben } = { ana: bot.slack.person('ana'), ben: bot.slack.person('ben') };
  const lock = await holdDocuments();

  const outcome = await ana.command('#incidents', '/dr declare');
  await ben.press(room, card.ts, 'Review and approve');
  await sleep(3_100);
  const loading = [ana.viewText(), ben.viewText()];
  await lock.release();

  expect(outcome.acked && outcome.afterMs).toBeLessThan(1_000);
  expect(loading).toEqual([expect.stringContaining('Reading'), expect.stringContaining('Reading')]);
  expect(await bot.filled(ana)).toContain('What is wrong?');
  expect(await bot.filled(ben)).toContain('Fingerprint');
});

test('a dialog that is closed while it is filled leaves no fault behind', async () => {
  const ana = bot.slack.person('ana');
  bot.slack.faults.inject({ kind: 'error', error: 'not_found', method: 'views.update', times: 1 });

  await ana.command('#incidents', '/dr declare');
  await bot.slack.waitFor(() => bot.slack.calls('views.update').length > 0, { what: 'the update' });
  await bot.declare();

  expect(bot.logs.filter(({ message }) => message === 'a handler failed')).toEqual([]);
});

test('the form names each fault under its field and stays open', async () => {
  const ana = bot.slack.person('ana');
  await ana.command('#incidents', '/dr declare');
  await bot.filled(ana);

  await ana.fill({ title: 'x' });
  const short = await ana.submit();
  await ana.fill({ title: 'y'.repeat(121) });
  const long = await ana.submit();
  await ana.fill({ title: '\u200b\u2060\u200b\u200b\u200b\u2060' });
  const invisible = await ana.submit();

  expect(short).toMatchObject({ errors: { title: expect.stringContaining('Say in a few words') } });
  expect(long).toMatchObject({ errors: { title: expect.stringContaining('121 of 120 characters') } });
  expect(invisible).toMatchObject({ errors: { title: expect.stringContaining('no readable text') } });
  expect(await bot.queries.incidents()).toEqual([]);

  await ana.fill({ title: 'Sign-in fails for most' });
  expect(await ana.submit()).toMatchObject({ kind: 'view' });
  expect(ana.viewText()).toContain('INC-2026-001 is recorded');
});

test.each([
  ['join', 'SEV1', 1],
  ['declare', 'SEV1', 2],
] as const)('an incident like it is open: %s', async (choice, severity, incidents) => {
  const { id, room } = await bot.declare();
  const chloe = bot.slack.person('chloe');
  await chloe.command('#incidents', '/dr declare');
  await bot.filled(chloe);
  await chloe.fill({ title: 'Nobody can sign in', severity });

  await chloe.submit();
  expect(chloe.viewText()).toContain(`${id} is open for Demo`);
  await chloe.fill({ choice });
  await chloe.submit();

  expect(await bot.queries.incidents()).toHaveLength(incidents);
  if (choice === 'join') expect([...bot.slack.channel(room).members]).toContain('U00000CHLOE');
});

test('an incident like it is open: Ben raises it, and his words become a note', async () => {
  const { id } = await bot.declare('The demo is slow', 'sev3');
  const ben = bot.slack.person('ben');
  await ben.command('#incidents', '/dr declare');
  await bot.filled(ben);
  await ben.fill({ title: 'Nobody can sign in', severity: 'SEV1' });
  await ben.submit();

  await ben.fill({ choice: 'raise' });
  await ben.submit();

  const events = await bot.queries.events(id);
  expect(ben.viewText()).toContain(`Your text is a note of ${id}`);
  expect((await bot.queries.incidents())[0]).toMatchObject({ id, severity: 'SEV1' });
  expect(events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ kind: 'incident.note-added', text: 'Nobody can sign in' }),
  );
});

test.each([
  ['Join', 1, 'SEV3'],
  ['Raise to SEV1', 1, 'SEV1'],
] as const)(
  'typed words for an open incident give the choice as buttons: %s',
  async (label, count, severity) => {
    const { id } = await bot.declare('The demo is slow', 'sev3');
    const ben = bot.slack.person('ben');
    await ben.command('#incidents', '/dr declare demo sev1 Nobody can sign in');
    await bot.answered('ben', '#incidents', `${id} is open`);

    await ben.pressNewest('#incidents', label === 'Join' ? `Join ${id}` : label);

    await until(async () => (await bot.queries.incidents())[0]?.severity === severity, severity);
    expect(await bot.queries.incidents()).toHaveLength(count);
  },
);

test('typed words are kept for a new incident in spite of the open one, and that is asked once', async () => {
  const { id } = await bot.declare('The demo is slow', 'sev3');
  const ben = bot.slack.person('ben');
  await ben.command('#incidents', '/dr declare demo sev1 Nobody can sign in');
  await bot.answered('ben', '#incidents', `${id} is open`);

  await ben.pressNewest('#incidents', 'Declare a new one');
  const shown = await bot.filled(ben);

  expect(shown).toContain('What is wrong?');
  expect(JSON.stringify(ben.view()?.state.severity)).toContain('SEV1');
  expect(JSON.stringify(ben.view()?.state.title)).toContain('Nobody can sign in');
  await ben.submit();
  expect(await bot.queries.incidents()).toHaveLength(2);
});

test('a runbook that is typed shows its preview, which starts it', async () => {
  const { room } = await bot.declare();
  const ana = bot.slack.person('ana');

  await ana.command(room, '/dr run recover');
  const shown = await bot.filled(ana);
  await ana.submit();

  expect(shown).toContain('Nothing has been changed by this preview');
  expect(shown).not.toContain('shared with another organisation');
  await bot.slack.waitForMessage(room, (text) => text.includes('RUN-1 · recover'), {
    timeoutMs: 10_000,
    what: 'the run card',
  });
});

test('a preview warns where another organisation reads along, because no approval counts there', async () => {
  const { room } = await bot.declare();
  const ana = bot.slack.person('ana');
  bot.slack.share(room);

  await ana.command(room, '/dr run recover');

  expect(await bot.filled(ana)).toContain('shared with another organisation, where no approval counts');
});

test('who could not be added to the channel is not told otherwise', async () => {
  const { id } = await bot.declare();
  const ben = bot.slack.person('ben');
  await ben.command('#incidents', '/dr declare demo sev1 Nobody can sign in');
  await bot.answered('ben', '#incidents', `${id} is open`);
  bot.slack.faults.inject({ kind: 'error', error: 'restricted_action', method: 'conversations.invite' });

  await ben.pressNewest('#incidents', `Join ${id}`);

  expect(await bot.answered('ben', '#incidents', 'could not add you')).not.toContain('You are in');
});

/** Holds the table of plans, so that whoever reads it waits. */
async function holdDocuments(): Promise<{ release(): Promise<void> }> {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = () => {};
  const ready = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const held = bot.owner.transact(async (tx) => {
    await tx.query('lock table documents in access exclusive mode');
    locked();
    await until;
  });
  await ready;
  return {
    release: () => {
      release();
      return held;
    },
  };
}

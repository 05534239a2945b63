import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../src/domain/events.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Words as phones, pranks and accidents make them, through whole commands: Slack, Bolt, services, PostgreSQL, cards. */

let bot: SlackBot;
let id: string;
let room: string;

beforeAll(async () => {
  bot = await startSlackBot();
  ({ id, room } = await bot.declare());
});

afterAll(async () => {
  await bot.stop();
});

async function newest<Kind extends DomainEvent['kind']>(kind: Kind, incident = id) {
  const events = await bot.queries.events(incident);
  return events
    .map(({ event }) => event)
    .filter((event): event is Extract<DomainEvent, { kind: Kind }> => event.kind === kind)
    .at(-1);
}

/** Everything that stands in the workspace, as Slack got it. */
function raw(): string {
  const shown = [room, '#incidents'].flatMap((place) => bot.slack.person('ana').sees(place));
  return JSON.stringify(shown.filter(({ user }) => user === bot.slack.botUserId));
}

const WORDS = [
  ['phone quotes', '“Support counts 40 tickets”', 'Support counts 40 tickets'],
  ['quotes of other languages', '„Nichts geht“ «rien»', 'Nichts geht rien'],
  ['a NUL', 'before\u0000after', 'beforeafter'],
  ['marks that turn the line around', '\u202eetorw ogla\u202c \u2066here\u2069', 'etorw ogla here'],
  ['a call to everybody', '<!channel> <!everyone> look', '<!channel> <!everyone> look'],
  ['a link that says something else', '<https://evil.example|ok>', '<https://evil.example|ok>'],
  ['forged bold', '*APPROVED by CTO* :white_check_mark:', '*APPROVED by CTO* :white_check_mark:'],
] as const;

describe.each(WORDS)('%s', (_, typed, meant) => {
  test('in a note', async () => {
    const ana = bot.slack.person('ana');
    const notes = await bot.count('incident.note-added');

    await ana.command(room, `/dr note ${typed}`);
    await bot.slack.waitFor(async () => (await bot.count('incident.note-added')) > notes, { what: 'a note' });

    expect(await newest('incident.note-added')).toMatchObject({ text: meant });
  });

  test('in a title that is corrected, and inert wherever it is shown', async () => {
    const number = (await bot.count('incident.edited')) + 1;

    await bot.slack
      .person('ana')
      .command(room, `/dr edit title=“Title ${number}: ${typed.replace(/[“”„«»]/g, '')}”`);
    for (const place of [room, '#incidents'])
      await bot.slack.waitForMessage(place, (text) => text.includes(`> Title ${number}: `), {
        what: 'the new title',
      });

    expect(raw()).not.toMatch(/<!channel>|<!everyone>|<https:\/\/evil|[\u0000\u202e\u202c\u2066\u2069]/);
    expect(raw()).not.toMatch(/\*APPROVED|∗ :white_check_mark:/);
  });
});

test('all of it at once declares an incident whose channel, cards and announcement are inert', async () => {
  const typed = WORDS.map(([, words]) => words.replace(/[“”„«»]/g, ''))
    .join(' ')
    .slice(0, 110);

  const other = await bot.declare(typed);

  expect(other.room).toMatch(/^#inc-\d{4}-002-demo-[a-z0-9-]+$/);
  expect(JSON.stringify(bot.slack.messages(other.room))).toContain('&lt;!channel&gt;');
  expect(raw()).not.toMatch(/<!channel>|<https:\/\/evil|[\u0000\u202e\u202c\u2066\u2069]/);
});

const LONG = `${'Sign-in & <token> refresh fail. '.repeat(1_250)}THE END`;

test.each([
  ['declare', `/dr declare demo sev1 --new ${LONG}`],
  ['note', `/dr note ${LONG}`],
  ['edit', `/dr edit title="${LONG}"`],
])('40,000 characters to /dr %s are refused in words and given back whole', async (_, typed) => {
  const ana = bot.slack.person('ana');
  ana.reload();
  const { rows: before } = await bot.db.query('select seq from events');

  await ana.command(room, typed);
  await bot.slack.waitFor(() => ana.reads(room).includes('THE END'), { timeoutMs: 8_000, what: 'the end' });

  const said = ana.sees(room).filter(({ ephemeralTo }) => ephemeralTo !== undefined);
  const [refusal, ...parts] = said.map((message) => bot.slack.textOf(message));
  expect(refusal).toMatch(/has \d+ of \d+ characters\. Nothing was recorded\./);
  expect(parts.join('')).toBe(typed.replace(/^\/dr /, ''));
  expect((await bot.db.query('select seq from events')).rows).toHaveLength(before.length);
});

test('words for an incident that may be open already are given back, too', async () => {
  const words = 'Nobody in the northern region can refresh a token since the last release went out';
  const ana = bot.slack.person('ana');

  await ana.command(room, `/dr declare demo sev2 ${words}`);

  expect(await bot.answered('ana', room, words)).toBe(`declare demo sev2 ${words}`);
  expect(ana.reads(room)).toContain('[Declare a new one]');
});

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { BOT, type UpdateText } from '../../src/domain/events.ts';
import { until } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

const MINUTE = 60_000;
let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot();
});

afterAll(async () => {
  await bot.stop();
});

describe('while Slack is away', () => {
  let id: string;
  let room: string;

  beforeEach(async () => {
    await bot.slack.waitFor(() => bot.slack.sockets.count() > 0, { timeoutMs: 12_000, what: 'the socket' });
    ({ id, room } = await bot.declare());
  });

  const update = (changed: string): UpdateText => ({
    status: 'investigating',
    impact: 'Nobody can sign in',
    changed,
    next: 'Work goes on.',
    expectedBack: null,
  });
  const publish = async (changed: string) => {
    await bot.incidents.publish(BOT, id, update(changed), { automatic: false });
  };
  /** The numbered updates that stand in a channel, in the order people read them. */
  const numbers = (channel: string) =>
    bot.slack
      .messages(channel)
      .map((message) => bot.slack.textOf(message).match(new RegExp(`Update (\\d+) · ${id}`))?.[1])
      .filter((number) => number !== undefined)
      .map(Number);
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

  test('for a minute, everything that happened is told afterwards: once, and in order', async () => {
    await publish('Before the outage');
    await bot.slack.waitFor(() => numbers(room).length === 1, { what: 'the first update' });

    const end = bot.slack.faults.outage();
    for (const changed of ['Found it', 'Mending it', 'Nearly there']) {
      await publish(changed);
      await sleep(200);
    }
    await bot.incidents.setSeverity({ person: 'ana', via: 'cli', account: null }, id, 'SEV2');
    await publish('It works again');
    await bot.advance(MINUTE);
    // Slack comes back haltingly: what waits behind the first message must not overtake it.
    bot.slack.faults.inject({ kind: 'http-500', method: 'chat.postMessage', times: 1 });
    end();
    await publish('After the outage');
    const minutes = setInterval(() => void bot.advance(MINUTE / 2), 500);

    await bot.slack.waitFor(() => numbers('#incidents').length >= 6, {
      timeoutMs: 20_000,
      what: 'all copies',
    });
    clearInterval(minutes);
    await lookedAt();
    expect(numbers(room)).toEqual(upTo(6));
    expect(numbers('#incidents')).toEqual(upTo(6));
    expect(bot.slack.messages(room).map(bot.slack.textOf).join()).toContain('· SEV2 ·');
  });

  test('the answers to fifty posts are lost, and each message stands there once', async () => {
    const mend = bot.slack.faults.inject({ kind: 'lost-reply', method: 'chat.postMessage' });

    for (const number of upTo(25)) await publish(`Step ${number}`);

    const all = () => numbers(room).length + numbers('#incidents').length >= 50;
    await bot.slack.waitFor(all, { timeoutMs: 30_000, what: 'every update and its copy' });
    await lookedAt();
    mend();
    expect(numbers(room)).toEqual(upTo(25));
    expect(numbers('#incidents')).toEqual(upTo(25));
  });

  const lookedAt = () =>
    until(async () => {
      const { rows } = await bot.db.query('select 1 from deliveries where wanted > done');
      return rows.length === 0;
    }, 'everything to be looked at');
});

describe('while PostgreSQL is away', () => {
  const LONG = 'The support desk counts forty tickets, all from the northern region, since the release';
  let room: string;
  let admin: Client;

  beforeAll(async () => {
    admin = new Client({ connectionString: inject('postgresUrl') });
    await admin.connect();
    ({ room } = await bot.declare('Nobody can refresh a token'));
  });

  afterAll(async () => {
    await admin.end();
  });

  /** Ends every session of the bot and lets none in. Returns how to let it in again. */
  async function refuseAll(): Promise<() => Promise<void>> {
    const { name } = bot.home;
    await admin.query(`alter database ${name} connection limit 0`);
    await endSessions();
    return async () => void (await admin.query(`alter database ${name} connection limit -1`));
  }

  async function endSessions(): Promise<void> {
    const others = 'datname = $1 and usename = $2';
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`, [
      bot.home.name,
      'drbot',
    ]);
  }

  /** Holds a table, so that whoever wants it waits. */
  async function hold(table: string): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: bot.home.ownerUrl });
    await client.connect();
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    return () => client.end();
  }

  const inboxRows = async (kind: string) =>
    (await bot.db.query('select 1 from inbox where kind = $1', [kind])).rows.length;
  const take = async () => bot.slack.person('ana').pressNewest('#incidents', 'Take command');

  test('a command, a click and a form are answered in words, and nothing that was typed is lost', async () => {
    const ana = bot.slack.person('ana');
    await ana.command(room, '/dr note');
    await bot.filled(ana);
    await ana.fill({ note: 'Support counts 40 tickets' });
    const notes = await bot.count('incident.note-added');

    const letIn = await refuseAll();
    const sent = await ana.submit();
    expect(sent).toMatchObject({
      kind: 'errors',
      errors: { note: expect.stringContaining('what you typed is still here') },
    });
    await letIn();
    await ana.submit();
    expect(await bot.count('incident.note-added')).toBe(notes + 1);

    const letInAgain = await refuseAll();
    const typed = await ana.command(room, `/dr note ${LONG}`);
    const pressed = await take();
    const words = await bot.answered('ana', room, 'cannot reach its own database');
    const given = await bot.answered('ana', room, LONG);
    const clicked = await bot.answered('ana', '#incidents', 'does not count');
    await letInAgain();

    expect(words).toContain('Your command was not carried out.');
    expect(given).toBe(`note ${LONG}`);
    expect(clicked).toContain('Press again in a minute');
    for (const outcome of [typed, pressed]) expect(outcome.acked && outcome.afterMs).toBeLessThan(3_000);
    expect(await bot.count('incident.note-added')).toBe(notes + 1);
  });

  test('one that hangs is told of within three seconds, and the same form can be sent again', async () => {
    const [ana, ben] = [bot.slack.person('ana'), bot.slack.person('ben')];
    ana.reload();
    await ben.command(room, '/dr note');
    await bot.filled(ben);
    await ben.fill({ note: 'Once is enough' });
    const notes = await bot.count('incident.note-added');
    const release = await hold('inbox');

    const [typed, pressed, sent] = await Promise.all([ana.command(room, '/dr list'), take(), ben.submit()]);
    await release();

    expect(ana.reads(room)).toContain('Your command was not carried out.');
    expect(sent).toMatchObject({ kind: 'errors' });
    await bot.answered('ana', '#incidents', 'does not count');
    for (const outcome of [typed, pressed]) expect(outcome.acked && outcome.afterMs).toBeLessThan(3_000);
    await until(async () => (await inboxRows('view')) > 0, 'the inbox row that came too late');
    expect(await ben.submit()).toEqual({ kind: 'closed' });
    expect(await bot.count('incident.note-added')).toBe(notes + 1);
    expect(await bot.count('incident.role-assigned')).toBe(0);
  });

  test('a form that is recorded slowly is acknowledged in time and says how it ended', async () => {
    const ana = bot.slack.person('ana');
    await ana.command(room, '/dr note');
    await bot.filled(ana);
    await ana.fill({ note: 'It took a while' });
    const notes = await bot.count('incident.note-added');
    const release = await hold('documents');

    const sent = await ana.submit();
    const meanwhile = ana.viewText();
    await release();

    expect(sent).toMatchObject({ kind: 'view' });
    expect(meanwhile).toContain('What you sent is being recorded');
    expect(await bot.filled(ana)).toContain('What you sent is recorded.');
    expect(await bot.count('incident.note-added')).toBe(notes + 1);
  });

  test('a command it dies under says that it works, and then that it may not have been carried out', async () => {
    const ana = bot.slack.person('ana');
    ana.reload();
    const release = await hold('documents');

    await ana.command(room, `/dr note ${LONG}`);
    await bot.answered('ana', room, 'Working on /dr note. The answer comes here.');
    await endSessions();
    const says = await bot.answered('ana', room, "The bot's database stopped answering");
    const given = await bot.answered('ana', room, LONG);
    await release();

    expect(says).toContain('may not have been carried out; /dr status shows what is recorded');
    expect(given).toBe(`note ${LONG}`);
  });
});

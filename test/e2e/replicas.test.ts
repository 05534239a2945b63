import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startPgBouncer } from '../../sandbox/pgbouncer.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { type Replicas, startReplicas } from '../../sandbox/replicas.ts';
import { startSoak } from '../../sandbox/soak.ts';
import { startTcpProxy, type TcpProxy } from '../../sandbox/tcp-proxy.ts';
import { createDatabase } from '../../src/store/database.ts';
import { verifyRecords } from '../../src/store/replay.ts';
import { requireSessions } from '../../src/store/sessions.ts';

/** `npm run soak` does the same with a hundred crashes. */
const CRASHES = 3;

/** Two real bots on one database, a pretend workspace, and a line to the database that can fall silent. */
let replicas: Replicas;
let proxy: TcpProxy;

beforeAll(async () => {
  replicas = await startReplicas({
    looks: 4,
    slack: 'socket',
    way: async ({ bot }) => {
      proxy = await startTcpProxy({ port: bot.cluster.port });
      return Object.assign(new URL(bot.url), { port: String(proxy.port) }).href;
    },
  });
  await replicas.start('one');
  await replicas.start('two');
});

afterAll(async () => {
  await replicas?.stop();
  await proxy?.stop();
});

const Logged = z.looseObject({ kind: z.string() });

async function logged(where: 'stream_id' | 'stream_type', is: string) {
  const rows = await queryOnce(
    replicas.world.bot.superuserUrl,
    `select convert_from(canon, 'UTF8')::jsonb -> 'event' as event from public.events where ${where} = $1 order by seq`,
    [is],
  );
  return rows.map(({ event }) => Logged.parse(event));
}

const people = () => {
  const bot = replicas.bots.get('one');
  if (bot === undefined) throw new Error('The first replica was not started.');
  return replicas.people(bot);
};

/** Starts the runbook that looks once a second, lets something happen to it, and returns its log once it is over. */
async function watching(happen: () => Promise<unknown>) {
  const run = await people().startRun('ana', ['demo', 'sev2', 'The demo is slow', '--new'], 'watch');
  await replicas.nextLook(() => true);
  await happen();
  const { run: over } = await people().untilOver(run);
  const log = await logged('stream_id', run);
  expect(over.outcome).toBe('done');
  expect(log.filter(({ kind }) => kind === 'step.finished')).toHaveLength(1);
  expect(log.filter(({ kind }) => kind === 'run.finished')).toHaveLength(1);
  expect(await people().dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
  return log.map(({ kind, attempt }) => (attempt === undefined ? kind : `${kind} ${attempt}`));
}

test('the replica that works is stopped, then killed -9: each time the other one goes on with the same run', async () => {
  const taken: number[] = [];

  const log = await watching(async () => {
    for (const how of ['SIGTERM', 'SIGKILL'] as const) {
      const { ms, ended } = await replicas.takeOver(how);
      taken.push(ms);
      if (how === 'SIGTERM') await replicas.start(ended);
    }
  });

  // How fast it is, is measured by `npm run bench -- takeover`, on a machine that does nothing else.
  expect(taken[0]).toBeLessThan(5_000);
  expect(taken[1]).toBeLessThan(25_000);
  expect(log).toEqual([
    'run.started',
    'step.started 1',
    'step.started 2',
    'step.started 3',
    'step.finished 3',
    'run.finished',
  ]);
});

test('both replicas are restarted one after the other while people click: every click is answered and carried out once', async () => {
  const { slack } = replicas.world;
  await replicas.start('one');
  await replicas.start('two');
  await slack.waitFor(() => slack.sockets.count() === 2, { timeoutMs: 20_000, what: 'both connections' });
  const ana = slack.person('ana');
  await ana.command('#incidents', '/dr declare demo sev2 Clicked under a restart --new');
  const room = await slack.waitFor(
    () => [...slack.store.channels.values()].find(({ name }) => name.includes('clicked-under-a-restart')),
    { timeoutMs: 15_000, what: 'the channel of the incident' },
  );
  await slack.waitForMessage(`#${room.name}`, (text) => text.includes('Clicked under a restart'), {
    timeoutMs: 15_000,
  });
  let clicking = true;
  let failures = 0;
  /** As a person does it: what Slack says has failed is typed again, under another number to tell them apart. */
  const typed: { readonly text: string; readonly acked: boolean }[] = [];
  const click = async (fact: number): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      const text = `Fact ${fact}.${attempt}`;
      const { acked } = await ana.command(`#${room.name}`, `/dr note ${text}`);
      typed.push({ text, acked });
      if (acked) return;
      failures++;
    }
  };
  const clicks = (async () => {
    const all: Promise<void>[] = [];
    for (let fact = 0; clicking; fact++) {
      all.push(click(fact));
      await sleep(50);
    }
    await Promise.all(all);
  })();

  for (const name of ['one', 'two']) {
    await replicas.bots.get(name)?.terminate();
    await replicas.start(name);
    await slack.waitFor(() => slack.sockets.count() === 2, { timeoutMs: 20_000, what: 'both connections' });
  }
  clicking = false;
  await clicks;
  const acknowledged = typed.filter(({ acked }) => acked).map(({ text }) => text);
  const notes = async () =>
    (await logged('stream_type', 'incident'))
      .filter(({ kind }) => kind === 'incident.note-added')
      .map(({ text }) => String(text))
      .toSorted();
  const apologies = () =>
    ana
      .sees(`#${room.name}`)
      .map(slack.textOf)
      .filter((text) => /Nothing was done|carried out/.test(text));
  // What is still being carried out when the last click is acknowledged ends within moments.
  await expect
    .poll(async () => ({ notes: await notes(), apologies: apologies() }), { timeout: 10_000 })
    .toEqual({ notes: acknowledged.toSorted(), apologies: [] });

  expect(acknowledged.length).toBeGreaterThan(40);
  // A click that meets the goodbye on its way cannot be acknowledged: at most one for each replica that stopped.
  expect(failures).toBeLessThanOrEqual(2);
});

test('PostgreSQL crashes again and again in the middle of steps and clicks: nothing is lost in silence, nothing happens twice', async () => {
  const soak = await startSoak(replicas);

  const soaked = await soak.restart(CRASHES);

  expect(soaked.faults).toEqual([]);
  expect(soaked.notes.recorded).toBeGreaterThan(5);
  expect(soaked.runs).toBeGreaterThan(0);
  const db = createDatabase(replicas.world.bot.url, { max: 1 });
  expect(await verifyRecords(db)).toMatchObject({ ok: true });
  await db.close();
});

test('a pooler in transaction mode is refused at the start with the reason, one in session mode is not', async () => {
  const { folder, bot } = replicas.world;
  const [transaction, session] = await Promise.all(
    (['transaction', 'session'] as const).map((poolMode) =>
      startPgBouncer({ folder, databaseUrl: bot.url, poolMode }),
    ),
  );
  try {
    const refused = await replicas.bots.get('one')?.launch({ DR_DATABASE_URL: transaction?.url ?? '' });

    await expect(refused?.ready).rejects.toThrow(/ended with 1 .* pool_mode = transaction/s);
    await requireSessions(session?.url ?? '');
  } finally {
    await Promise.all([transaction?.stop(), session?.stop()]);
  }
});

test('the lines to PostgreSQL fall silent without a reset in the middle of a step: the same run goes on', async () => {
  await watching(async () => {
    // Long enough that every connection of the pools is caught with a question on its way.
    for (let second = 0; second < 2; second++) {
      expect(proxy.freeze()).toBeGreaterThan(2);
      await sleep(1_000);
    }
  });
});

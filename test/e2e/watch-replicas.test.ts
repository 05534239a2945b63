import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { type BaseWorld, startWorld } from '../../sandbox/world.ts';
import { slotOf } from '../../src/domain/watch-slot.ts';

const EVERY_MS = 300_000;

let world: BaseWorld;
let bot: Bot;
/** What a worker of this host was reading when it was killed. */
let left: string;

beforeAll(async () => {
  world = await startWorld({ platforms: [] });
  const folder = join(world.folder.path, 'backups');
  await mkdir(folder);
  await writeFile(join(folder, 'app_20200101_020000.dump'), 'old');
  await writeFile(join(world.configDir, 'connections.yml'), stringify({}));
  await writeFile(join(world.configDir, 'plans', 'demo.yml'), stringify(planOf(folder)));
  // No process has a number beyond 2^22.
  left = join(world.env.DR_WORK_DIR ?? '', hostname(), 'watch-4194305', 'left.backup');
  await mkdir(join(left, '..'), { recursive: true });
  await writeFile(left, 'personal data');
  bot = await startBot(world, { watch: 'on' });
  // Every slot that is ever recorded, by a hand that the bot does not know of.
  await query(`
    create table public.judged (slot timestamptz not null);
    create function public.note_slot() returns trigger language plpgsql security definer as
      $$ begin insert into public.judged values (new.slot); return new; end $$;
    create trigger note_slot after insert or update on public.watch_rounds for each row execute function public.note_slot()`);
});

afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

const query = (sql: string) => queryOnce(world.bot.superuserUrl, sql);
const slots = async () =>
  (await query('select slot from public.judged order by slot')).map((row) =>
    z.object({ slot: z.date() }).parse(row).slot.getTime(),
  );
const facts = async () =>
  z
    .array(z.object({ kind: z.string(), alerts: z.coerce.number() }))
    .parse(
      await query(
        `select convert_from(canon, 'UTF8')::jsonb #>> '{event,kind}' as kind, count(*) as alerts from public.events where stream_type = 'alert' group by 1`,
      ),
    );

/** Lets the next slot come and waits until somebody has judged it. */
async function nextSlot(): Promise<void> {
  const before = (await slots()).length;
  const now = await bot.clock.now();
  // To its first second, so that no other one comes by itself meanwhile.
  await bot.clock.advance(slotOf('demo', EVERY_MS, now).getTime() + EVERY_MS + 1_000 - now.getTime());
  for (const deadline = Date.now() + 40_000; (await slots()).length === before; await sleep(100))
    if (Date.now() > deadline)
      throw new Error(`The slot was not judged within 40 s:\n${bot.lines.slice(-5).join('\n')}`);
}

test('what was fetched to be looked at by a worker that was killed is gone once the bot is there again', () => {
  expect(existsSync(left)).toBe(false);
});

test('one of two replicas dies in the middle of a check: each slot is judged once, and none is lost', {
  // Which of the two looks is up to them; now and then the other one does several times in a row.
  timeout: 400_000,
}, async () => {
  await nextSlot();

  for (const place of ['watch:before', 'watch:after']) {
    const other = await bot.launch({ DR_HOP_KILL: `1:${place}` });
    await other.ready;
    // Either may be the one that looks; sooner or later it is the one that dies of it.
    while (other.child.signalCode === null) await nextSlot();
    expect(other.child.signalCode).toBe('SIGKILL');
    await nextSlot();
  }

  const judged = await slots();
  const distances = judged.slice(1).map((slot, index) => slot - Number(judged[index]));
  expect(judged.length).toBeGreaterThanOrEqual(5);
  expect(distances).toEqual(distances.map(() => EVERY_MS));
  expect(await facts()).toContainEqual({ kind: 'alert.fired', alerts: 1 });
  const { slack } = world;
  const card = await slack.waitForMessage('#incidents', (text) => text.includes('Backup alert'), {
    timeoutMs: 20_000,
    what: 'the card',
  });
  expect(
    slack
      .person('ana')
      .sees('#incidents')
      .filter((message) => slack.textOf(message).includes('Backup alert')),
  ).toEqual([card]);
});

function planOf(path: string) {
  return {
    system: 'demo',
    name: 'Demo',
    owner: 'Platform',
    objectives: { rto: '1h', rpo: '1d' },
    components: [{ id: 'app', name: 'App', kind: 'files' }],
    approvals: { approvers: ['ana', 'ben', 'mina'] },
    backups: [
      {
        id: 'app-daily',
        component: 'app',
        kind: 'export',
        locations: [{ id: 'disk', role: 'primary', source: 'directory', path, failureDomain: 'here' }],
        namePattern: 'app_{YYYYmmdd_HHMMSS}.dump',
        alerts: { age: '25h' },
      },
    ],
    runbooks: {},
  };
}

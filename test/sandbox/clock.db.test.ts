import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createClock } from '../../sandbox/clock.ts';
import { queryOnce } from '../../sandbox/postgres.ts';

const hour = 3_600_000;
const name = `clock_${randomBytes(4).toString('hex')}`;
const [owner, bot] = [`${name}_owner`, `${name}_bot`];

const superuserUrl = inject('postgresUrl');
const urlOf = (user?: string) => {
  const url = new URL(superuserUrl);
  url.pathname = `/${name}`;
  if (user !== undefined) [url.username, url.password] = [user, 'test'];
  return url.href;
};

/** A database whose migration has run: the clock is a function of the owner that the bot may call. */
beforeAll(async () => {
  await queryOnce(superuserUrl, `create role ${owner} login password 'test'`);
  await queryOnce(superuserUrl, `create role ${bot} login password 'test'`);
  await queryOnce(superuserUrl, `create database ${name} owner ${owner}`);
  await queryOnce(
    urlOf(owner),
    `create function public.dr_now() returns timestamptz language sql volatile as 'select clock_timestamp()';
     revoke execute on function public.dr_now() from public;
     grant execute on function public.dr_now() to ${bot};`,
  );
});
afterAll(async () => {
  await queryOnce(superuserUrl, `drop database ${name} with (force)`);
  await queryOnce(superuserUrl, `drop role ${owner}, ${bot}`);
});

const botsTime = async () => {
  const [row] = await queryOnce(urlOf(bot), 'select dr_now() as now');
  return row?.now instanceof Date ? row.now.getTime() : Number.NaN;
};

test('the bot lives in the moved time and cannot move it', async () => {
  const clock = await createClock({ adminUrl: urlOf() });
  expect(Math.abs((await botsTime()) - Date.now())).toBeLessThan(1_000);

  await clock.advance(hour);
  await clock.advance(hour / 2);

  expect(Math.abs((await botsTime()) - Date.now() - 1.5 * hour)).toBeLessThan(1_000);
  expect(Math.abs((await clock.now()).getTime() - Date.now() - 1.5 * hour)).toBeLessThan(1_000);
  for (const attempt of [
    'update sandbox_clock.clock set offset_ms = 0',
    'create table sandbox_clock.mine ()',
    `create or replace function public.dr_now() returns timestamptz language sql as 'select now()'`,
  ])
    await expect(queryOnce(urlOf(bot), attempt)).rejects.toThrow(/permission denied|must be owner/);
});

test('the function keeps its owner, and taking over again keeps the time', async () => {
  const clock = await createClock({ adminUrl: urlOf() });
  await clock.advance(hour);
  const before = await clock.now();

  const again = await createClock({ adminUrl: urlOf() });

  expect((await again.now()).getTime()).toBeGreaterThanOrEqual(before.getTime());
  const [row] = await queryOnce(
    urlOf(),
    `select proowner::regrole::text as owner from pg_proc where proname = 'dr_now'`,
  );
  expect(row).toEqual({ owner });
});

test('time does not go back', async () => {
  const clock = await createClock({ adminUrl: urlOf() });

  await expect(clock.advance(-1)).rejects.toThrow('forward only');
});

import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { NOW, startSignals } from './signals-world.ts';

const DAILY = { system: 'janua', backup: 'pg-daily', token: 'the-token-of-the-daily-dump' };
const HOURLY = { system: 'janua', backup: 'redis-hourly', token: 'the-token-of-the-hourly-one' };
const SILENT = { system: 'janua', backup: 'pg-wal' };
const PATH = '/backups/janua/pg-daily/heartbeat';
const JSON_TYPE = { 'content-type': 'application/json' };
const SIGNED = { ...JSON_TYPE, authorization: `Bearer ${DAILY.token}` };

const said = (body: unknown) => ({ headers: SIGNED, body: JSON.stringify(body) });

test('a start and an end are recorded as they were said, and the clock is the database’s where they say no time', async () => {
  const { send, recorded } = await startSignals([DAILY]);

  const start = await send(PATH, said({ state: 'start', run: 'night-1', at: '2026-03-01T03:05:00+01:00' }));
  const end = await send(
    PATH,
    said({
      state: 'failure',
      run: 'night-1',
      bytes: 0,
      durationMs: 300_000,
      reason: 'pg_dump:\n\tno space\ud800',
    }),
  );

  expect([start, end]).toMatchObject([
    { status: 200, body: { repeated: false } },
    { status: 200, body: { repeated: false } },
  ]);
  const whose = { system: 'janua', backup: 'pg-daily', from: 'heartbeat', run: 'night-1' };
  expect(recorded()).toEqual([
    {
      ...whose,
      state: 'start',
      at: new Date('2026-03-01T02:05:00Z'),
      bytes: null,
      durationMs: null,
      reason: null,
    },
    { ...whose, state: 'failure', at: NOW, bytes: 0, durationMs: 300_000, reason: 'pg_dump: no space\ufffd' },
  ]);
});

test('a repeated heartbeat is answered well and changes nothing', async () => {
  const { send, recorded } = await startSignals([DAILY]);
  const first = { state: 'success', run: 'night-1', bytes: 1000 };
  const unnamed = { state: 'success', at: '2026-03-01T02:09:00Z' };
  for (const body of [first, unnamed]) await send(PATH, said(body));

  const again = await send(PATH, said({ ...first, bytes: 2, at: '2026-03-01T02:09:59Z' }));
  const unnamedAgain = await send(PATH, said(unnamed));

  expect([again, unnamedAgain]).toMatchObject([
    { status: 200, body: { repeated: true } },
    { status: 200, body: { repeated: true } },
  ]);
  expect(recorded().map(({ run, bytes }) => [run, bytes])).toEqual([
    ['night-1', 1000],
    ['2026-03-01T02:09:00.000Z', null],
  ]);
});

describe('who does not know the token', () => {
  test.each([
    ['no token', PATH, undefined],
    ['a wrong token', PATH, 'Bearer wrong'],
    ['the beginning of the token', PATH, `Bearer ${DAILY.token.slice(0, -1)}`],
    ['the token and more', PATH, `Bearer ${DAILY.token}x`],
    ['an empty token', PATH, 'Bearer '],
    ['the token as a password', PATH, `Basic ${DAILY.token}`],
    ['the token of another backup', PATH, `Bearer ${HOURLY.token}`],
    ['a backup that nobody knows', '/backups/janua/secret/heartbeat', `Bearer ${DAILY.token}`],
    ['a system that nobody knows', '/backups/other/pg-daily/heartbeat', `Bearer ${DAILY.token}`],
    ['a backup without a token', '/backups/janua/pg-wal/heartbeat', `Bearer ${DAILY.token}`],
    ['a backup without a token, and none', '/backups/janua/pg-wal/heartbeat', 'Bearer null'],
    ['a name of the language', '/backups/janua/__proto__/heartbeat', `Bearer ${DAILY.token}`],
    ['two names in one', '/backups/janua%2Fpg-daily/pg-daily/heartbeat', `Bearer ${DAILY.token}`],
  ])('%s is told the same', async (_, path, authorization) => {
    const { send, recorded } = await startSignals([DAILY, HOURLY, SILENT]);

    const answer = await send(path, {
      headers: { ...JSON_TYPE, ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ state: 'success', run: '1' }),
    });

    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(answer.body).toEqual({
      error: expect.stringMatching(
        /^This token does not open this backup\. Send the secret that the plan names/,
      ),
    });
    expect(recorded()).toEqual([]);
  });

  test('asks nothing of the database, however often it knocks, and locks nobody out', async () => {
    let asked = 0;
    const { send } = await startSignals([], {
      backups: async () => {
        asked += 1;
        return [{ ...DAILY, sns: null }];
      },
    });

    const refusals = await Promise.all(
      Array.from({ length: 200 }, (_, n) => send(PATH, { headers: { authorization: `Bearer ${n}` } })),
    );

    expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([401]));
    expect(asked).toBe(1);
    expect(await send(PATH, said({ state: 'success', run: '1' }))).toMatchObject({ status: 200 });
  });
});

test.each([
  ['02:00:00', 200],
  ['01:59:59', 400],
  ['02:20:00', 200],
  ['02:20:01', 400],
])('at 02:10, a heartbeat of %s is answered with %i', async (time, status) => {
  const { send, recorded } = await startSignals([DAILY]);

  const answer = await send(PATH, said({ state: 'success', run: '1', at: `2026-03-01T${time}Z` }));

  expect([answer.status, recorded().length]).toEqual([status, status === 200 ? 1 : 0]);
  if (status === 400)
    expect(answer.body.error).toContain(
      `"at" is 2026-03-01T${time}.000Z, and here it is 2026-03-01T02:10:00.000Z: more than 10 min apart.`,
    );
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  'a %s is told that a heartbeat is a POST',
  async (method) => {
    const { send } = await startSignals([DAILY]);

    expect(await send(PATH, { method })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { error: 'A heartbeat is a POST.' },
    });
  },
);

test('more than 60 heartbeats of one backup in a minute are told when to try again, and the other backup is not', async () => {
  const { send, recorded } = await startSignals([DAILY, HOURLY]);
  for (let n = 0; n < 60; n++) await send(PATH, said({ state: 'success', run: `${n}` }));

  const late = await send(PATH, said({ state: 'success', run: '60' }));
  const other = await send('/backups/janua/redis-hourly/heartbeat', {
    headers: { ...JSON_TYPE, authorization: `Bearer ${HOURLY.token}` },
    body: JSON.stringify({ state: 'success', run: '1' }),
  });

  expect(late.status).toBe(429);
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(50);
  expect(Number(late.headers['retry-after'])).toBeLessThanOrEqual(60);
  expect(other.status).toBe(200);
  expect(recorded()).toHaveLength(61);
});

test('while the database is away, a heartbeat is told to come again; what is a bug is told with its reference', async () => {
  const { send: sendAway, logged: loggedAway } = await startSignals([DAILY], {
    record: () => Promise.reject(new AppError('database-unreachable', 'Away.', { retry: 'later' })),
  });
  const { send: sendBroken, logged: loggedBroken } = await startSignals([DAILY], {
    record: () => Promise.reject(new TypeError('secret detail')),
  });

  const away = await sendAway(PATH, said({ state: 'success', run: '1' }));
  const broken = await sendBroken(PATH, said({ state: 'success', run: '1' }));

  expect(away).toMatchObject({ status: 503, headers: { 'retry-after': '10' }, body: { error: 'Away.' } });
  expect(loggedAway).toEqual([]);
  expect(broken).toMatchObject({
    status: 500,
    body: { error: expect.stringMatching(/^Something broke \(ref/) },
  });
  expect(JSON.stringify(broken)).not.toContain('secret detail');
  expect(loggedBroken).toEqual(['a signal could not be handled']);
});

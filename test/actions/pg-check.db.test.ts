import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActionContext } from '../../src/actions/action.ts';
import { pgCheck } from '../../src/actions/pg-check.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { type Pair, pairPlan, startPair } from './pg-standby-setup.ts';

let pair: Pair;
let seen: PrimarySeen;
beforeAll(async () => {
  pair = await startPair();
  await pair.write(5);
  await pair.caughtUp();
  seen = await pair.look();
});
afterAll(() => pair.stop());

const LOST = { component: 'db', expect: 'primary-lost', every: '100ms' } as const;
const check = (params: object, context: ActionContext = pair.context(seen)) =>
  pgCheck.run(context, pgCheck.schema.parse({ component: 'db', ...params }));

/** The bot is led to a port where nobody listens: the primary is well, and only the bot cannot reach it. */
async function cutOff(work: () => Promise<void>): Promise<void> {
  const url = process.env.PAIR_PRIMARY ?? '';
  process.env.PAIR_PRIMARY = url.replace(/:\d+\//, ':1/');
  await work().finally(() => {
    process.env.PAIR_PRIMARY = url;
  });
}

test('a healthy pair says so, with timeline, slot and what the standby has', async () => {
  const outcome = await check({ expect: 'healthy' });

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: 'primary and standby are well, by `shop_standby`',
    output: {
      reachable: true,
      inRecovery: true,
      timeline: 1,
      slot: 'shop_standby',
      lag: { bytes: 0, seconds: 0 },
    },
  });
});

test('a primary that answers is not lost', async () => {
  await expect(check(LOST)).rejects.toMatchObject({
    code: 'check-failed',
    message: expect.stringMatching(
      /not lost, look 1 of 3: `db-1` answers as writable .*; `db-2` streams from 127/,
    ),
  });
});

test('a primary the bot cannot reach is not lost while its standby streams from it', async () => {
  await cutOff(async () => {
    await expect(check(LOST)).rejects.toMatchObject({
      code: 'check-failed',
      message: expect.stringMatching(
        /not lost, look 1 of 3: `db-2` streams from 127\.0\.0\.1:\d+, last heard/,
      ),
    });
  });
});

test('a server that refuses our login answers all the same', async () => {
  const url = process.env.PAIR_PRIMARY ?? '';
  process.env.PAIR_PRIMARY = url.replace('correct-horse', 'wrong-horse');

  await expect(check(LOST)).rejects.toThrow('`db-1` answers: password authentication failed');

  process.env.PAIR_PRIMARY = url;
});

test('a pair that is not well is told with everything that is wrong', async () => {
  const other = pair.context(seen, { plan: pairPlan({ slot: 'other' }) });

  await expect(check({ expect: 'healthy' }, other)).rejects.toThrow(
    '`db-2` streams by `shop_standby`, the plan says `other`.',
  );
  await expect(check({ expect: 'promoted' })).rejects.toThrow('`db-2` is still a standby, on timeline 1.');
});

test('a standby that falls behind is not healthy, with the figure and the limit', async () => {
  await pair.primary.pauseReplication();
  await pair.write(1);

  const late = check(
    { expect: 'healthy' },
    pair.context(seen, { plan: pairPlan({ maxLag: { bytes: 1, time: '1h' } }) }),
  );

  await expect(late).rejects.toThrow(/`db-2` lacks at least \d+ B of WAL; 1 B and 3600 s are allowed/);
  pair.primary.resumeReplication();
  await pair.caughtUp();
});

test('a standby that does not answer is refused at once, with what to do', async () => {
  const url = process.env.PAIR_STANDBY ?? '';
  process.env.PAIR_STANDBY = url.replace(/:\d+\//, ':1/');

  const preview = await pgCheck.preview(pair.context(seen, { phase: 'plan' }), pgCheck.schema.parse(LOST));
  await expect(check(LOST)).rejects.toMatchObject({ code: 'target-refused' });

  expect(preview.blocked).toEqual([
    expect.stringMatching(/on `db-2` does not answer .*start `db-2`, or recover from a backup\./),
  ]);
  process.env.PAIR_STANDBY = url;
});

test('a preview foretells nothing, changes nothing and refuses no start while the primary is well', async () => {
  const preview = await pgCheck.preview(pair.context(seen, { phase: 'plan' }), pgCheck.schema.parse(LOST));

  expect(preview).toMatchObject({
    lines: ['Expect `db-1` lost: 3 looks, one every 100ms, from the bot and from `db-2`'],
    blocked: [],
  });
  expect(preview.shown[0]?.value).toContain('`db-1` answers as writable');
});

test('a lost primary is found by three looks from two places, and what is lost with it is counted', async () => {
  await pair.primary.pauseReplication();
  const acknowledged = await pair.write(3);
  const last = await pair.look();
  await pair.primary.kill();
  const count = { sql: 'select count(*) from writes', acknowledged };
  const progress: string[] = [];

  const context = pair.context(last, { progress: (text) => progress.push(text) });
  const outcome = await check({ ...LOST, count }, context);

  expect(progress).toEqual(['look 1 of 3', 'look 2 of 3', 'look 3 of 3']);
  if (outcome.kind !== 'done') throw new Error('not done');
  const { lost, survived, lag, receivedLsn, lastReplayedAt } = outcome.output;
  expect({ lost, survived }).toEqual({ lost: 3, survived: acknowledged - 3 });
  expect(lag).toEqual({ bytes: expect.any(Number), seconds: expect.any(Number) });
  const [exact] = await pair.standby.query('postgres', 'select pg_wal_lsn_diff($1, $2)::int as bytes', [
    last.lsn,
    receivedLsn,
  ]);
  expect(lag).toMatchObject({ bytes: exact?.bytes });
  const at = `${String(lastReplayedAt).slice(11, 19)} UTC`;
  expect(outcome.summary).toBe(
    `3 of ${acknowledged} acknowledged writes are not on the standby; last commit there ${at}`,
  );
});

test('what the primary had is not known when it was never seen, and never 0', async () => {
  const outcome = await check({ ...LOST, times: 1 }, pair.context(undefined));

  expect(outcome).toMatchObject({
    summary: 'lost; what the standby lacks is not known',
    output: { lag: { bytes: null, seconds: null }, primarySeenAt: null },
  });
});

test('a primary that comes back between two looks is not lost', async () => {
  let looks = 0;
  const progress = () => {
    looks += 1;
    if (looks === 2) starting = pair.primary.start();
  };
  let starting = Promise.resolve();

  const checking = check({ ...LOST, times: 10, every: '300ms' }, pair.context(seen, { progress }));

  await expect(checking).rejects.toThrow(/not lost, look \d+ of 10: `db-1` answers/);
  await starting;
});

test('a count that is no number is refused with its statement', async () => {
  await pair.caughtUp();
  const count = { sql: `select 'many'`, acknowledged: 1 };

  await expect(check({ expect: 'healthy', count })).rejects.toThrow(
    "Expected one number from `db-2`: select 'many'",
  );
});

test('a promoted standby is known by its new timeline, and is no standby of a lost primary any more', async () => {
  await pair.primary.kill();
  await pair.standby.query('postgres', 'select pg_promote()');

  expect(await check({ expect: 'promoted' })).toMatchObject({
    summary: 'primary on timeline 2',
    output: { inRecovery: false, timeline: 2 },
  });
  await expect(check(LOST)).rejects.toThrow('`db-2` is a primary already, on timeline 2 since');
});

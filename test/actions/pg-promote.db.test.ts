import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PostgresCluster } from '../../sandbox/postgres.ts';
import { pgPromote } from '../../src/actions/pg-promote.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { type Pair, type PairOptions, pairPlan, startPair } from './pg-standby-setup.ts';

const params = { component: 'db', lost: 2 };

let pair: Pair;
/** The last sight of the primary, with two commits that never reached the standby. */
let seen: PrimarySeen;
/** Never promoted: every refusal leaves it as it was. */
let standby: PostgresCluster;

beforeAll(async () => {
  pair = await startPair();
  await pair.write(4);
  await pair.caughtUp();
  await pair.primary.pauseReplication();
  await pair.write(2);
  seen = await pair.look();
  await pair.primary.kill();
  await pair.standby.stop();
  promoted = await pair.copyOf(pair.standby, 'promoted');
  standby = pair.standby;
  await standby.start();
});
beforeEach(() => pair.standbyIs(standby));
afterAll(() => pair.stop());

/** Spent by the first test, and looked at by those that need one. */
let promoted: PostgresCluster;

const outputs = { fence: { fenced: 'db-1', by: 'host', evidence: 'Ana saw it off' } };
const context = (options: PairOptions = {}) => pair.context(seen, { step: 'promote', outputs, ...options });
const isStandby = async (server: PostgresCluster) =>
  (await server.query('postgres', 'select pg_is_in_recovery() as standby'))[0]?.standby;

/** What the gate's card would say against it, and that a run which comes that far refuses with the same and does nothing. */
async function refused(options: PairOptions = {}): Promise<string> {
  const { blocked } = await pgPromote.preview(context({ phase: 'gate', ...options }), params);
  await expect(pgPromote.run(context({ phase: 'run', ...options }), params)).rejects.toMatchObject({
    code: expect.stringMatching(/^(target-refused|check-failed)$/),
    message: expect.stringContaining(String(blocked[0]).slice(0, 40)),
  });
  expect(await isStandby(standby)).toBe(true);
  return blocked.join('\n');
}

test('a standby becomes the primary on a new timeline, with its slot, and takes writes', async () => {
  pair.standbyIs(promoted);
  const preview = await pgPromote.preview(context(), params);

  const outcome = await pgPromote.run(context({ phase: 'run' }), params);

  if (outcome.kind !== 'done') throw new Error('not done');
  expect(outcome).toMatchObject({
    summary: 'timeline 1 → 2, no standby yet',
    output: { timelineBefore: 1, timelineAfter: 2, lsn: expect.stringMatching(/^0\//) },
  });
  expect(Date.parse(String(outcome.output.promotedAt))).toBeGreaterThan(seen.at.getTime() - 2_000);
  await pgPromote.verify?.(context(), params, outcome.output);
  const [found] = await promoted.query(
    'shop',
    `select pg_is_in_recovery() as standby, (select timeline_id from pg_control_checkpoint()) as timeline,
            array(select slot_name::text from pg_replication_slots where restart_lsn is not null) as slots,
            (select count(*)::int from writes) as rows`,
  );
  expect(found).toEqual({ standby: false, timeline: 2, slots: ['shop_standby'], rows: 4 });
  expect(outcome.facts).toContainEqual({ name: 'checkpoint', value: 'done' });
  expect(preview).toMatchObject({
    lines: [
      'Promote `db-2`: it becomes the primary of `shop` and takes writes',
      'Lost with `db-1`: 2 acknowledged writes',
      '`db-1` must then be rebuilt as its standby; until that is done there is none',
    ],
    bound: { primary: 'db-1', standby: 'db-2', timeline: 1, inRecovery: true, slot: 'shop_standby' },
    undo: [],
    blocked: [],
  });
  expect(preview.shown.map(({ name }) => name)).toEqual([
    'standby',
    'standby lacks',
    'last commit on the standby',
    'primary last seen',
    'received',
    'old primary',
    'slots on db-2',
    'sessions on db-2',
  ]);
  expect(pgPromote.undo).toBeUndefined();
});

test('promoting again finds it done, and no second promotion happens', async () => {
  pair.standbyIs(promoted);
  const first = await pgPromote.run(context(), params);

  const again = await pgPromote.run(context({ attempt: 2 }), params);
  const observed = await pgPromote.observe?.(context({ attempt: 2 }), params);

  expect(again).toEqual({ ...first, facts: expect.anything() });
  expect(observed).toMatchObject({ happened: 'yes', outcome: { output: { timelineAfter: 2 } } });
  const [found] = await promoted.query(
    'postgres',
    `select count(*)::int as promotions from pg_ls_waldir() where name like '%.history'`,
  );
  expect(found).toEqual({ promotions: 1 });
});

test('looking before anything was done says so, without touching the standby', async () => {
  expect(await pgPromote.observe?.(context(), params)).toEqual({ happened: 'no' });
  expect(await isStandby(standby)).toBe(true);
});

test('nothing is promoted before a step of the run has fenced the old primary', async () => {
  // What a person answered is no fence, whatever they saw.
  const answered = { off: { by: 'ana', evidence: 'it is off' } };

  const running = pgPromote.run(context({ outputs: answered }), params);

  await expect(running).rejects.toThrow('No step of RUN-31 has fenced `db-1`, so nothing is promoted.');
  expect(await isStandby(standby)).toBe(true);
});

test('a standby on another timeline than its primary is refused', async () => {
  // Another standby was promoted before; this one has not followed it.
  const said = await refused({ primarySeen: () => pair.look(promoted) });

  expect(said).toMatch(/^`db-2` is on timeline 1, `db-1` was on 2 when last seen, .*recover from a backup/);
});

test('a lag over either limit is refused with both figures', async () => {
  const bytes = await refused({ plan: pairPlan({ maxLag: { bytes: 1, time: '1h' } }) });
  const time = await refused({
    primarySeen: async () => ({ ...seen, at: new Date(seen.at.getTime() + 7_200_000) }),
  });

  expect(bytes).toMatch(/^`db-2` lacks at least \d+ B of WAL; 1 B and 3600 s are allowed\. .*raise maxLag/);
  expect(time).toMatch(
    /^The last commit on `db-2` is 720\d(\.\d+)? s older than the last sight of the primary; 1 MB and 3600 s are allowed/,
  );
});

test('a standby without its slot is refused', async () => {
  await standby.query('postgres', `alter system set primary_slot_name = ''`);
  await standby.query('postgres', 'select pg_reload_conf()');
  await expect
    .poll(async () => (await standby.query('postgres', 'show primary_slot_name'))[0])
    .toEqual({ primary_slot_name: '' });

  expect(await refused()).toMatch(/^`db-2` streams by no slot, the plan says `shop_standby`/);
  await standby.query('postgres', `alter system set primary_slot_name = 'shop_standby'`);
  await standby.query('postgres', 'select pg_reload_conf()');
});

test('a standby that does not answer is refused, and whether it happened is not known', async () => {
  await standby.stop();

  const preview = await pgPromote.preview(context(), params);
  await expect(pgPromote.run(context(), params)).rejects.toMatchObject({ code: 'outside-unreachable' });
  const observed = await pgPromote.observe?.(context(), params);

  expect(preview.blocked).toEqual([expect.stringContaining('start `db-2`, or recover from a backup')]);
  expect(observed).toMatchObject({ happened: 'unknown', howToTell: expect.stringContaining('f means') });
  await standby.start();
});

test('a server that is not the standby of what was seen is refused', async () => {
  const foreign = { ...seen, systemIdentifier: '42' };

  expect(await refused({ primarySeen: async () => foreign })).toContain('is no copy of `db-1`');
  expect(await refused({ primarySeen: async () => undefined })).toContain('has never seen `db-1`');
});

test('a standby that is promoted already is told as that', async () => {
  pair.standbyIs(promoted);

  const { blocked } = await pgPromote.preview(context(), params);

  expect(blocked).toEqual([expect.stringMatching(/^`db-2` is a primary already, on timeline 2 since \d/)]);
});

test('what would make a promotion useless is refused: paused replay, waiting for a synchronous standby', async () => {
  await standby.query('postgres', 'select pg_wal_replay_pause()');

  expect(await refused()).toMatch(/^WAL replay is paused on `db-2`.*pg_wal_replay_resume/);

  await standby.query('postgres', 'select pg_wal_replay_resume()');
  await standby.query('postgres', `alter system set synchronous_standby_names = '*'`);
  await standby.query('postgres', 'select pg_reload_conf()');
  await sleep(200);
  expect(await refused()).toMatch(/^`db-2` has synchronous_standby_names set/);
  await standby.query('postgres', 'alter system reset synchronous_standby_names');
  await standby.query('postgres', 'select pg_reload_conf()');
});

test('a role that may not promote is refused before anything, with the way by hand', async () => {
  pair.standbyIs(standby, 'watcher');

  expect(await refused()).toMatch(
    /^The bot may not run pg_promote on `db-2`.*select pg_promote\(\).*failover-role/,
  );
});

test('a role that cannot even look is refused with the script that gives it the right', async () => {
  pair.standbyIs(standby, 'shop_app');

  const { blocked } = await pgPromote.preview(context(), params);

  expect(blocked).toEqual([expect.stringMatching(/permission denied .*failover-role\.sql/)]);
});

test('a worker that was only paused ends quietly when a later attempt is at work', async () => {
  const later = new Client({
    connectionString: pair.loginTo(standby),
    application_name: 'dr-bot RUN-31/promote/2',
  });
  await later.connect();

  await expect(pgPromote.run(context(), params)).rejects.toMatchObject({ code: 'claim-lost' });

  expect(await isStandby(standby)).toBe(true);
  await later.end();
});

// From here on the old primary runs now and then, and the standby follows it.

test('a returning old primary stops the gate, and the run between fence and promotion', async () => {
  await pair.primary.start();

  const said = await refused();
  const planned = await pgPromote.preview(context({ phase: 'plan' }), params);

  expect(said).toMatch(
    /^The old primary came back: `db-1` answers as writable \(timeline 1, .*abort and keep it/,
  );
  expect(planned.blocked).toEqual([]);
  await pair.primary.kill();
});

test('a primary that comes back after the promotion is told at once', async () => {
  pair.standbyIs(promoted);
  const outcome = await pgPromote.run(context(), params);
  if (outcome.kind !== 'done') throw new Error('not done');
  await pair.primary.start();

  const verifying = pgPromote.verify?.(context(), params, outcome.output);

  await expect(verifying).rejects.toThrow(
    'There are two primaries now: `db-2` was promoted, and `db-1` answers',
  );
  await pair.primary.kill();
});

test('a connection that leads to a primary is never taken for a promoted standby', async () => {
  await pair.primary.start();
  pair.standbyIs(pair.primary);

  const { blocked } = await pgPromote.preview(context({ phase: 'plan' }), params);
  await expect(pgPromote.run(context(), params)).rejects.toThrow('`db-2` is no standby: it takes writes');
  const observed = await pgPromote.observe?.(context(), params);

  expect(blocked).toEqual([
    '`db-2` is no standby: it takes writes, on timeline 1. Correct standby.connection in the plan.',
  ]);
  expect(observed).toMatchObject({ happened: 'unknown' });
  await pair.primary.kill();
});

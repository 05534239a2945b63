import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PostgresCluster } from '../../sandbox/postgres.ts';
import { pgPromote } from '../../src/actions/pg-promote.ts';
import { pgRebuildStandby } from '../../src/actions/pg-rebuild-standby.ts';
import type { PrimarySeen } from '../../src/domain/primary.ts';
import { type Pair, pairPlan, startPair } from './pg-standby-setup.ts';

const params = { component: 'db' };
const now = new Date('2026-11-21T02:15:00Z');
const none = {
  kind: 'wait',
  until: new Date('2026-11-21T02:15:15Z'),
  note: 'no standby streams from db-2',
  memory: null,
};

let pair: Pair;
let seen: PrimarySeen;
/** The old primary once more: one is rebuilt as it died, this one after it came back. */
let returned: PostgresCluster;
/** The commands the promotion left. */
let rebuild = '';

beforeAll(async () => {
  pair = await startPair();
  await pair.write(3);
  await pair.caughtUp();
  await pair.primary.pauseReplication();
  await pair.write(2);
  seen = await pair.look();
  await pair.primary.kill();
  returned = await pair.copyOf(pair.primary, 'db-3');
  await returned.stop();
});
afterAll(() => pair.stop());

const run = () => pgRebuildStandby.run(pair.context(seen, { step: 'rebuild', now }), params);

test('a standby of a standby is not waited for', async () => {
  await expect(run()).rejects.toThrow('`db-2` is a standby itself');
});

test('the alert stands while no standby streams from the new primary, or nobody can ask it', async () => {
  const outputs = { fence: { fenced: 'db-1', by: 'host', evidence: 'Ana saw it off' } };
  const promoted = await pgPromote.run(pair.context(seen, { step: 'promote', outputs }), params);
  if (promoted.kind !== 'done') throw new Error('not done');
  rebuild = String(promoted.output.rebuild);

  const waiting = await run();
  await pair.standby.stop();
  const away = await run();
  await pair.standby.start();

  expect(waiting).toEqual(none);
  expect(away).toMatchObject({ kind: 'wait', note: expect.stringContaining('`db-2` does not answer') });
});

test('the commands of a promotion, typed as they are, make the killed primary the standby again', async () => {
  await pair.primary.shell(rebuild);

  await expect.poll(run, { timeout: 10_000 }).toMatchObject({
    kind: 'done',
    summary: '`db-1` streams from `db-2`',
    output: { address: '127.0.0.1', name: 'db-1', lagBytes: 0 },
  });
  const [found] = await pair.primary.query(
    'shop',
    `select pg_is_in_recovery() as standby, (select count(*)::int from writes) as rows,
            (select slot_name from pg_stat_wal_receiver) as slot`,
  );
  // The two commits that only the old primary had are gone with its timeline.
  expect(found).toEqual({ standby: true, rows: 3, slot: 'shop_standby' });
  expect(rebuild).not.toContain('correct-horse');
});

test('a standby that stops streaming raises the alert again', async () => {
  await pair.primary.stop();

  await expect.poll(run).toEqual(none);
});

test('an old primary that came back and took writes is stopped by the commands, and loses them', async () => {
  await returned.start();
  await returned.query('shop', 'insert into writes values (99)');

  await returned.shell(rebuild);

  await expect.poll(run, { timeout: 10_000 }).toMatchObject({ summary: '`db-3` streams from `db-2`' });
  expect(await returned.query('shop', 'select count(*)::int as rows from writes')).toEqual([{ rows: 3 }]);
});

test('a preview and the page for the day show the same commands, as far as they are known', async () => {
  const preview = await pgRebuildStandby.preview(pair.context(seen), params);
  const page = pgRebuildStandby.byHand?.(params, pairPlan({ server: true }));

  expect(preview.lines.slice(1)).toEqual(rebuild.split('\n'));
  expect(preview.blocked).toEqual([]);
  expect(page).toContain(`NEW='host=<host of db-2> port=5432 user=<replication role>'`);
  expect(page?.join('\n')).toContain('kubectl scale statefulset db-1 -n shop --context janua --replicas=1');
  expect(page?.some((line) => line.startsWith('pg_ctl') && line.endsWith('start'))).toBe(false);
});

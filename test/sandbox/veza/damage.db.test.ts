import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PostgresCluster } from '../../../sandbox/postgres.ts';
import { database } from '../../../sandbox/veza/numbers.ts';
import { startWriter } from '../../../sandbox/veza/writer.ts';
import { startTestVeza, type TestVeza } from './test-veza.ts';

let world: TestVeza;
beforeEach(async () => {
  world = await startTestVeza();
});
afterEach(() => world.stop());

const messagesOn = async (server: PostgresCluster) => {
  const [row] = await server.query(database, 'select count(*)::int as n from messages');
  return row?.n;
};
const isWritable = async (server: PostgresCluster) => {
  const [row] = await server.query(database, 'select not pg_is_in_recovery() as writable');
  return row?.writable;
};
const look = async (server: PostgresCluster) => {
  const [row] = await server.query(
    'postgres',
    `select pg_is_in_recovery() as standby, (select timeline_id from pg_control_checkpoint()) as timeline,
            current_setting('primary_slot_name') as slot`,
  );
  return row;
};

test('while messages flow, exactly the unreplicated ones are lost with the killed primary', async () => {
  const { veza, podsOf, scaleServer } = world;
  const writer = startWriter({ app: veza.app });
  await expect.poll(() => writer.acknowledged().keys.length, { timeout: 5_000 }).toBeGreaterThan(10);

  const { lost, acknowledged } = await veza.damage.losePrimary({ unreplicated: 37 });
  await veza.standby.query('postgres', 'select pg_promote(true, 30)');
  await writer.stop();

  expect(lost.keys).toHaveLength(37);
  expect(await veza.countOn(veza.standby, lost.keys)).toBe(0);
  const { keys } = writer.acknowledged();
  expect(await veza.countOn(veza.standby, keys)).toBe(keys.length);
  expect(await messagesOn(veza.standby)).toBe(acknowledged - 37);
  expect(veza.app.acknowledged()).toBe(acknowledged);

  // It crash-loops and goes away when told to, and its server stays down.
  expect(JSON.stringify(podsOf('veza-db-1'))).toContain('CrashLoopBackOff');
  scaleServer(0);
  await expect.poll(() => podsOf('veza-db-1')).toEqual([]);
  expect(veza.primary.isRunning()).toBe(false);
});

test('a primary that returns takes writes, fenced or not', async () => {
  const { veza, podsOf, scaleServer, get } = world;
  const { lost } = await veza.damage.losePrimary({ unreplicated: 2 });
  scaleServer(0);
  await expect.poll(() => podsOf('veza-db-1')).toEqual([]);

  await veza.damage.returnPrimary();

  expect(await isWritable(veza.primary)).toBe(true);
  expect(await veza.countOn(veza.primary, lost.keys)).toBe(2);
  expect((await get('/health')).status).toBe(200);
});

test('on a lost machine the pod of the primary cannot be removed', async () => {
  const { veza, podsOf, scaleServer } = world;
  await veza.damage.losePrimary({ machine: 'lost' });
  scaleServer(0);

  await sleep(500);

  expect(JSON.stringify(podsOf('veza-db-1'))).toContain('NodeLost');
  expect(veza.primary.isRunning()).toBe(false);
});

test('a standby can lag, stray to another timeline, lose its slot, and be lost', async () => {
  const { primary, standby, damage } = world.veza;
  expect(await look(standby)).toEqual({ standby: true, timeline: 1, slot: 'veza_standby' });

  await damage.lag(100_000);
  const [{ bytes } = {}] = await primary.query(
    'postgres',
    'select (pg_current_wal_lsn() - replay_lsn)::int as bytes from pg_stat_replication',
  );
  expect(bytes).toBeGreaterThan(100_000);
  damage.catchUp();

  await damage.dropSlot();
  expect(await look(standby)).toMatchObject({ slot: '' });
  expect(await primary.query('postgres', 'select from pg_replication_slots')).toEqual([]);

  await damage.loseStandby();
  await expect(look(standby)).rejects.toThrow('ECONNREFUSED');
  await damage.returnStandby();

  await damage.strayStandby();
  expect(await look(standby)).toMatchObject({ standby: true, timeline: 2 });
  expect(await look(primary)).toMatchObject({ standby: false, timeline: 1 });
});

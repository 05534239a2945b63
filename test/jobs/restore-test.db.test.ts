import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RestoreTestResult } from '../../src/domain/inventory.ts';
import { makeRestoreTest } from '../../src/jobs/restore-test.ts';
import { januaPlan, jobFor, type RestoreWorld, startRestoreWorld } from './restore-test-world.ts';

let janua: RestoreWorld;
let whole: Buffer;

beforeAll(async () => {
  janua = await startRestoreWorld();
  whole = await janua.dump('custom');
});
afterAll(() => janua.stop());

beforeEach(async () => {
  await janua.emptyBucket();
  await janua.bot.owner.query('delete from restore_tests');
  await janua.bot.owner.query('delete from observations');
  await janua.put(await januaPlan());
});

let made = 0;
/** Makes one test of what is in the bucket. */
async function tested(): Promise<RestoreTestResult> {
  const id = await janua.noted(`reason ${++made}`);
  await makeRestoreTest(janua.world, jobFor(id));
  const result = await janua.resultOf(id);
  if (result === null) throw new Error('the test has not ended');
  expect(await janua.copies()).toEqual([]);
  expect(await readdir(janua.world.workDir)).toEqual([]);
  return result;
}

/** Everything of the live database a test could touch. */
async function live() {
  const rows = await janua.cluster.query(
    'postgres',
    `select oid::text, datallowconn, datconnlimit, datacl::text, shobj_description(oid, 'pg_database') as comment,
            (select json_agg(setconfig order by setrole) from pg_db_role_setting where setdatabase = d.oid) as settings,
            (select json_agg(json_build_array(rolname, rolsuper, rolcanlogin, rolconfig) order by rolname) from pg_roles) as roles,
            (select json_agg(json_build_array(roleid::regrole, member::regrole) order by roleid, member) from pg_auth_members) as members
       from pg_database d where datname = 'janua'`,
  );
  const contents = await janua.cluster.query(
    'janua',
    `select (select json_object_agg(relname, relacl::text) from pg_class where relnamespace = 'public'::regnamespace) as grants,
            (select count(*)::int from sessions) as sessions, (select count(*)::int from audit_log) as audit,
            (select json_agg(pid order by pid) from pg_stat_activity where datname = 'janua' and pid <> pg_backend_pid()) as connections`,
  );
  return { rows, contents };
}

test('a good backup is done, with its figures; nothing stays, and the live database is as it was', async () => {
  await janua.store(26 * 60, whole);
  const { key, takenAt } = await janua.store(60, whole);
  await janua.observed(65);
  const before = await live();

  const result = await tested();

  expect(result).toMatchObject({
    test: 'pg-monthly',
    outcome: 'done',
    reason: null,
    key,
    rows: 2562,
    left: 0,
    lossMs: new Date(result.startedAt).getTime() - takenAt.getTime(),
  });
  expect(result.durationMs).toBeGreaterThan(100);
  expect(new Date(result.endedAt).getTime()).toBeGreaterThan(new Date(result.startedAt).getTime());
  expect(await live()).toEqual(before);
});

test('what came since the backup is not missing in it', async () => {
  await janua.store(60, whole);
  await janua.observed(65);
  await janua.observed(5, { sessions: 4000 });

  expect(await tested()).toMatchObject({ outcome: 'done' });
});

test('a plain dump is as good', async () => {
  await janua.store(60, await janua.dump('plain'), 'sql.gz');

  expect(await tested()).toMatchObject({ outcome: 'done', rows: 2562 });
});

describe('a backup that is complete but wrong is found', () => {
  test('when rows are missing', async () => {
    const lossy = await janua.dump('custom', '--exclude-table-data=sessions');
    await janua.store(60, lossy);
    await janua.observed(65);
    await janua.observed(5);

    const result = await tested();

    expect(result).toMatchObject({ outcome: 'failed', key: expect.any(String), rows: null, left: 0 });
    expect(result.reason).toBe(
      'step 5, Check the restored copy: Expected 2,562 rows or more in 6 tables, found 562 (−78.1%). `sessions` is missing 2,000',
    );
  });

  test('when it is younger than the loss, and the bot younger than it', async () => {
    await janua.store(
      60,
      await janua.dump('custom', '--exclude-table-data=accounts', '--exclude-table-data=sessions'),
    );
    await janua.observed(5);

    expect((await tested()).reason).toContain('`accounts` is missing 500. `sessions` is missing 2,000');
  });

  test('when a row of the audit log was altered', async () => {
    const text = (await janua.dump('plain')).toString();
    const altered = text.replace(/^(17\t.*)request 17/m, '$1request 71');
    await janua.store(60, Buffer.from(altered), 'sql.gz');

    expect(altered).not.toBe(text);
    expect(await tested()).toMatchObject({
      outcome: 'failed',
      reason:
        'step 5, Check the restored copy: Audit chain: the chain in `audit_log` is broken at 1 row, first at id 17',
    });
  });

  test('when its grants are lost, although the live database still has them', async () => {
    await janua.store(60, await janua.dump('custom', '--no-privileges'));

    expect(await tested()).toMatchObject({
      outcome: 'failed',
      rows: 2562,
      reason:
        'step 4, Restore into a database of its own: the backup holds no grants; without the live database `janua_app`, `janua_worker` can do nothing',
    });
  });

  test('when one role lacks a right it has in the live database', async () => {
    await janua.cluster.psql('janua', 'revoke insert on audit_log from janua_worker');
    const taken = await janua.dump('custom');
    await janua.cluster.psql('janua', 'grant insert on audit_log to janua_worker');
    await janua.store(60, taken);

    expect(await tested()).toMatchObject({
      outcome: 'failed',
      reason:
        'step 5, Check the restored copy: Application roles: rights differ: `missing: janua_worker insert table public.audit_log`',
    });
  });

  test('when a role has no access, and the live database lacks it too or is gone', async () => {
    await janua.cluster.psql('janua', 'revoke all on sessions, audit_log, accounts from janua_worker');
    await janua.store(60, await janua.dump('custom'));

    const reason = expect.stringMatching(
      /^step 6, Look for application roles without access: Expected = none, found janua_worker: /,
    );

    const lacking = await tested();
    await janua.cluster.psql(
      'janua',
      `grant select, insert, update, delete on sessions to janua_worker; grant select, insert on audit_log to janua_worker; grant select on accounts to janua_worker;`,
    );
    await janua.cluster.psql('postgres', 'alter database janua rename to janua_away');
    const gone = await tested().finally(() =>
      janua.cluster.psql('postgres', 'alter database janua_away rename to janua'),
    );

    expect(lacking).toMatchObject({ outcome: 'failed', reason });
    expect(gone).toMatchObject({ outcome: 'failed', reason });
  });

  test('when a question of the plan is answered with no', async () => {
    const plan = await januaPlan();
    const queries = [
      { title: 'there are accounts', sql: 'select count(*) > 0 from accounts' },
      { title: 'somebody is a client', sql: 'select count(*) > 0 from oauth_clients' },
    ];
    await janua.put({
      ...plan,
      restoreTests: [
        { id: 'pg-monthly', title: 'Restore it', backup: 'pg-daily', afterEachBackup: true, queries },
      ],
    });
    await janua.store(60, whole);

    expect(await tested()).toMatchObject({
      outcome: 'failed',
      rows: 2562,
      reason:
        'step 8, somebody is a client: Expected = true, found false: select count(*) > 0 from oauth_clients',
    });
  });
});

describe('a newest backup that is no good', () => {
  test('fails the test, although an older one was restored in its place', async () => {
    const older = await janua.store(25 * 60, whole);
    const newest = await janua.store(60, whole.subarray(0, whole.length / 2));
    const name = (key: string) => key.slice('postgres/daily/'.length);

    const result = await tested();

    expect(result).toMatchObject({ outcome: 'failed', key: older.key, rows: 2562 });
    expect(result.lossMs).toBeGreaterThan(25 * 3_600_000);
    expect(result.reason).toBe(
      `step 1, Find the newest good backup: the newest, \`${name(newest.key)}\`, is cut off; \`${name(older.key)}\` was taken instead`,
    );
  });

  test('that is empty is named with its size', async () => {
    await janua.store(25 * 60, whole);
    await janua.store(60, Buffer.from(''), 'sql.gz');

    expect((await tested()).reason).toContain('holds 20 bytes, fewer than 1,024');
  });

  test('is not one whose name is dated in the future', async () => {
    await janua.store(60, whole);
    await janua.store(-600, whole);

    expect(await tested()).toMatchObject({ outcome: 'done' });
  });

  test('and no other: the reason against each is told', async () => {
    await janua.store(60, whole.subarray(0, 2_000));
    await janua.store(90, Buffer.from(''), 'sql.gz');

    const result = await tested();

    expect(result).toMatchObject({ outcome: 'failed', key: null, rows: null, lossMs: null });
    expect(result.reason).toMatch(
      /^step 1, Find the newest good backup: no usable backup was found: `[^`]+\.dump` is cut off; `[^`]+\.sql\.gz` holds 20 bytes, fewer than 1,024$/,
    );
  });
});

test('nothing is done where the bot cannot restore that kind of backup', async () => {
  const plan = await januaPlan();
  const elsewhere = { id: 'pg-monthly', title: 'Restore it', backup: 'redis-rdb', afterEachBackup: true };
  await janua.put({ ...plan, restoreTests: [elsewhere] });

  expect(await tested()).toMatchObject({
    outcome: 'failed',
    durationMs: 0,
    left: 0,
    reason: 'nothing restores a backup like "redis-rdb" yet',
  });
});

test('a test that no plan names any more is forgotten', async () => {
  const id = await janua.noted('old');
  await janua.put({ ...(await januaPlan()), restoreTests: [] });
  const job = jobFor(id);

  await makeRestoreTest(janua.world, job);

  expect(await janua.rowOf(id)).toMatchObject({ dueInMs: null, ended: false });
  expect(job.finished()).toBe(1);
});

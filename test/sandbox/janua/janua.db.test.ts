import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../../sandbox/aws.ts';
import { createSandboxFolder, type SandboxFolder } from '../../../sandbox/folder.ts';
import { type Breaker, createDamage } from '../../../sandbox/janua/damage.ts';
import type { Dump } from '../../../sandbox/janua/dumps.ts';
import { createJanua, type Janua, tables, totalRows } from '../../../sandbox/janua/janua.ts';
import { connectionEnv, type PostgresCluster, queryOnce, startPostgres } from '../../../sandbox/postgres.ts';
import { ensurePrograms, type Programs } from '../../../sandbox/programs.ts';

const run = promisify(execFile);
const now = new Date('2026-11-21T02:25:00Z');

let folder: SandboxFolder;
let programs: Programs;
let cluster: PostgresCluster;
let aws: SandboxAws;
let janua: Janua;
let damage: Breaker;

beforeAll(async () => {
  folder = await createSandboxFolder('dr-test-');
  programs = await ensurePrograms();
  [cluster, aws] = await Promise.all([startPostgres({ folder, programs, name: 'janua' }), startAws()]);
  const options = { cluster, aws, folder, programs, now };
  janua = await createJanua(options);
  damage = createDamage(options, janua);
});
afterEach(() => damage.mend());
afterAll(async () => {
  await aws.stop();
  await cluster.stop('immediate');
  await folder.remove();
});

describe('the database', () => {
  test('holds the rows of the story', async () => {
    const counted = await janua.countRows();

    expect(counted).toEqual(janua.truth.rowsBefore);
    expect(totalRows(counted)).toBe(214_718);
    expect(counted.accounts).toBe(61_204);
    expect(totalRows(janua.truth.rowsInNewestGood)).toBe(212_718);
    expect(janua.truth.rowsInNewestGood.audit_log).toBe(18_204);
  });

  test('has written 2,000 rows since the newest good backup, up to now', async () => {
    const since = janua.truth.newestGood.takenAt;

    const [row] = await janua.query(
      `select (select count(*)::int from sessions where created_at > $1) as sessions,
              (select count(*)::int from audit_log where occurred_at > $1) as audit,
              (select max(created_at) from sessions) as newest`,
      [since],
    );

    expect(row).toEqual({ sessions: 1_750, audit: 250, newest: now });
  });

  test('has an unbroken audit chain that refuses edits', async () => {
    const [row] = await janua.query(
      'select count(*)::int as links, bool_and(intact) as intact from audit_log_links',
    );

    expect(row).toEqual({ links: 18_454, intact: true });
    await expect(janua.query(`update audit_log set actor = 'nobody'`)).rejects.toThrow('append-only');
  });

  test('shows an edited audit row as a broken link', async () => {
    const broken = await cluster.psql(
      'janua',
      `begin; alter table audit_log disable trigger user; update audit_log set actor = 'x' where id = 9000;
       select id from audit_log_links where not intact; rollback;`,
    );

    expect(broken.trim()).toBe('9000');
  });

  test('has foreign keys that hold and sequences that are ahead', async () => {
    const [orphans] = await janua.query(
      `select (select count(*)::int from sessions s where not exists (select from accounts a where a.id = s.account_id))
            + (select count(*)::int from accounts a where not exists (select from organizations o where o.id = a.organization_id))
            + (select count(*)::int from oauth_clients c where not exists (select from accounts a where a.id = c.created_by)) as n`,
    );

    expect(orphans).toEqual({ n: 0 });
    await queryOnce(
      janua.url('janua_app'),
      `insert into organizations (slug, name, tier) values ('new', 'New', 'free')`,
    );
    await janua.query(`delete from organizations where slug = 'new'`);
  });

  test('gives each role what it needs and no more', async () => {
    const as = (role: Parameters<Janua['url']>[0], sql: string) => queryOnce(janua.url(role), sql);

    await expect(as('janua_app', 'create table mine ()')).rejects.toThrow('permission denied');
    await expect(as('janua_worker', 'delete from accounts')).rejects.toThrow('permission denied');
    await expect(as('janua_reader', 'delete from sessions')).rejects.toThrow('permission denied');
    expect(await as('janua_reader', 'select count(*)::int as n from jwk_keys')).toEqual([{ n: 6 }]);
    const [restorer] = await as(
      'dr_restore',
      'select rolsuper, rolcreatedb from pg_roles where rolname = current_user',
    );
    expect(restorer).toEqual({ rolsuper: false, rolcreatedb: true });
  });
});

describe('the backups', () => {
  test('are in the bucket as the truth tells, beside a file that is none', async () => {
    const s3 = new S3Client({ ...aws, forcePathStyle: true });
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: aws.bucket, Prefix: 'postgres/daily/' }),
    );
    s3.destroy();

    const stored = Contents.filter(({ Key }) => Key?.includes('postgres_janua_'));
    expect(Contents.map(({ Key }) => Key)).toContain('postgres/daily/README.txt');
    expect(stored.map(({ Key, Size, LastModified }) => [Key, Size, LastModified])).toEqual(
      janua.truth.dumps.map(({ key, sizeBytes, takenAt }) => [key, sizeBytes, takenAt]),
    );
    expect(janua.truth.dumps.map(({ good }) => good)).toEqual([true, true, true, true, false, false]);
    expect(janua.truth.newestGood.key).toBe('postgres/daily/postgres_janua_20261121_020004.dump');
  });

  test('the newest good one restores as the restoring role, to exactly its rows', async () => {
    await restore(janua.truth.newestGood, 'from_newest');

    const counts = await Promise.all(
      tables.map((table) => cluster.query('from_newest', `select count(*)::int as n from ${table}`)),
    );
    expect(Object.fromEntries(tables.map((table, index) => [table, counts[index]?.[0]?.n]))).toEqual(
      janua.truth.rowsInNewestGood,
    );
    const [{ newest } = {}] = await cluster.query(
      'from_newest',
      'select max(created_at) as newest from sessions',
    );
    expect(newest).toEqual(janua.truth.newestGood.takenAt);
    const [chain] = await cluster.query(
      'from_newest',
      'select bool_and(intact) as intact from audit_log_links',
    );
    expect(chain).toEqual({ intact: true });
    const app = new URL(janua.url('janua_app'));
    app.pathname = '/from_newest';
    expect(await queryOnce(app.href, 'select count(*)::int as n from jwk_keys')).toEqual([{ n: 6 }]);
  });

  test('the plain one restores too and has its completion trailer', async () => {
    const [plain] = janua.truth.dumps;
    if (plain === undefined) throw new Error('no dumps');

    const sql = gunzipSync(await aws.get(plain.key)).toString('utf8');

    expect(sql).toContain('-- PostgreSQL database dump complete');
    await restore(plain, 'from_plain');
    expect(await cluster.query('from_plain', 'select max(id)::int as n from sessions')).toEqual([
      { n: 121_000 },
    ]);
  });

  test('the broken ones are what fools a script: valid gzip, accepted by psql, rows and keys missing', async () => {
    const [empty, cut] = janua.truth.dumps.slice(-2);
    if (empty === undefined || cut === undefined) throw new Error('no broken dumps');

    expect(gunzipSync(await aws.get(empty.key))).toHaveLength(0);
    const sql = gunzipSync(await aws.get(cut.key)).toString('utf8');
    expect(sql).not.toContain('-- PostgreSQL database dump complete');
    await restore(cut, 'from_cut');
    const [found] = await cluster.query(
      'from_cut',
      `select (select count(*)::int from sessions) as sessions,
              (select count(*)::int from pg_constraint where contype = 'f') as foreign_keys`,
    );
    expect(found?.sessions).toBeGreaterThan(10_000);
    expect(found?.sessions).toBeLessThan(121_000);
    expect(found?.foreign_keys).toBe(0);
  });
});

/** As dr_restore: a database of the owner from template0, then psql or pg_restore as the owner, stopping at any error. */
async function restore(dump: Dump, into: string): Promise<void> {
  const admin = janua.url('dr_restore');
  await queryOnce(admin, `create database ${into} owner janua_owner template template0`);
  const content = await aws.get(dump.key);
  const file = join(folder.path, into);
  await writeFile(file, dump.format === 'custom' ? content : gunzipSync(content));
  const env = { ...process.env, ...connectionEnv(admin), PGDATABASE: into, PGOPTIONS: '-c role=janua_owner' };
  await (dump.format === 'custom'
    ? run(programs.pg_restore, ['--exit-on-error', '--role=janua_owner', '-d', into, file], { env })
    : run(programs.psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', file], { env }));
}

describe('damage', () => {
  test('deleted rows are counted, spare the newest, and come back', async () => {
    const { rows, said } = await damage.deleteRows();

    const left = await janua.countRows();
    expect(rows).toBe(118_506);
    expect(said).toBe('Deleted 118,506 rows in 4 tables.');
    expect(totalRows(left)).toBe(96_212);
    expect(left.jwk_keys).toBe(0);
    expect(left.accounts).toBe(22_870);
    const [fresh] = await janua.query('select count(*)::int as n from sessions where created_at > $1', [
      janua.truth.newestGood.takenAt,
    ]);
    expect(fresh).toEqual({ n: 1_750 });

    expect(await damage.mend('delete-rows')).toBe(1);
    expect(await janua.countRows()).toEqual(janua.truth.rowsBefore);
  });

  test('a dropped table comes back with its rows and keys', async () => {
    await damage.dropTable('oauth_clients');
    await expect(janua.countRows()).rejects.toThrow('"oauth_clients" does not exist');

    await damage.mend();

    expect(await janua.countRows()).toEqual(janua.truth.rowsBefore);
    const keys = await janua.query(
      `select 1 from pg_constraint where conrelid = 'oauth_clients'::regclass and contype = 'f'`,
    );
    expect(keys).toHaveLength(2);
  });

  test('a cut backup still lists its contents and fails to restore', async () => {
    const { newestGood } = janua.truth;
    await damage.cutNewestDump();

    const file = join(folder.path, 'cut.dump');
    await writeFile(file, await aws.get(newestGood.key));
    await run(programs.pg_restore, ['-l', file]);
    await expect(run(programs.pg_restore, ['-f', '/dev/null', file])).rejects.toThrow('end of file');

    await damage.mend('cut-dump');
    expect(await aws.get(newestGood.key)).toHaveLength(newestGood.sizeBytes);
  });

  test('a replaced object keeps its name, size and time', async () => {
    const { key, sizeBytes, takenAt } = janua.truth.newestGood;
    const before = await aws.get(key);

    await damage.replaceObject();

    const after = await aws.get(key);
    expect(after).toHaveLength(sizeBytes);
    expect(Buffer.compare(before, after)).not.toBe(0);
    expect(aws.storedAt(key)).toEqual(takenAt);
  });

  test('mending undoes several accidents, last first', async () => {
    const { key = '' } = await damage.emptyDump(now);
    await damage.replaceObject();
    await damage.cutNewestDump();

    expect(await damage.mend()).toBe(3);

    expect(await aws.get(janua.truth.newestGood.key)).toHaveLength(janua.truth.newestGood.sizeBytes);
    await expect(aws.get(key)).rejects.toThrow();
  });

  test('a dropped table that a restore brought back is left as it is', async () => {
    await damage.dropTable('jwk_keys');
    await janua.query('create table jwk_keys (restored boolean)');

    await damage.mend();

    expect(await janua.query('select restored from jwk_keys')).toEqual([]);
  });
});

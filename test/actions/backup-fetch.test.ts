import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download, type Limits } from '../../src/actions/backup-download.ts';
import { backupFetch, ensureFetched, Fetched, Params } from '../../src/actions/backup-fetch.ts';
import { type Backups, startBackups } from './backup-setup.ts';

let backups: Backups;
let key: string;
let etag: string;
const content = randomBytes(3_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const quick: Limits = { stallWindowMs: 60_000, stallBytes: 6_000_000, fruitless: 3, pauseMs: 5 };

beforeEach(async () => {
  backups = await startBackups();
  key = await backups.put('20261121_020004', content, 'dump');
  etag = createHash('md5').update(content).digest('hex');
});
afterEach(() => backups.stop());

const params = (more: Partial<Params> = {}) => Params.parse({ backup: 'pg-daily', key, etag, ...more });
const wanted = () => ({ connection: 'janua-backups', key, etag, bytes: content.length });

test('a fetched backup is a private file with a name of its own and the SHA-256 of what was stored', async () => {
  const context = await backups.step('fetch');

  const outcome = await backupFetch.run(context, params());

  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  const { path } = Fetched.parse(outcome.output);
  expect(outcome.output).toEqual({
    backup: 'pg-daily',
    path: expect.stringMatching(/\/[0-9a-f]{32}\.backup$/),
    sha256,
    bytes: 3_000_000,
    key,
    etag,
    versionId: null,
    takenAt: '2026-11-21T02:00:04.000Z',
  });
  expect(outcome.summary).toBe(`3 MB, SHA-256 ${sha256.slice(0, 8)}…`);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path)).toEqual(content);
});

test('a backup replaced since it was found is refused, even when its bytes are here already', async () => {
  const context = await backups.step('fetch');
  await backupFetch.run(context, params());
  await backups.aws.put(key, randomBytes(2_000));
  const elsewhere = await backups.step('fetch');

  const again = backupFetch.run(context, params());
  await expect(again).rejects.toMatchObject({ code: 'backup-changed', retry: 'never' });

  await expect(backupFetch.run(elsewhere, params())).rejects.toThrow('was replaced');
});

test('a backup replaced during the download is refused', async () => {
  const context = await backups.step('fetch');
  backups.faults.drops = [1_000_000];
  let gets = 0;
  backups.faults.before = async (method) => {
    if (method === 'GET' && ++gets === 2) await backups.aws.put(key, randomBytes(content.length));
  };

  const fetched = download(context, wanted(), quick);

  await expect(fetched).rejects.toMatchObject({ code: 'backup-changed' });
});

test('a dropped connection goes on where it was, under the same ETag', async () => {
  const context = await backups.step('fetch');
  backups.faults.pieceBytes = 10_000;
  backups.faults.drops = [1_000_000, 700_000, 0, 0, 300_000];

  const fetched = await download(context, wanted(), quick);

  expect(fetched.sha256).toBe(sha256);
  expect(await readFile(fetched.path)).toEqual(content);
  const ranges = backups.faulty.downloads().map(({ range }) => range);
  expect(ranges).toEqual([
    undefined,
    'bytes=1000000-',
    'bytes=1700000-',
    'bytes=1700000-',
    'bytes=1700000-',
    'bytes=2000000-',
  ]);
});

test('connections that bring nothing end the attempt, and the next one goes on from what is there', async () => {
  const context = await backups.step('fetch');
  backups.faults.drops = [2_000_000, 0, 0, 0];

  const first = download(context, wanted(), quick);
  await expect(first).rejects.toMatchObject({
    code: 'outside-unreachable',
    retry: 'later',
    message: expect.stringContaining('2 MB of 3 MB'),
  });
  const second = await download(context, wanted(), quick);

  expect(second.sha256).toBe(sha256);
  expect(backups.faulty.downloads().at(-1)?.range).toBe('bytes=2000000-');
});

test('a crawling download is given up', async () => {
  const context = await backups.step('fetch');
  backups.faults.pieceBytes = 1_000;
  backups.faults.pieceMs = 20;

  const begun = performance.now();
  const fetched = download(context, wanted(), { ...quick, stallWindowMs: 300, stallBytes: 300_000 });

  await expect(fetched).rejects.toMatchObject({ code: 'step-timeout', retry: 'later' });
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('a backup that does not fit on the disk is not begun', async () => {
  const context = await backups.step('fetch');

  const fetched = download(context, { ...wanted(), bytes: 1e15 }, quick);

  await expect(fetched).rejects.toThrow(/The worker has no room for .*1200 TB are needed/);
  expect(backups.faulty.downloads()).toEqual([]);
});

test('an abort ends the download at once and leaves what has arrived', async () => {
  backups.faults.pieceBytes = 10_000;
  backups.faults.pieceMs = 20;
  const abort = new AbortController();
  const context = await backups.step('fetch', { signal: abort.signal });

  const fetched = download(context, wanted(), quick);
  setTimeout(() => abort.abort(new Error('aborted by Ben')), 200);

  await expect(fetched).rejects.toThrow('aborted by Ben');
  const [part = ''] = await readdir(context.workDir);
  const left = await readFile(join(context.workDir, part));
  expect(part).toMatch(/\.part$/);
  expect(left.length).toBeGreaterThan(0);
  expect(left).toEqual(content.subarray(0, left.length));
});

test('two workers on one folder bring the same file', async () => {
  const context = await backups.step('fetch');
  backups.faults.pieceBytes = 50_000;
  backups.faults.pieceMs = 1;

  const both = await Promise.all([download(context, wanted(), quick), download(context, wanted(), quick)]);

  expect(both.map((one) => one.sha256)).toEqual([sha256, sha256]);
  expect(await readFile(both[0].path)).toEqual(content);
});

test('a key outside the place of the plan is never asked for', async () => {
  const context = await backups.step('fetch');
  for (const strange of [
    '../../etc/passwd',
    'other/postgres_janua_20261121_020004.dump',
    'postgres/daily/../x.dump',
  ]) {
    const fetched = backupFetch.run(context, params({ key: strange }));
    await expect(fetched).rejects.toMatchObject({ code: 'backup-refused' });
  }
  expect(backups.faulty.requests).toEqual([]);
});

test('on another worker the backup is fetched again and must be the same', async () => {
  const here = await backups.step('fetch');
  const outcome = await backupFetch.run(here, params());
  const fetched = Fetched.parse(outcome.kind === 'done' ? outcome.output : {});

  const same = await ensureFetched(here, fetched);
  await rm(fetched.path);
  const elsewhere = await ensureFetched(await backups.step('verify'), fetched);
  const forged = ensureFetched(await backups.step('verify'), { ...fetched, sha256: 'f'.repeat(64) });

  expect(same).toBe(fetched.path);
  expect(await readFile(elsewhere)).toEqual(content);
  await expect(forged).rejects.toMatchObject({ code: 'backup-changed' });
});

test('what lies under the final name is hashed, not believed', async () => {
  const context = await backups.step('fetch');
  const { path } = await download(context, wanted(), quick);
  await writeFile(path, Buffer.alloc(content.length));

  const again = await download(context, wanted(), quick);

  expect(again.sha256).not.toBe(sha256);
});

test('a preview says what is fetched, and before the search is done only from where', async () => {
  const context = await backups.step('fetch', { phase: 'plan' });

  const early = await backupFetch.preview(context, params({ key: '${find.key}', etag: '${find.etag}' }));
  const late = await backupFetch.preview(context, params({ versionId: '${find.versionId}' }));

  expect(early.lines).toEqual([
    'Fetch the backup an earlier step finds in `s3://janua-backups/postgres/daily/`',
  ]);
  expect(late.lines).toEqual(['Fetch `…20261121_020004.dump` to the worker (3 MB)']);
  expect(late.bound).toEqual({ backup: 'pg-daily', key, etag, versionId: null });
  expect(await readdir(context.workDir)).toEqual([]);
});

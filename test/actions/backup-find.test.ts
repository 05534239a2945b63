import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backupFind, Params } from '../../src/actions/backup-find.ts';
import { searchBackup } from '../../src/actions/backup-search.ts';
import { sourceOf } from '../../src/actions/backup-source.ts';
import type { StoredDump } from '../../src/domain/whole-dump.ts';
import { type Backups, keyOf, plainDump, startBackups } from './backup-setup.ts';

let backups: Backups;
const good = gzipSync(plainDump({ rows: 2_000 }));
const params = (more: Partial<Params> = {}) => Params.parse({ backup: 'pg-daily', ...more });

beforeEach(async () => {
  backups = await startBackups();
});
afterEach(() => backups.stop());

test('the newest backup that is whole is chosen, and each newer one is refused with its reason', async () => {
  const { put, aws, faults } = backups;
  await put('20261119_020000', good);
  const key = await put('20261120_020003', good);
  await put('20261121_020004', gzipSync(Buffer.alloc(0)));
  await put('20261121_020104', plainDump({ tables: 0 }));
  await put('20261121_020203', good.subarray(0, good.length - 300));
  await put('20261121_020300', Buffer.concat([Buffer.from('%PDF-1.7'), Buffer.alloc(2_000, 'x')]));
  const frozen = await put('20261121_020400', good);
  faults.storageClasses[frozen] = 'DEEP_ARCHIVE';
  await aws.put(keyOf('20261121_020500'), good, new Date('2026-11-21T01:00:00Z'));
  await aws.put(keyOf('20261122_020000'), good, new Date('2026-11-21T02:00:00Z'));
  await aws.put('postgres/daily/README.txt', good);
  await aws.put('postgres/daily/postgres_janua_20261340_990000.sql.gz', good);
  const context = await backups.step('find');

  const outcome = await backupFind.run(context, params());

  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  expect(outcome.output).toEqual({
    key,
    etag: expect.stringMatching(/^[0-9a-f]{32}$/),
    versionId: null,
    bytes: good.length,
    takenAt: '2026-11-20T02:00:03.000Z',
    format: 'plain',
    whole: expect.objectContaining({
      sha256: createHash('sha256').update(good).digest('hex'),
      format: 'plain',
    }),
    looked: 8,
    refused: [
      { key: keyOf('20261122_020000'), reason: 'is dated 2026-11-22 02:00:00 UTC, in the future' },
      {
        key: keyOf('20261121_020500'),
        reason: 'is dated 2026-11-21 02:05:00 UTC but was stored 2026-11-21 01:00:00 UTC, before that',
      },
      { key: frozen, reason: 'is in archive storage, which takes hours to bring back' },
      { key: keyOf('20261121_020300'), reason: 'is not a PostgreSQL dump' },
      { key: keyOf('20261121_020203'), reason: 'is cut off' },
      { key: keyOf('20261121_020104'), reason: 'holds 263 bytes, fewer than 1,024' },
      { key: keyOf('20261121_020004'), reason: 'holds 20 bytes, fewer than 1,024' },
    ],
  });
  expect(outcome.summary).toBe('`…20261120_020003.sql.gz`, 7 refused');
  const left = await readdir(context.workDir);
  expect(left).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.backup$/)]);
});

test('a large whole dump without a table is refused', async () => {
  const empty = plainDump({ tables: 0 })
    .toString('latin1')
    .replace('SET', `${'-- nothing\n'.repeat(200)}SET`);
  await backups.put('20261121_020104', Buffer.from(empty), 'sql');

  const searched = backupFind.run(await backups.step('find'), params());

  await expect(searched).rejects.toMatchObject({
    code: 'backup-not-found',
    details: [`\`${keyOf('20261121_020104', 'sql')}\` holds no tables`],
  });
});

test('a time of day is the last one before the run began', async () => {
  await backups.put('20261120_230000', good);
  await backups.put('20261121_020000', good);
  const context = await backups.step('find');

  const chosen = async (before: string) => {
    const outcome = await backupFind.run(context, params({ before }));
    return outcome.kind === 'done' ? outcome.output.takenAt : outcome.kind;
  };

  expect(await chosen('')).toBe('2026-11-21T02:00:00.000Z');
  expect(await chosen('01:59')).toBe('2026-11-20T23:00:00.000Z');
  expect(await chosen('23:30')).toBe('2026-11-20T23:00:00.000Z');
  expect(await chosen('2026-11-21T02:00:00Z')).toBe('2026-11-21T02:00:00.000Z');
  expect(await chosen('2026-11-21T02:30:00+01:00')).toBe('2026-11-20T23:00:00.000Z');
  await expect(chosen('yesterday')).rejects.toThrow('"yesterday" is not a restore point');
});

test('without a usable backup the error names every candidate, and no file is left', async () => {
  await backups.put('20261120_020003', good.subarray(0, good.length / 2));
  await backups.put('20261121_020004', gzipSync(Buffer.alloc(0)));
  const context = await backups.step('find');

  const searched = backupFind.run(context, params());

  await expect(searched).rejects.toMatchObject({
    code: 'backup-not-found',
    retry: 'never',
    message:
      'No usable backup was found for Janua. Nothing was touched. 2 were looked at, reasons in the thread; choose another restore point, or another runbook.',
    details: [
      `\`${keyOf('20261121_020004')}\` holds 20 bytes, fewer than 1,024`,
      `\`${keyOf('20261120_020003')}\` is cut off`,
    ],
  });
  expect(await readdir(context.workDir)).toEqual([]);
});

test('a backup that is written again while it is looked at is still changing', async () => {
  const older = await backups.put('20261120_020003', good);
  const newest = await backups.put('20261121_020004', good);
  backups.faults.before = async (method, path) => {
    if (method === 'HEAD' && path.endsWith(newest))
      await backups.aws.put(newest, gzipSync(plainDump({ rows: 9 })));
  };

  const outcome = await backupFind.run(await backups.step('find'), params());

  expect(outcome).toMatchObject({
    output: { key: older, refused: [{ key: newest, reason: 'is still changing' }] },
  });
});

test('a backup brought back from the archive is read like any other', async () => {
  const key = await backups.put('20261121_020004', good);
  backups.faults.storageClasses[key] = 'GLACIER';
  backups.faults.restores[key] = 'ongoing-request="false", expiry-date="Fri, 27 Nov 2026 00:00:00 GMT"';

  const outcome = await backupFind.run(await backups.step('find'), params());

  expect(outcome).toMatchObject({ output: { key } });
});

test('bad backups in a row do not hide a good one behind them, until maxCandidates are read', async () => {
  const key = await backups.put('20261101_020000', good);
  for (let day = 2; day < 20; day += 1)
    await backups.put(`202611${String(day).padStart(2, '0')}_020000`, gzipSync(Buffer.alloc(0)));
  await backups.put('20261120_020000', good.subarray(0, 1_100));
  const context = await backups.step('find');

  const outcome = await backupFind.run(context, params({ maxCandidates: 2 }));
  const given = backupFind.run(context, params({ maxCandidates: 1 }));

  expect(outcome).toMatchObject({ output: { key, looked: 20 } });
  await expect(given).rejects.toMatchObject({
    details: expect.arrayContaining(['1 older not read (maxCandidates)']),
  });
});

test('a preview foretells what the run finds and says which backups are of no use', async () => {
  const key = await backups.put('20261120_020003', good);
  await backups.put('20261121_020004', gzipSync(Buffer.alloc(0)));
  const context = await backups.step('find', { phase: 'plan' });

  const preview = await backupFind.preview(context, params());
  const outcome = await backupFind.run(await backups.step('find'), params());

  expect(outcome).toMatchObject({ kind: 'done', output: preview.output });
  expect(preview.bound).toMatchObject({ key, versionId: null });
  expect(preview.lines).toEqual([
    `Find the newest good backup in \`s3://janua-backups/postgres/daily/\`: \`…20261120_020003.sql.gz\`, taken 2026-11-20 02:00:03 UTC, ${(good.length / 1000).toPrecision(3)} kB`,
  ]);
  expect(preview.shown).toContainEqual({
    name: 'refused',
    value: '…20261121_020004.sql.gz holds 20 bytes, fewer than 1,024',
  });
});

test('a preview is blocked, not broken, when there is no usable backup', async () => {
  const preview = await backupFind.preview(await backups.step('find', { phase: 'plan' }), params());

  expect(preview.blocked).toEqual([
    'No usable backup was found for Janua. Nothing was touched. `s3://janua-backups/postgres/daily/` holds no key like `postgres_janua_{YYYYmmdd_HHMMSS}.{*}`; choose another restore point, or another runbook.',
  ]);
});

test('a backup too large to be read for a preview is believed by its first bytes', async () => {
  await backups.put('20261121_020004', good.subarray(0, good.length - 300));
  await backups.put('20261121_020005', Buffer.alloc(5_000, 'x'));
  const context = await backups.step('find');
  const search = { before: undefined, most: 12, readUpTo: 1_024 };

  const found = await searchBackup(context, sourceOf(context.plan, 'pg-daily'), search);

  expect(found).toMatchObject({
    whole: null,
    format: 'plain',
    candidate: { key: keyOf('20261121_020004') },
  });
  expect(await readdir(context.workDir)).toEqual([]);
});

test('what the watch read whole is not read again, unless it was replaced or the search is repeated', async () => {
  const key = await backups.put('20261121_020004', good);
  const first = await backupFind.run(await backups.step('find'), params());
  if (first.kind !== 'done') throw new Error(first.kind);
  const sha256 = createHash('sha256').update(good).digest('hex');
  const whole: StoredDump = {
    ...{ sha256, format: 'plain', compressed: true, tables: 2, rows: 4_000, pgVersion: '15.20' },
    etag: String(first.output.etag),
  };
  const at = new Date('2026-11-21T02:09:00Z');
  const search = async (reading: StoredDump, attempt: number) => {
    backups.faulty.requests.length = 0;
    const given = { lastReading: async () => ({ at, key, whole: reading }), step: { id: 'find', attempt } };
    const outcome = await backupFind.run(await backups.step('find', given), params());
    const fetched = backups.faulty.requests.some(
      ({ method, bytes }) => method === 'GET' && bytes >= good.length,
    );
    return { fetched, outcome };
  };

  const known = await search(whole, 1);

  expect(known).toMatchObject({
    fetched: false,
    outcome: { output: { key, whole: { sha256 }, bytes: good.length } },
  });
  expect(known.outcome).toMatchObject({
    facts: expect.arrayContaining([
      {
        name: 'read whole',
        value: 'by the watch, 2026-11-21 02:09:00 UTC; its SHA-256 is compared when it is fetched',
      },
    ]),
  });
  expect(await search({ ...whole, etag: 'another' }, 1)).toMatchObject({ fetched: true });
  expect(await search(whole, 2)).toMatchObject({ fetched: true, outcome: { output: { whole: { sha256 } } } });
});

test('a bucket that does not answer is an error that may pass, not a bucket without backups', async () => {
  backups.faults.status = 503;
  const away = backupFind.run(await backups.step('find'), params());
  await expect(away).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });

  backups.faults.status = 403;
  const refused = backupFind.run(await backups.step('find'), params());
  await expect(refused).rejects.toMatchObject({ code: 'outside-refused', retry: 'never' });
});

test('physical backups and unknown ids are refused with the names there are', async () => {
  const context = await backups.step('find');

  await expect(backupFind.run(context, params({ backup: 'pg-wal' }))).rejects.toThrow('is of kind wal');
  await expect(backupFind.run(context, params({ backup: 'pg-disk' }))).rejects.toThrow(
    'The backup "pg-disk" cannot be restored from its first location "disk" (source: directory). Backups are found and fetched in buckets: put a location with source: s3 first, and say namePattern.',
  );
  await expect(backupFind.run(context, params({ backup: 'pg' }))).rejects.toThrow(
    'The plan has no backup "pg". Its backups: pg-daily, pg-wal, pg-disk.',
  );
});

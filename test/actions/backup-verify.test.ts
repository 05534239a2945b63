import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActionContext } from '../../src/actions/action.ts';
import { inspectDump } from '../../src/actions/backup-dump.ts';
import { createDumpScan } from '../../src/actions/backup-scan.ts';
import { backupVerify, Params } from '../../src/actions/backup-verify.ts';
import { createPrograms, type Programs } from '../../src/clients/programs.ts';
import { plainDump } from './backup-setup.ts';
import { contextFor } from './context.ts';

let context: ActionContext;
let folder: string;
const dump = plainDump({ rows: 3_000 });
const KEY = 'postgres/daily/postgres_janua_20261121_020004.sql.gz';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-bot-verify-'));
  context = contextFor('verify', { workDir: folder });
});
afterEach(() => rm(folder, { recursive: true }));

async function verify(body: Buffer, sha256 = createHash('sha256').update(body).digest('hex')) {
  const path = join(folder, 'fetched.backup');
  await writeFile(path, body);
  return backupVerify.run(context, Params.parse({ backup: 'pg-daily', path, sha256, key: KEY, etag: 'e' }));
}

/** As if the search had found the backup known by these bytes. */
function foundAs(sha256: string, rows: number): void {
  const whole = { sha256, format: 'plain', compressed: false, tables: 2, rows, pgVersion: '15.20' };
  context = { ...context, outputs: { find: { key: KEY, etag: 'e', whole } } };
}

async function refusalOf(body: Buffer): Promise<string> {
  const path = join(folder, 'inspected.backup');
  await writeFile(path, body);
  const inspected = await inspectDump(path, createPrograms({}), context.signal);
  return 'refused' in inspected ? inspected.refused : 'passed';
}

/** Client programs of version 15.20 of which only psql tells its version; pg_restore does what it is told here. */
async function programsThat(restore: string): Promise<Programs> {
  for (const name of ['psql', 'pg_restore', 'pg_dump']) {
    const script = name === 'pg_restore' ? restore : 'echo "psql (PostgreSQL) 15.20"';
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return createPrograms({}, { DR_PG_BIN: folder, PATH: process.env.PATH });
}

test('what was read before is taken from there only for the same bytes', async () => {
  const sha256 = createHash('sha256').update(dump).digest('hex');
  foundAs(sha256, 123);
  expect(await verify(dump)).toMatchObject({ output: { rows: 123 } });

  const cut = dump.subarray(0, dump.length - 300);
  await expect(verify(cut)).rejects.toThrow('is cut off');
  foundAs('another', 123);
  expect(await verify(dump)).toMatchObject({ output: { rows: 6_000 } });
});

test('a whole dump passes, packed or not, with what it holds', async () => {
  for (const body of [dump, gzipSync(dump)]) {
    const outcome = await verify(body);

    expect(outcome).toMatchObject({
      kind: 'done',
      summary: 'complete, 6,000 rows',
      output: {
        format: 'plain',
        compressed: body !== dump,
        tables: 2,
        rows: 6_000,
        pgVersion: '15.20 (Debian 15.20-0+deb12u1)',
        sha256: createHash('sha256').update(body).digest('hex'),
      },
    });
  }
});

test('two hundred cuts at any place are all found', async () => {
  const trailer = dump.indexOf('-- PostgreSQL database dump complete');
  for (let n = 1; n <= 100; n += 1) {
    const cut = Math.floor((trailer * n) / 101);
    expect(await refusalOf(dump.subarray(0, cut)), `plain dump cut at ${cut}`).toMatch(
      cut < 32 ? /is not a PostgreSQL dump/ : /is cut off/,
    );
  }
  const packed = gzipSync(dump);
  for (let n = 1; n <= 100; n += 1) {
    const cut = Math.floor((packed.length * n) / 101);
    expect(await refusalOf(packed.subarray(0, cut)), `gzip cut at ${cut}`).toBe('is cut off');
  }
});

test('one flipped byte in a packed dump is found', async () => {
  const packed = gzipSync(dump);
  for (let n = 1; n < 20; n += 1) {
    const damaged = Buffer.from(packed);
    const at = Math.floor((packed.length * n) / 20);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    expect(await refusalOf(damaged)).toMatch(/is damaged \(gzip: |is cut off/);
  }
});

test('the trailer counts only as the end of the dump, not as a row or in the middle', async () => {
  const trailer = '-- PostgreSQL database dump complete';
  const asRow = dump.toString('latin1').replace('5\tperson', `${trailer}\n5\tperson`);
  const cutAfter = asRow.slice(0, asRow.indexOf(trailer) + trailer.length + 1);
  const goesOn = `${dump.toString('latin1')}CREATE TABLE public.more (id integer);\n`;

  expect(await refusalOf(Buffer.from(cutAfter))).toBe('is cut off');
  expect(await refusalOf(Buffer.from(asRow))).toBe('passed');
  expect(await refusalOf(Buffer.from(goesOn))).toBe('is cut off');
});

test('a dump is judged the same however it is cut into pieces', () => {
  const whole = createDumpScan();
  whole.take(dump);
  for (const bytes of [1, 2, 3, 7, 64, 4_093]) {
    const scan = createDumpScan();
    for (let at = 0; at < dump.length; at += bytes) scan.take(dump.subarray(at, at + bytes));
    expect(scan.result()).toEqual(whole.result());
  }
});

test('files that are no dump are called what they are', async () => {
  const filled = (start: Buffer | string) => Buffer.concat([Buffer.from(start), Buffer.alloc(2_000, 1)]);
  const cases: [Buffer, string][] = [
    [Buffer.alloc(0), 'holds no tables'],
    [gzipSync(Buffer.alloc(0)), 'holds no tables'],
    [plainDump({ tables: 0 }), 'holds no tables'],
    [filled(Buffer.from('28b52ffd', 'hex')), 'is packed with zstd, which the bot does not read'],
    [filled(Buffer.from('Salted__')), 'is encrypted (OpenSSL)'],
    [filled('-----BEGIN PGP MESSAGE-----'), 'is encrypted (PGP)'],
    [filled('age-encryption.org/v1'), 'is encrypted (age)'],
    [
      filled('--\n-- PostgreSQL database cluster dump\n--\n'),
      'is a dump of a whole server (pg_dumpall), not of one database',
    ],
    [filled('<?xml version="1.0"?><Error><Code>AccessDenied'), 'is not a PostgreSQL dump'],
  ];
  for (const [body, reason] of cases) expect(await refusalOf(body)).toBe(reason);
});

test('a small file that unpacks to gigabytes is given up', async () => {
  const head = dump.subarray(0, 400);
  const zeros = gzipSync(Buffer.alloc(60_000_000), { level: 9 });
  const bomb = Buffer.concat([gzipSync(head), ...Array.from({ length: 20 }, () => zeros)]);

  expect(await refusalOf(bomb)).toBe('unpacks to more than 500 times its size');
}, 60_000);

test('a backup that is not what was fetched is refused by its hash', async () => {
  const verified = verify(dump, 'f'.repeat(64));

  await expect(verified).rejects.toMatchObject({ code: 'backup-refused', retry: 'never' });
  await expect(verified).rejects.toThrow('is not what was fetched');
});

test('a refusal says what is wrong, that nothing was touched, and what to do', async () => {
  await expect(verify(dump.subarray(0, 40_000))).rejects.toThrow(
    'The backup `postgres/daily/postgres_janua_20261121_020004.sql.gz` is cut off. Nothing was touched. Choose another backup',
  );
  await expect(verify(gzipSync(Buffer.alloc(0)))).rejects.toThrow('holds 20 bytes, fewer than 1,024.');
});

test('a dump of a newer PostgreSQL than the client programs is refused with the package to install', async () => {
  const newer = Buffer.from(
    dump.toString('latin1').replace('from database version 15.20', 'from database version 17.2'),
  );
  const clients = { ...context.clients, programs: await programsThat('exit 1') };
  context = { ...context, clients };

  await expect(verify(newer)).rejects.toMatchObject({
    code: 'client-too-old',
    message:
      'The dump was made by PostgreSQL 17.2; the client programs here are 15.20. Nothing was touched. Install the package postgresql-client-17.',
  });
});

test('a pg_restore that is killed says nothing against the backup', async () => {
  const path = join(folder, 'archive.backup');
  await writeFile(path, Buffer.concat([Buffer.from('PGDMP'), Buffer.alloc(2_000)]));

  const killed = inspectDump(path, await programsThat('kill -9 $$'), context.signal);
  await expect(killed).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });

  const lacking = await programsThat(
    'echo "pg_restore: error: this build does not support compression with lz4" >&2; exit 1',
  );
  await expect(inspectDump(path, lacking, context.signal)).rejects.toMatchObject({ code: 'client-too-old' });
});

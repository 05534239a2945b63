import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ensurePrograms } from '../../sandbox/programs.ts';
import { inspectDump } from '../../src/actions/backup-dump.ts';
import { createPrograms } from '../../src/clients/programs.ts';

const run = promisify(execFile);
const database = `archive_${process.pid}`;
const { signal } = new AbortController();
const programs = createPrograms({});
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-bot-archive-'));
  await asSuperuser(inject('postgresUrl'), `create database ${database}`);
  url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${database}` }).href;
  await asSuperuser(
    url,
    `create table accounts (id int primary key, mail text);
     create table sessions (id int references accounts, token text);
     insert into accounts select n, md5(n::text) from generate_series(1, 3000) n;
     insert into sessions select n, md5(n::text) from generate_series(1, 2000) n;`,
  );
});
afterAll(async () => {
  await asSuperuser(inject('postgresUrl'), `drop database ${database} with (force)`);
  await rm(folder, { recursive: true });
});

async function asSuperuser(to: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: to });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function dumpAs(format: 'plain' | 'custom' | 'tar'): Promise<Buffer> {
  const path = join(folder, format);
  await run((await ensurePrograms()).pg_dump, [`--format=${format}`, `--file=${path}`, `--dbname=${url}`]);
  return readFile(path);
}

async function inspect(body: Buffer) {
  const path = join(folder, 'inspected');
  await writeFile(path, body);
  return inspectDump(path, programs, signal);
}

test('every format pg_dump writes passes, packed or not, with the same figures', async () => {
  for (const format of ['plain', 'custom', 'tar'] as const) {
    const dump = await dumpAs(format);
    for (const compressed of [false, true]) {
      expect(await inspect(compressed ? gzipSync(dump) : dump)).toMatchObject({
        format,
        compressed,
        complete: true,
        tables: 2,
        rows: 5_000,
        pgVersion: expect.stringMatching(/^\d+\.\d+/),
      });
    }
  }
});

test('an archive cut anywhere is cut off, although pg_restore --list passes it', async () => {
  const custom = await dumpAs('custom');
  const half = join(folder, 'half');
  await writeFile(half, custom.subarray(0, custom.length * 0.6));
  const listed = await programs.run('pg_restore', ['--list', half], { signal, timeoutMs: 10_000 });
  expect(listed.code).toBe(0);

  for (let n = 1; n < 20; n += 1)
    expect(await inspect(custom.subarray(0, (custom.length * n) / 20))).toEqual({ refused: 'is cut off' });
  expect(await inspect(gzipSync(custom).subarray(0, custom.length / 2))).toEqual({ refused: 'is cut off' });
});

test('a cut tar is cut off, although pg_restore takes it for whole or reads it for ever', async () => {
  const tar = await dumpAs('tar');
  const lastRow = tar.lastIndexOf('\n2000\t') + 1;
  const short = tar.subarray(0, lastRow);
  const path = join(folder, 'short');
  await writeFile(path, short);
  const restored = await programs.run('pg_restore', ['--file=/dev/null', path], {
    signal,
    timeoutMs: 10_000,
  });
  expect(restored.code).toBe(0);

  const cuts = [
    short,
    ...Array.from({ length: 18 }, (_, n) => tar.subarray(0, Math.floor((tar.length * (n + 1)) / 20))),
  ];
  for (const cut of cuts) {
    expect(await inspect(cut)).toEqual({ refused: 'is cut off' });
    expect(await inspect(gzipSync(cut))).toEqual({ refused: 'is cut off' });
  }
});

test('a damaged archive is refused with what pg_restore says', async () => {
  const damaged = await dumpAs('custom');
  const at = Math.floor(damaged.length * 0.6);
  damaged.fill(0xff, at, at + 64);

  expect(await inspect(damaged)).toEqual({
    refused: expect.stringMatching(/^is (damaged \(pg_restore: .+\)|cut off)$/),
  });
});

test('an archive of a newer pg_dump is the fault of the programs, not of the backup', async () => {
  const custom = await dumpAs('custom');
  custom[6] = 99;

  await expect(inspect(custom)).rejects.toMatchObject({ code: 'client-too-old' });
});

test('reading an archive ends when the step is aborted', async () => {
  const path = join(folder, 'aborted');
  await writeFile(path, await dumpAs('custom'));

  const inspected = inspectDump(path, programs, AbortSignal.abort(new Error('aborted by Ben')));

  await expect(inspected).rejects.toThrow('aborted by Ben');
});

import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { samplePlan } from '../helpers/sample-plan.ts';
import { roundOf } from './round.ts';
import { backupOf, clientsOf, depsOf, look, NOW, seenIn } from './setup.ts';

const HOUR = 3_600_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file that was last written to so many hours ago. */
async function file(name: string, { hours = 1, body = 'a backup of the day' } = {}): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, body);
  const at = new Date(NOW.getTime() - hours * HOUR);
  await utimes(path, at, at);
}

async function listed(given: object = {}, path = folder) {
  const backup = backupOf({
    kind: 'sync',
    namePattern: 'db_{YYYYmmdd}.tar',
    locations: [{ source: 'directory', path }],
    ...given,
  });
  return (await inspectBackup(depsOf(clientsOf({})), { backup }, look())).listing;
}

test('files are backups by their names, with the time in them and not that of the file', async () => {
  await file('db_20261120.tar', { hours: 3 });
  await file('db_20261121.tar', { hours: 2 });

  const { newest, count, bytes } = seenIn(await listed());

  expect({ count, bytes }).toEqual({ count: 2, bytes: 38 });
  expect(newest[0]).toMatchObject({
    key: 'db_20261121.tar',
    takenAt: new Date('2026-11-21T00:00:00Z'),
    storedAt: new Date(NOW.getTime() - 2 * HOUR),
  });
});

test('empty files, other names and what still grows are told and no backups', async () => {
  await file('db_20261119.tar');
  await file('db_20261120.tar', { body: '' });
  await file('db_20261121.tar', { hours: 0 });
  await file('notes.txt');
  await file('old/db_20261118.tar');
  await symlink(join(folder, 'db_20261119.tar'), join(folder, 'db_20261117.tar'));

  const { newest, odd } = seenIn(await listed());

  expect(newest.map(({ key }) => key)).toEqual(['db_20261119.tar']);
  expect(odd).toMatchObject({
    'too-small': { count: 1, examples: ['db_20261120.tar'] },
    uploading: { count: 1, examples: ['db_20261121.tar'] },
    'unknown-name': { count: 1, examples: ['notes.txt'] },
  });
});

test('a file that is written ahead of the clock has ended, and its name decides', async () => {
  await file('db_20261121.tar', { hours: -5 });
  await file('db_20261123.tar', { hours: 1 });

  const { newest, odd } = seenIn(await listed());

  expect(newest.map(({ key }) => key)).toEqual(['db_20261121.tar']);
  expect(odd.future).toMatchObject({ count: 1, examples: ['db_20261123.tar'] });
});

test('folders are looked into where the pattern names them, or where there is none', async () => {
  await file('2026/db_20261121.tar');
  await file('2026/more/data.bin');

  const flat = seenIn(await listed());
  const named = seenIn(await listed({ namePattern: '{*}/db_{YYYYmmdd}.tar' }));
  const all = seenIn(await listed({ namePattern: undefined }));

  expect(flat.count).toBe(0);
  expect(named.newest.map(({ key }) => key)).toEqual(['2026/db_20261121.tar']);
  expect(all.count).toBe(2);
});

test('a folder that is gone is not an empty one, and another backup of the round is judged', async () => {
  await file('db_20261121.tar');
  const place = { id: 'disk', role: 'primary', failureDomain: 'host', source: 'directory' } as const;
  const backup = { component: 'postgres', kind: 'sync' as const, minBytes: 5, alerts: { age: '25h' } };
  const plan = samplePlan({
    backups: [
      { id: 'gone', ...backup, locations: [{ ...place, path: join(folder, 'nowhere') }] },
      { id: 'there', ...backup, locations: [{ ...place, path: folder }] },
    ],
  });

  const { told, wrong } = await roundOf(plan, clientsOf({}), NOW);

  expect(told('gone', 'R4', 'disk')).toMatchObject({
    health: 'unknown',
    title: `the folder ${join(folder, 'nowhere')} cannot be read`,
    facts: ['The folder does not have it (ENOENT)'],
  });
  expect(wrong('there')).not.toContain('R4 unknown');
  expect(told('there', 'R2', 'age')).toMatchObject({ health: 'ok' });
});

test('a file where a folder should be is told as such', async () => {
  await file('backups');

  expect(await listed({}, join(folder, 'backups'))).toMatchObject({
    state: 'unreadable',
    cause: 'gone',
    reason: 'The folder does not have it (ENOTDIR)',
  });
});

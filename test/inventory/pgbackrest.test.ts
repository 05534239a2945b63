import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPgBackRest } from '../../src/clients/pgbackrest.ts';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { gapInArchive } from '../../src/inventory/pgbackrest.ts';
import { backupOf, clientsOf, depsOf, look, NOW, seenIn } from './setup.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-pgbackrest-'));
});
afterEach(() => rm(folder, { recursive: true }));

const backup = backupOf({
  kind: 'physical',
  locations: [{ source: 'pgbackrest', stanza: 'janua', config: '/etc/pgbackrest.conf' }],
});

/** A pgbackrest that answers so. */
async function program(answer: string, { stderr = '', code = 0 } = {}): Promise<void> {
  await writeFile(join(folder, 'answer'), answer);
  await writeFile(join(folder, 'stderr'), stderr);
  const script = `#!/bin/sh\ncat '${folder}/answer'\ncat '${folder}/stderr' >&2\nexit ${code}\n`;
  await writeFile(join(folder, 'pgbackrest'), script);
  await chmod(join(folder, 'pgbackrest'), 0o755);
}

async function inspect(PATH = `${folder}:/usr/bin:/bin`) {
  const clients = { ...clientsOf({}), pgbackrest: createPgBackRest({ PATH }) };
  return inspectBackup(depsOf(clients), { backup }, look());
}

const seconds = (time: string) => Date.parse(`2026-11-${time}Z`) / 1_000;

function made(label: string, start: string, stop: string, more: object = {}) {
  const timestamp = { start: seconds(start), stop: seconds(stop) };
  return { label, timestamp, info: { size: 5_000_000 }, error: false, ...more };
}

const stanza = (given: object = {}) =>
  JSON.stringify([{ archive: [], backup: [], status: { code: 0, message: 'ok' }, ...given }]);

test('backups are listed by when they began, with the time they took, and told as runs', async () => {
  await program(
    stanza({
      backup: [
        made('20261120-020000F', '20T02:00:00', '20T02:09:00'),
        made('20261121-020000I', '21T02:00:00', '21T02:01:00'),
      ],
      status: { code: 0, message: 'ok', lock: { backup: { held: true } } },
    }),
  );

  const { listing, jobs } = await inspect();

  expect(seenIn(listing).newest).toMatchObject([
    { key: '20261121-020000I', takenAt: new Date('2026-11-21T02:00:00Z'), durationMs: 60_000 },
    { key: '20261120-020000F', durationMs: 540_000, bytes: 5_000_000 },
  ]);
  expect(seenIn(jobs).map(({ id, state }) => [id, state])).toEqual([
    ['running', 'running'],
    ['20261121-020000I', 'done'],
    ['20261120-020000F', 'done'],
  ]);
  expect(seenIn(jobs)[0]?.startedAt).toEqual(NOW);
});

test('a backup with wrong page checksums is a failed run and no backup', async () => {
  await program(
    stanza({
      backup: [
        made('20261120-020000F', '20T02:00:00', '20T02:09:00'),
        made('20261121-020000F', '21T02:00:00', '21T02:09:00', { error: true }),
      ],
    }),
  );

  const { listing, jobs } = await inspect();

  expect(seenIn(listing).newest.map(({ key }) => key)).toEqual(['20261120-020000F']);
  expect(seenIn(jobs)[0]).toMatchObject({
    state: 'failed',
    reason: 'pgBackRest found pages with wrong checksums',
  });
});

test.each([
  ['no JSON', 'WARN: something\nnot json'],
  ['half of it', stanza().slice(0, -9)],
  ['another shape', '{"stanza":"janua"}'],
  ['nothing', ''],
  ['no stanza', '[]'],
])('an answer that cannot be read is told as such: %s', async (_name, answer) => {
  await program(answer);

  const { listing, jobs } = await inspect();

  expect(listing).toMatchObject({
    state: 'unreadable',
    cause: 'malformed',
    reason: expect.stringMatching(/^pgBackRest answers with something that cannot be read/),
  });
  expect(jobs).toEqual(listing);
});

test.each([
  [1, 'missing stanza path', 'gone'],
  [3, 'missing stanza data', 'gone'],
  [99, 'other', 'unreachable'],
])('the status %i of a stanza is told in its words', async (code, message, cause) => {
  await program(stanza({ status: { code, message } }));

  expect((await inspect()).listing).toEqual({
    state: 'unreadable',
    cause,
    reason: `pgBackRest says of stanza janua: ${message}`,
  });
});

test('a stanza without backups yet is empty and readable', async () => {
  await program(stanza({ status: { code: 2, message: 'no valid backups' } }));

  expect(seenIn((await inspect()).listing).count).toBe(0);
});

test('a program that fails, and one that is not there', async () => {
  await program('', { stderr: 'ERROR: [041]: unable to open /var/lib/pgbackrest', code: 41 });
  const failed = await inspect();
  const missing = await inspect('/nowhere');

  expect(failed.listing).toMatchObject({ state: 'unreadable', cause: 'unreachable' });
  expect(missing.listing).toMatchObject({
    state: 'unreadable',
    cause: 'gone',
    reason: expect.stringContaining('pgbackrest is not installed on this worker'),
  });
});

test('an answer without end is not kept in memory', async () => {
  await program(' '.repeat(17 * 1024 * 1024));

  expect((await inspect()).listing).toMatchObject({ state: 'unreadable', cause: 'malformed' });
});

test.each([
  ['the newest backup begins before the archive', { start: '01'.padStart(24, '0') }, '01'],
  ['the newest backup ends after the archive', { stop: '99'.padStart(24, '0') }, '99'],
])('a segment that is missing in the archive is named: %s', async (_name, needs, missing) => {
  const segment = (end: string) => end.padStart(24, '0');
  await program(
    stanza({
      archive: [{ min: segment('05'), max: segment('20') }],
      backup: [
        made('20261121-020000F', '21T02:00:00', '21T02:09:00', {
          archive: { start: segment('10'), stop: segment('11'), ...needs },
        }),
      ],
    }),
  );
  const found = await createPgBackRest({ PATH: `${folder}:/usr/bin:/bin` }).info({
    stanza: 'janua',
    config: '/etc/pgbackrest.conf',
    signal: AbortSignal.timeout(10_000),
  });

  expect(gapInArchive(found)).toBe(segment(missing));
});

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { readShape } from '../../src/inventory/shape.ts';
import { type Backups, keyOf, PREFIX, plainDump, startBackups } from '../actions/backup-setup.ts';
import { backupOf, depsOf, look, seenIn } from './setup.ts';

const dump = plainDump();
const STAMP = '20261121_020000';

let world: Backups;
let workDir: string;
beforeEach(async () => {
  world = await startBackups();
  workDir = await mkdtemp(join(tmpdir(), 'dr-shape-'));
});
afterEach(async () => {
  await world.stop();
  await rm(workDir, { recursive: true });
});

const locations = [{ source: 's3', connection: 'janua-backups', prefix: PREFIX }];
const namePattern = 'postgres_janua_{YYYYmmdd_HHMMSS}.sql.gz';

/** The newest of the bucket, read from inside. */
async function shapeOf(kind: string, meanwhile: () => Promise<unknown> = async () => {}) {
  const backup = backupOf({ kind, namePattern, locations });
  const deps = depsOf(world.clients);
  const [newest] = seenIn((await inspectBackup(deps, { backup }, look())).listing).newest;
  if (newest === undefined) throw new Error('nothing is listed');
  await meanwhile();
  return readShape(deps, { backup }, newest, { ...look(), workDir });
}

test('a whole dump is read to its end, and nothing of it stays on the worker', async () => {
  await world.put(STAMP, gzipSync(dump));

  const shape = seenIn(await shapeOf('logical'));

  expect(shape).toMatchObject({
    key: keyOf(STAMP),
    format: 'plain',
    refused: null,
    whole: {
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      sha256: createHash('sha256').update(gzipSync(dump)).digest('hex'),
      compressed: true,
      tables: 2,
      rows: 400,
    },
  });
  expect(await readdir(workDir, { recursive: true, withFileTypes: true })).not.toContainEqual(
    expect.objectContaining({ name: expect.stringMatching(/backup|part/) }),
  );
});

test.each<[string, Buffer, string]>([
  ['cut in its text', gzipSync(dump.subarray(0, 2_000)), 'is cut off'],
  ['cut in its packing', gzipSync(dump).subarray(0, 900), ''],
  ['a gzip of nothing', gzipSync(''), ''],
  ['no dump at all', Buffer.from('<html>Not found</html>'.repeat(10)), ''],
])('a dump that is %s is refused', async (_name, body, why) => {
  await world.put(STAMP, body);

  const { refused } = seenIn(await shapeOf('logical'));

  expect(refused).toEqual(why === '' ? expect.any(String) : why);
});

test.each<[string, Buffer, string]>([
  ['age', Buffer.from('age-encryption.org/v1\n-> X25519 abc\n'), 'age'],
  ['PGP', Buffer.from('-----BEGIN PGP MESSAGE-----\n'), 'PGP'],
])('what was encrypted with %s before it came there is told', async (_name, body, algorithm) => {
  await world.put(STAMP, body);

  expect(seenIn(await shapeOf('logical'))).toMatchObject({
    refused: null,
    encryption: { algorithm, key: null },
  });
});

test('of what is no dump only the beginning is read', async () => {
  await world.put(STAMP, gzipSync(Buffer.from('anything')));

  expect(seenIn(await shapeOf('snapshot'))).toMatchObject({ format: 'gzip', refused: null });
});

test('an object that is replaced while it is read is still changing, and one that went too', async () => {
  await world.put(STAMP, gzipSync(dump));
  const replaced = await shapeOf('logical', () => world.put(STAMP, gzipSync(plainDump({ rows: 3 }))));
  const removed = await shapeOf('logical', () => world.aws.remove(keyOf(STAMP)));

  expect(seenIn(replaced).refused).toBe('is still changing');
  expect(seenIn(removed).refused).toBe('is still changing');
});

test('a store that goes away while it is read is not a fault of the backup', async () => {
  await world.put(STAMP, gzipSync(dump));

  const shape = await shapeOf('logical', async () => world.aws.down());

  expect(shape).toEqual({
    state: 'unreadable',
    cause: 'unreachable',
    reason: 'S3 does not answer (ECONNRESET)',
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../sandbox/tcp-proxy.ts';
import { download, hashFile, type Limits } from '../../src/actions/backup-download.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { type Backups, startBackups } from './backup-setup.ts';

/** S3 behind a bad line. */
const BYTES = 6_000_000;
const content = randomBytes(BYTES);
const sha256 = createHash('sha256').update(content).digest('hex');
const etag = createHash('md5').update(content).digest('hex');
const quick: Limits = { stallWindowMs: 60_000, stallBytes: 6_000_000, fruitless: 3, pauseMs: 5 };
let backups: Backups;
let proxy: TcpProxy;
let key: string;

beforeEach(async () => {
  backups = await startBackups();
  key = await backups.put('20261121_020004', content, 'dump');
  proxy = await startTcpProxy({ port: Number(new URL(backups.aws.endpoint).port) });
});
afterEach(async () => {
  await proxy.stop();
  await backups.stop();
});

async function fetched(limits: Limits = quick) {
  const { region, bucket } = backups.aws;
  const keys = { accessKeyId: 'env:TEST_S3_KEY', secretAccessKey: 'env:TEST_S3_SECRET' };
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  const clients = createClients(
    Connections.parse({ s3: { 'janua-backups': { bucket, region, endpoint, ...keys } } }),
  );
  const context = { ...(await backups.step('fetch')), clients };
  return download(context, { connection: 'janua-backups', key, etag, bytes: BYTES }, limits);
}

test('one piece in twenty-five resets the connection: what arrives is byte for byte what was stored', async () => {
  proxy.weather({ resetEvery: 25 });
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();

  const { path, sha256: seen } = await fetched();

  loop.disable();
  expect(proxy.resets()).toBeGreaterThan(2);
  expect(seen).toBe(sha256);
  expect(await hashFile(path, AbortSignal.timeout(10_000))).toBe(sha256);
  await rm(path);
  // The emulator of S3 is in this process, too; without it and its load it is under 30 ms.
  expect(loop.percentile(99) / 1e6).toBeLessThan(150);
});

test('a line that became too narrow is given up, and what has arrived is kept', async () => {
  proxy.weather({ bytesPerSecond: 300_000 });
  const strict = { ...quick, stallWindowMs: 500, stallBytes: 400_000 };

  await expect(fetched(strict)).rejects.toMatchObject({ code: 'step-timeout', retry: 'later' });
});

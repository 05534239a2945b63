import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { freePort, type RunningProcess, startProcess } from '../../sandbox/process.ts';

const run = promisify(execFile);

/** Keys for encryption that the store knows by name. */
const KEYS = ['production', 'staging'];

export type Radosgw = Awaited<ReturnType<typeof startRadosgw>>;

export interface StoreUser {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Ceph's S3 on 127.0.0.1: one monitor, one OSD that keeps everything in memory, one gateway. It takes some 15 s to start and
 * keeps what the emulator does not know: versions, object lock, bucket policies and credentials that are really checked.
 */
export async function startRadosgw() {
  const folder = await createSandboxFolder('dr-radosgw-');
  const at = (name: string) => join(folder.path, name);
  const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
  const [fsid, osd] = [randomUUID(), randomUUID()];
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const running: RunningProcess[] = [];
  await mkdir(at('run'));
  await mkdir(at('mon'));
  await mkdir(at('osd'));
  await writeFile(at('ceph.conf'), configuration(folder.path, fsid, monitorPort));

  const ceph = async (program: string, ...args: string[]) =>
    (await run(program, ['--conf', at('ceph.conf'), ...args], { cwd: folder.path })).stdout;
  const start = async (command: string, args: readonly string[], ready: () => Promise<boolean>) => {
    const options = { folder, name: command, command, readyTimeoutMs: 60_000, ready };
    running.unshift(await startProcess({ ...options, args: ['--conf', at('ceph.conf'), '-d', ...args] }));
  };

  /** What is kept here is worth nothing, so nobody is asked to end in good order. */
  async function stop(): Promise<void> {
    for (const process of running) await process.stop('SIGKILL');
    await folder.remove();
  }

  try {
    const address = `[v2:127.0.0.1:${monitorPort}]`;
    await run('monmaptool', ['--create', '--addv', 'a', address, '--fsid', fsid, at('monmap')]).catch(
      orMissing,
    );
    await ceph('ceph-mon', '--id', 'a', '--mkfs', '--monmap', at('monmap'));
    // Whoever asks the monitor waits until it answers, so that nobody has to look whether it does.
    await start('ceph-mon', ['--id', 'a'], async () => true);
    await ceph('ceph', 'osd', 'new', osd);
    await ceph('ceph-osd', '--id', '0', '--mkfs', '--osd-uuid', osd);
    await start('ceph-osd', ['--id', '0'], async () => true);
    const owner = await addUser('owner');
    await start('radosgw', ['--rgw-frontends', `beast endpoint=127.0.0.1:${gatewayPort}`], () =>
      fetch(endpoint).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return { endpoint, region: 'default', owner, addUser, clientOf, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  /** Somebody with keys of his own and no rights on other people's buckets. */
  async function addUser(name: string): Promise<StoreUser> {
    const keys = { accessKeyId: name, secretAccessKey: `${name}-secret` };
    const given = ['--access-key', keys.accessKeyId, '--secret-key', keys.secretAccessKey];
    await ceph('radosgw-admin', 'user', 'create', '--uid', name, '--display-name', name, ...given);
    return keys;
  }

  function clientOf(credentials: StoreUser): S3Client {
    return new S3Client({ endpoint, region: 'default', credentials, forcePathStyle: true });
  }
}

function orMissing(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  throw new Error(
    'Ceph is missing on this machine. Install it: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw',
    { cause: error },
  );
}

/** Without cephx there is nothing to sign a secure connection with, so that all of them are plain (crc). */
function configuration(home: string, fsid: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${port}
public addr = 127.0.0.1
ms bind msgr1 = false
${['cluster', 'service', 'client'].map((whose) => `auth ${whose} required = none`).join('\n')}
${['', 'mon '].flatMap((of) => ['cluster', 'service', 'client'].map((whose) => `ms ${of}${whose} mode = crc`)).join('\n')}
keyring = /dev/null
log file =
mon cluster log file = /dev/null
run dir = ${home}/run
admin socket = ${home}/run/$name.asok
crash dir = ${home}/run
mon data = ${home}/mon
mon data avail crit = 1
mon allow pool size one = true
osd data = ${home}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
rgw data = ${home}/run
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${KEYS.map((name) => `${name}=${randomBytes(32).toString('base64')}`).join(' ')}
`;
}

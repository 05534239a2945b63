import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensurePrograms, MissingProgramsError } from '../../sandbox/programs.ts';

const postgres = 'initdb postgres pg_ctl psql pg_dump pg_restore pg_basebackup pg_rewind'.split(' ');
let machine = '';

beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'dr-test-'));
});
afterEach(() => rm(machine, { recursive: true }));

async function install(folder: string, names: readonly string[], script = ''): Promise<string> {
  const path = join(machine, folder);
  await mkdir(path, { recursive: true });
  for (const name of names) {
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, name), 0o755);
  }
  return path;
}

const onMachine = (path: string[], extra: { yes?: boolean; CI?: string } = {}) =>
  ensurePrograms({
    ...(extra.yes === undefined ? {} : { yes: extra.yes }),
    env: { PATH: path.join(':'), CI: extra.CI },
    versionFolders: [join(machine, 'versions')],
    redisFolders: [],
  });

describe('the programs of the machine', () => {
  test('pg_config says where they are', async () => {
    const bin = await install('bin', ['redis-server']);
    const pg = await install('pg', postgres);
    await install('bin', ['pg_config'], `echo ${pg}`);

    const programs = await onMachine([bin]);

    expect(programs.initdb).toBe(join(pg, 'initdb'));
    expect(programs['redis-server']).toBe(join(bin, 'redis-server'));
  });

  test('of several versions outside the path the newest is used, and only a complete one', async () => {
    const bin = await install('bin', ['redis-server']);
    await install('versions/9.6/bin', postgres);
    const newest = await install('versions/16/bin', postgres);
    await install('versions/17/bin', ['psql', 'pg_dump']);

    const programs = await onMachine([bin]);

    expect(programs.postgres).toBe(join(newest, 'postgres'));
  });

  test('without permission to install, the error names the one command and exit code 2', async () => {
    const bin = await install('bin', ['apt-get'], 'exit 1');

    const failure = await onMachine([bin]).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(MissingProgramsError);
    expect(failure).toMatchObject({ exitCode: 2 });
    expect(String(failure)).toContain('apt-get install -y --no-install-recommends postgresql redis-server');
  });

  test('without apt-get the error says what to install', async () => {
    const bin = await install('bin', ['redis-server']);

    await expect(onMachine([bin])).rejects.toThrow('Install PostgreSQL 15 or newer and Redis');
  });

  test.each([{ yes: true }, { CI: 'true' }])('%o installs only what is missing', async (extra) => {
    const bin = await install('bin', ['redis-server']);
    const versions = join(machine, 'versions/17/bin');
    const log = join(machine, 'log');
    await install(
      'bin',
      ['apt-get'],
      `echo "$@" >> ${log}
       /bin/mkdir -p ${versions}; for p in ${postgres.join(' ')}; do /bin/cp ${bin}/redis-server ${versions}/$p; done`,
    );
    await install('bin', ['sudo'], 'exec "$@"');

    const programs = await onMachine([bin], extra);

    expect(programs.postgres).toBe(join(versions, 'postgres'));
    expect(await readFile(log, 'utf8')).toBe('update\ninstall -y --no-install-recommends postgresql\n');
  });

  test('an installation that fails says so', async () => {
    const bin = await install('bin', ['apt-get'], 'exit 100');
    await install('bin', ['sudo'], 'exec "$@"');

    await expect(onMachine([bin], { yes: true })).rejects.toThrow('exit code 100');
  });
});

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPrograms, type ProgramName, parseVersion, vulnerable } from '../../src/clients/programs.ts';

let folder: string;
const { signal } = new AbortController();
const soon = { signal, timeoutMs: 10_000 };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-bot-programs-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Programs that are shell scripts: `psql` is the given one, the others do nothing. */
async function scripts(psql: string, at = folder): Promise<void> {
  await mkdir(at, { recursive: true });
  for (const name of ['psql', 'pg_restore', 'pg_dump'] satisfies ProgramName[]) {
    await writeFile(join(at, name), `#!/bin/sh\n${name === 'psql' ? psql : ':'}\n`);
    await chmod(join(at, name), 0o755);
  }
}
const version = (text: string) => `echo 'psql (PostgreSQL) ${text}'`;
const programsHere = (connections = {}) =>
  createPrograms(connections, { DR_PG_BIN: folder, PATH: process.env.PATH });

test('each supported version with a known hole is refused with the version that closes it', () => {
  const cases: [string, string | undefined, number][] = [
    ['18.5', '18.7', 2],
    ['18.6', '18.7', 1],
    ['18.7', undefined, 0],
    ['17.10', '17.12', 2],
    ['17.11', '17.12', 1],
    ['17.12', undefined, 0],
    ['16.14', '16.16', 2],
    ['16.15', '16.16', 1],
    ['16.16', undefined, 0],
    ['15.18', '15.20', 2],
    ['15.19', '15.20', 1],
    ['15.20 (Debian 15.20-0+deb12u1)', undefined, 0],
    ['14.23', '14.25', 2],
    ['14.24', '14.25', 1],
    ['14.25', undefined, 0],
    ['13.22', '18.7', 2],
    ['18beta1', '18.7', 2],
    ['19devel', undefined, 0],
  ];
  for (const [text, fixedIn, cves] of cases) {
    const parsed = parseVersion(text);
    if (parsed === undefined) throw new Error(text);
    expect(vulnerable(parsed)?.fixedIn, text).toBe(fixedIn);
    expect(vulnerable(parsed)?.cves.length ?? 0, text).toBe(cves);
  }
});

test('vulnerable programs are refused with the package to upgrade, unless a reason is written down', async () => {
  await scripts(version('15.18 (Debian 15.18-0+deb12u1)'));

  const refused = programsHere().requireSafe({ signal });
  const waived = programsHere({ allowVulnerableClients: 'air-gapped until March' }).requireSafe({ signal });

  await expect(refused).rejects.toMatchObject({
    code: 'client-too-old',
    message: expect.stringContaining('Upgrade the package postgresql-client-15 to 15.20 or newer'),
  });
  await expect(refused).rejects.toThrow('CVE-2026-18408, CVE-2026-116314');
  expect((await waived).text).toBe('15.18');
});

test('programs are found in DR_PG_BIN, else in PATH, where the wrapper of Debian is passed over', async () => {
  const wrapped = join(folder, 'wrapped');
  await scripts(version('15.1'), wrapped);
  await writeFile(join(folder, 'pg_wrapper'), '#!/bin/sh\necho wrong');
  await chmod(join(folder, 'pg_wrapper'), 0o755);
  await rm(join(wrapped, 'psql'));
  await symlink(join(folder, 'pg_wrapper'), join(wrapped, 'psql'));
  await scripts(version('16.16'), join(folder, 'real'));
  const partial = join(folder, 'partial');
  await scripts(version('15.2'), partial);
  await rm(join(partial, 'pg_restore'));

  const PATH = [partial, wrapped, join(folder, 'real'), '/usr/bin', '/bin'].join(':');
  const inPath = await createPrograms({}, { PATH }).clientVersion({ signal });
  const missing = createPrograms({}, { PATH, DR_PG_BIN: partial }).clientVersion({ signal });

  expect(inPath.text).toBe('16.16');
  await expect(missing).rejects.toThrow(/not found in DR_PG_BIN .*Install the package postgresql-client/);
});

test('a program sees the connection and nothing of the bot', async () => {
  await scripts('env | sort; echo "$@"');
  const programs = createPrograms(
    {},
    { DR_PG_BIN: folder, PATH: process.env.PATH, DR_SLACK_BOT_TOKEN: 'xoxb-canary' },
  );

  const { stdout } = await programs.run('psql', ['--file=-', '$(id); `id`', '--', '-x'], {
    ...soon,
    url: 'postgres://dr_restore:p%40ss@db.internal:6432/janua?sslmode=verify-full&passfile=/etc/x',
    env: { PGOPTIONS: '-c role=janua' },
  });

  const seen = stdout.split('\n').filter((line) => /^(PG|DR_|HOME|LC_)/.test(line));
  expect(seen).toEqual([
    'HOME=/nonexistent',
    'LC_ALL=C.UTF-8',
    'PGCONNECT_TIMEOUT=10',
    'PGDATABASE=janua',
    'PGHOST=db.internal',
    'PGOPTIONS=-c role=janua',
    'PGPASSWORD=p@ss',
    'PGPORT=6432',
    'PGSSLMODE=verify-full',
    'PGUSER=dr_restore',
  ]);
  expect(stdout).toContain('--file=- $(id); `id` -- -x\n');
  expect(stdout).not.toContain('canary');
});

test('what a program prints is kept up to its last 256 kB, without connection strings', async () => {
  await scripts(
    'i=0; while [ $i -lt 6000 ]; do echo "line $i 0123456789012345678901234567890123456789012345678901234567890"; i=$((i+1)); done; echo "could not reach postgres://bot:hunter2@db/x" >&2; exit 3',
  );
  const lines: string[] = [];

  const result = await programsHere().run('psql', [], { ...soon, onLine: (line) => lines.push(line) });

  expect(result.code).toBe(3);
  expect(result.stdout.length).toBe(256 * 1024);
  expect(result.stdout).toMatch(/line 5999 \d+\n$/);
  expect(result.stderr + lines.join()).not.toContain('hunter2');
  expect(lines).toHaveLength(1);
});

test('input reaches the program, and a program that stops reading is judged by its exit code', async () => {
  await scripts('if [ "$1" = all ]; then wc -c; else head -c 10 >/dev/null; exit 7; fi');
  const megabytes = () => Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536)));

  const all = await programsHere().run('psql', ['all'], { ...soon, input: megabytes() });
  const some = await programsHere().run('psql', ['some'], { ...soon, input: megabytes() });

  expect(all.stdout.trim()).toBe(String(64 * 65_536));
  expect(some.code).toBe(7);
});

test('a fault of the input or of the reader ends the program and is the error', async () => {
  await scripts('cat');
  async function* broken() {
    yield Buffer.from('select 1');
    throw new Error('the dump is cut off');
  }

  const input = programsHere().run('psql', [], { ...soon, input: Readable.from(broken()) });
  await expect(input).rejects.toThrow('the dump is cut off');

  const output = programsHere().run('psql', [], {
    ...soon,
    input: Readable.from([Buffer.from('x')]),
    output: async () => {
      throw new Error('seen enough');
    },
  });
  await expect(output).rejects.toThrow('seen enough');
});

test('an abort and a time limit end the program', async () => {
  await scripts('exec sleep 30');
  const abort = new AbortController();
  const begun = performance.now();

  const aborted = programsHere().run('psql', [], { signal: abort.signal, timeoutMs: 20_000 });
  setTimeout(() => abort.abort(new Error('aborted by Ben')), 100);
  await expect(aborted).rejects.toThrow('aborted by Ben');
  const late = programsHere().run('psql', [], { signal, timeoutMs: 150 });
  await expect(late).rejects.toMatchObject({ code: 'step-timeout', retry: 'later' });

  expect(performance.now() - begun).toBeLessThan(3_000);
});

test('a program that does not listen, and whose child keeps its output open, is killed after 5 s', async () => {
  await scripts("trap '' TERM; sleep 12; sleep 12");
  const begun = performance.now();

  const late = programsHere().run('psql', [], { signal, timeoutMs: 100 });

  await expect(late).rejects.toMatchObject({ code: 'step-timeout' });
  expect(performance.now() - begun).toBeLessThan(8_000);
}, 15_000);

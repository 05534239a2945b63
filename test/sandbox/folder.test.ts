import { type ChildProcess, spawn } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { startProcess } from '../../sandbox/process.ts';

const module = (name: string) => JSON.stringify(new URL(`../../sandbox/${name}.ts`, import.meta.url).href);

/** A process that makes a folder with a running program, prints both, and then only waits to be killed. */
const careless = `
  const { createSandboxFolder } = await import(${module('folder')});
  const { startProcess } = await import(${module('process')});
  const folder = await createSandboxFolder('dr-test-');
  const sleeper = await startProcess({ folder, name: 'sleeper', command: 'sleep', args: ['600'], ready: async () => true });
  console.log(JSON.stringify({ path: folder.path, pid: sleeper.pid }));
  setInterval(() => undefined, 1000);
`;

async function startCareless(): Promise<{ child: ChildProcess; path: string; pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', careless]);
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  );
  return { child, ...JSON.parse(line) };
}

describe('the sandbox folder', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'after %s neither the folder nor its programs are left',
    async (signal) => {
      const { child, path, pid } = await startCareless();
      expect(isAlive(pid)).toBe(true);

      child.kill(signal);

      await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
      await expect.poll(() => exists(path), { timeout: 5_000 }).toBe(false);
    },
  );

  test('a program that is paused is told to end as well, and can', async () => {
    const { child, pid } = await startCareless();
    process.kill(pid, 'SIGSTOP');

    child.kill('SIGKILL');

    // Before the guard loses patience after four seconds.
    await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
  });

  test('removing it leaves a released program alone', async () => {
    const folder = await createSandboxFolder('dr-test-');
    const other = spawn('sleep', ['600']);
    folder.guard(other.pid ?? 0);
    folder.release(other.pid ?? 0);
    await writeFile(join(folder.path, 'file'), 'x');

    await folder.remove();
    await sleep(100);

    expect(await exists(folder.path)).toBe(false);
    expect(isAlive(other.pid ?? 0)).toBe(true);
    other.kill();
  });
});

describe('a program of the sandbox', () => {
  test('that ends while starting is an error with the end of its log', async () => {
    const folder = await createSandboxFolder('dr-test-');

    const start = startProcess({
      folder,
      name: 'broken',
      command: 'sh',
      args: ['-c', 'echo no such disk >&2; exit 3'],
      ready: async () => false,
    });

    await expect(start).rejects.toThrow(/broken ended while starting[\s\S]*no such disk/);
    await folder.remove();
  });

  test('that does not exist is an error with its name', async () => {
    const folder = await createSandboxFolder('dr-test-');

    const start = startProcess({
      folder,
      name: 'x',
      command: '/no/such/program',
      args: [],
      ready: async () => true,
    });

    await expect(start).rejects.toThrow('/no/such/program cannot be started');
    await folder.remove();
  });

  test('that ignores its signal is killed when patience ends', async () => {
    const folder = await createSandboxFolder('dr-test-');
    const deaf = await startProcess({
      folder,
      name: 'deaf',
      command: process.execPath,
      args: ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.title = 'deaf'"],
      ready: () => sleep(200, true),
    });

    await deaf.stop('SIGTERM', 300);

    expect(deaf.isRunning()).toBe(false);
    expect(isAlive(deaf.pid)).toBe(false);
    await folder.remove();
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

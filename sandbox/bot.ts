import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BaseWorld } from './world.ts';

const file = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Bot = Awaited<ReturnType<typeof startBot>>;

/**
 * Runs the real bot against the pretend world, as an operator would: migrate as the owner, then start as the runtime
 * role. It is another process and knows nothing of the world but its environment and its configuration folder.
 */
export async function startBot(
  world: BaseWorld,
  options: { slack?: 'socket' | 'off'; watch?: 'on' | 'off'; log?: (line: string) => void } = {},
) {
  const env = {
    ...process.env,
    ...world.env,
    DR_SLACK_MODE: options.slack ?? 'socket',
    // A story about a restore is told without what the watch says of the pretend world's backups.
    DR_WATCH: options.watch ?? 'off',
    DR_LOG_LEVEL: 'info',
    // Every process after the first starts in half the time.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(world.folder.path, 'compiled'),
  };
  const migrated = await runNode(file('cli.ts'), ['migrate'], { ...env, ...world.ownerEnv });
  if (migrated.code !== 0) throw new Error(`dr migrate failed:\n${migrated.stderr}`);
  const clock = await world.startClock();
  const lines: string[] = [];
  let starting = start();
  let running = await starting;
  let stopped = false;

  /** Starts a process of the bot. It may end before it is ready; then `ready` fails with the end of its log. */
  async function launch(extra: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [file('main.ts')], {
      env: { ...env, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) await world.folder.guard(child.pid);
    const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
    const ready = new Promise<number>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n').filter(Boolean)) {
          lines.push(line);
          options.log?.(line);
          const port = line.match(/"port":(\d+),.*"msg":"ready"/)?.[1];
          if (port !== undefined) resolve(Number(port));
        }
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      void ended.then((code) =>
        reject(new Error(`the bot ended with ${code} before it was ready:\n${lines.slice(-20).join('\n')}`)),
      );
      setTimeout(
        () => reject(new Error(`the bot was not ready in 30 s:\n${lines.slice(-20).join('\n')}`)),
        30_000,
      ).unref();
    });
    // Who does not wait for it is told by `ended`.
    ready.catch(() => undefined);
    return { child, ended, ready };
  }

  async function start(extra?: Readonly<Record<string, string>>) {
    const { child, ended, ready } = await launch(extra);
    try {
      return { child, ended, port: await ready };
    } catch (error) {
      child.kill('SIGKILL');
      await ended;
      throw error;
    }
  }

  /** A command line of the same bot, as a person at a terminal: `--as` and a key say who. */
  function cli(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return runNode(file('cli.ts'), args, { ...env, DR_SLACK_MODE: 'off', DR_LOG_LEVEL: 'fatal', ...extra });
  }

  return {
    clock,
    cli,
    lines,
    /** One more process of the same bot, which the caller ends. */
    launch,
    healthUrl: () => `http://127.0.0.1:${running.port}/health`,
    isRunning: () => running.child.exitCode === null && running.child.signalCode === null,
    kill: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    },
    /** An orderly stop, after which it can be started anew. */
    terminate: async () => {
      running.child.kill('SIGTERM');
      await running.ended;
    },
    /** The signal that the running process ends by, once it ends by itself; null where it just exits. */
    ended: async () => {
      await running.ended;
      return running.child.signalCode;
    },
    /** Starts it anew, this once with more in its environment. */
    restart: async (extra?: Readonly<Record<string, string>>) => {
      if (stopped) throw new Error('The bot is stopped for good.');
      starting = start(extra);
      running = await starting;
    },
    /** For good. One that is just starting is waited for. */
    stop: async () => {
      stopped = true;
      await starting.catch(() => undefined);
      running.child.kill('SIGTERM');
      const code = await Promise.race([
        running.ended,
        new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 25_000).unref()),
      ]);
      if (code === 'late') running.child.kill('SIGKILL');
      await running.ended;
    },
  };
}

function runNode(script: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

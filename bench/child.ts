import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const Usage = z.object({ cpuUs: z.number(), rssBytes: z.number() });
type Usage = z.infer<typeof Usage>;

export interface Child {
  readonly port: number;
  /** From the start of the process to the line that tells its port. */
  readonly readyMs: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts a server in a process of its own. It is up when it prints a line with `"port":`. */
export async function startChild(
  path: string,
  env: NodeJS.ProcessEnv,
  nodeArgs: readonly string[] = [],
): Promise<Child> {
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, '--import', fileOf('./probe.ts'), fileOf(path)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const port = await portOf(child);
  const readyMs = performance.now() - began;
  return {
    port,
    readyMs,
    async usage() {
      child.send('usage');
      const [message] = await once(child, 'message');
      return Usage.parse(message);
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** From either output: a program may keep one of them for its log. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = '';
    for (const output of [child.stdout, child.stderr])
      output?.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        const port = seen.match(/"port":(\d+)/)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    child.once('exit', () => reject(new Error(`A server ended before it was ready: ${seen}`)));
  });
}

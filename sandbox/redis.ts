import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SandboxFolder } from './folder.ts';
import { freePort, startProcess } from './process.ts';
import type { Programs } from './programs.ts';

export type SandboxRedis = Awaited<ReturnType<typeof startRedis>>;

/** A Redis that keeps nothing on disk by itself: Janua's sessions cache is meant to be lost. */
export async function startRedis({ folder, programs }: { folder: SandboxFolder; programs: Programs }) {
  const home = join(folder.path, 'redis');
  await mkdir(home, { recursive: true });
  const port = await freePort();

  const start = () =>
    startProcess({
      folder,
      name: 'redis',
      command: programs['redis-server'],
      args: [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        home,
        '--save',
        '',
        '--appendonly',
        'no',
      ],
      ready: () => answersPing(port),
    });

  let server = await start();
  const stop = () => server.stop('SIGTERM');
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    stop,
    answers: () => answersPing(port),
    /** Fills it with sessions and makes a snapshot: what is in its file. */
    async snapshot(): Promise<Buffer> {
      await command(port, FILL);
      await command(port, 'SAVE');
      return readFile(join(home, 'dump.rdb'));
    },
    /** On the same port, and empty. */
    async restart() {
      await stop();
      server = await start();
    },
  };
}

const FILL = `EVAL "for i = 1, 4000 do redis.call('SET', 'session:' .. i, string.rep('s', 160)) end" 0`;

const answersPing = (port: number): Promise<boolean> =>
  command(port, 'PING', 500).then(
    (answer) => answer.startsWith('+PONG'),
    () => false,
  );

/** The first line of the answer to a command, as somebody at a terminal would type it. */
function command(port: number, line: string, patienceMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(patienceMs, () => fail(new Error(`Redis does not answer ${line.split(' ')[0]}.`)));
    socket.once('error', fail);
    socket.once('data', (data) => {
      socket.destroy();
      const answer = data.toString('utf8');
      if (answer.startsWith('-')) reject(new Error(`Redis: ${answer.trim()}`));
      else resolve(answer);
    });
  });
}

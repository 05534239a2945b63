import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SandboxFolder } from './folder.ts';
import { freePort, startProcess } from './process.ts';
import type { Programs } from './programs.ts';

export type SandboxRedis = Awaited<ReturnType<typeof startRedis>>;

/** A Redis that keeps nothing on disk: Janua's sessions cache is meant to be lost. */
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
    /** On the same port, and empty. */
    async restart() {
      await stop();
      server = await start();
    },
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(500, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('data', (data) => answer(data.toString('utf8').startsWith('+PONG')));
  });
}

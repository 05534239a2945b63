import { chown, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { SandboxFolder } from './folder.ts';
import { unprivilegedUser } from './postgres-server.ts';
import { freePort, startProcess } from './process.ts';

/** A real PgBouncer before one database, with two connections to share out. `url` leads through it. */
export async function startPgBouncer(options: {
  folder: SandboxFolder;
  databaseUrl: string;
  poolMode: 'session' | 'transaction';
}) {
  const { folder, poolMode } = options;
  const target = new URL(options.databaseUrl);
  const port = await freePort();
  const home = join(folder.path, `pgbouncer-${poolMode}`);
  const settings = join(home, 'pgbouncer.ini');
  const database = target.pathname.slice(1);
  await mkdir(home);
  await writeFile(
    settings,
    `[databases]
${database} = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
default_pool_size = 40
`,
  );
  const user = await unprivilegedUser();
  if (user !== undefined) for (const path of [home, settings]) await chown(path, user.uid, user.gid);
  const pooler = await startProcess({
    folder,
    name: `pgbouncer-${poolMode}`,
    command: 'pgbouncer',
    args: ['--quiet', settings],
    user,
    cwd: home,
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    ready: () => answers(port),
  });
  const url = Object.assign(new URL(options.databaseUrl), { port: String(port) }).href;
  return { url, stop: () => pooler.stop('SIGINT') };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

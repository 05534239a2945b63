import { connect, createServer, type Socket } from 'node:net';

/** What Redis says of its last snapshot, alone and as a line of INFO. Both are ten digits for the next 260 years. */
const ALONE = /^:\d{10}\r\n/;
const IN_INFO = /(?<=\r\nrdb_last_save_time:)\d{10}(?=\r\n)/;

/**
 * Stands before a Redis server and tells its last snapshot by the pretend clock: a server cannot be told when it made one.
 * No answer gets longer or shorter by that.
 */
export async function startRedisTimes(port: number) {
  const sockets = new Set<Socket>();
  let savedAt = new Date();

  const told = (bytes: Buffer): Buffer => {
    const seconds = String(Math.floor(savedAt.getTime() / 1000));
    const text = bytes.toString('latin1');
    return Buffer.from(text.replace(ALONE, `:${seconds}\r\n`).replace(IN_INFO, seconds), 'latin1');
  };
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.once('error', end);
      socket.once('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.pipe(server);
    server.on('data', (bytes) => client.write(told(bytes)));
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port number.');

  return {
    port: address.port,
    setSavedAt(at: Date): void {
      savedAt = at;
    },
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

import { connect, createServer, type Socket } from 'node:net';

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

export type TcpFault = {
  /** Strikes at the bytes from a client that hold this text. Each piece is searched as it arrives: keep it short. */
  at: string;
  /** `request`: these bytes never reach the server. `reply`: the server works on them, and its answer is lost. */
  lose: 'request' | 'reply';
  /** Default 1. */
  times?: number;
  /** The server is not told: its session stays in the middle of its work, as behind a cable that was pulled. */
  halfOpen?: boolean;
  /** Afterwards nobody gets through, until `up`. */
  down?: boolean;
};

type Pair = { client: Socket; server: Socket; losing?: TcpFault };

/** Stands between clients and a server on this machine, and loses connections at the moment a test names. */
export async function startTcpProxy(options: { port: number }) {
  const pairs = new Set<Pair>();
  const stranded = new Set<Socket>();
  const faults = new Set<{ fault: TcpFault; left: number; onStrike: () => void }>();
  let isDown = false;

  const listener = createServer({ noDelay: true }, (client) => {
    if (isDown) return void client.resetAndDestroy();
    const server = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, server };
    pairs.add(pair);
    server.once('close', () => pairs.delete(pair));
    follow(client, server, (bytes) => request(pair, bytes));
    follow(server, client, (bytes) => {
      if (pair.losing === undefined) pass(bytes, server, client);
      else lose(pair, pair.losing);
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port number.');

  function request(pair: Pair, bytes: Buffer) {
    const struck = [...faults].find(({ fault }) => bytes.includes(fault.at));
    if (struck === undefined) return pass(bytes, pair.client, pair.server);
    struck.left -= 1;
    if (struck.left === 0) faults.delete(struck);
    struck.onStrike();
    if (struck.fault.lose === 'request') return lose(pair, struck.fault);
    pair.losing = struck.fault;
    pass(bytes, pair.client, pair.server);
  }

  function lose(pair: Pair, { halfOpen = false, down: andAll = false }: TcpFault) {
    if (halfOpen) {
      pairs.delete(pair);
      stranded.add(pair.server.removeAllListeners('data').resume());
      pair.client.resetAndDestroy();
    } else cut(pair);
    if (andAll) down();
  }

  /** Every connection is lost and none is made, until `up`. */
  function down() {
    isDown = true;
    for (const pair of pairs) cut(pair);
  }

  return {
    port: address.port,
    /** Arms a fault. The promise is kept the first time it strikes. */
    fault(fault: TcpFault): Promise<void> {
      const { promise: struck, resolve: onStrike } = Promise.withResolvers<void>();
      faults.add({ fault, left: fault.times ?? 1, onStrike });
      return struck;
    },
    down,
    up() {
      isDown = false;
    },
    async stop() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const pair of pairs) cut(pair);
      for (const server of stranded) server.destroy();
      await closed;
    },
  };
}

/** Hands on what `from` sends, and its end. One that breaks breaks the other. */
function follow(from: Socket, to: Socket, onData: (bytes: Buffer) => void) {
  from.on('data', onData);
  from.on('error', () => undefined);
  from.on('end', () => to.end());
  from.on('close', (broken) => broken && to.resetAndDestroy());
  to.on('drain', () => from.resume());
}

function cut({ client, server }: Pair) {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

function pass(bytes: Buffer, from: Socket, to: Socket) {
  if (!to.write(bytes)) from.pause();
}

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

/** How bad the line is, for everything that passes. Left out: as good as it gets. */
export type Weather = {
  /** Each way. */
  latencyMs?: number;
  /** Each way, and for each connection. */
  bytesPerSecond?: number;
  /** Every so many pieces that come from the server the connection is reset: 100 is one in a hundred. */
  resetEvery?: number;
};

type Pair = { client: Socket; server: Socket; losing?: TcpFault; frozen?: true };

/** More than this on its way, and the sender waits. */
const BACKLOG_BYTES = 64 * 1024;

/** Stands between clients and a server on this machine, and loses connections at the moment a test names. */
export async function startTcpProxy(options: { port: number }) {
  const pairs = new Set<Pair>();
  const stranded = new Set<Socket>();
  const faults = new Set<{ fault: TcpFault; left: number; onStrike: () => void }>();
  let isDown = false;
  let weather: Weather = {};
  let pieces = 0;
  let resets = 0;

  const listener = createServer({ noDelay: true }, (client) => {
    if (isDown) return void client.resetAndDestroy();
    const server = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, server };
    pairs.add(pair);
    server.once('close', () => pairs.delete(pair));
    const upwards = lane(client, server);
    const downwards = lane(server, client);
    follow(client, server, upwards, (bytes) => request(pair, bytes, upwards.pass));
    follow(server, client, downwards, (bytes) => {
      pieces += 1;
      if (pair.frozen) return;
      if (weather.resetEvery !== undefined && pieces % weather.resetEvery === 0) {
        resets += 1;
        return cut(pair);
      }
      if (pair.losing === undefined) downwards.pass(bytes);
      else lose(pair, pair.losing);
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port number.');

  /** One way of a connection, in today's weather: what is sent first arrives first. */
  function lane(from: Socket, to: Socket) {
    let freeAt = 0;
    let waiting = 0;
    /** Does it when everything before it has arrived. */
    const arrive = (bytes: number, act: () => void) => {
      const { latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = weather;
      const now = performance.now();
      freeAt = Math.max(freeAt, now) + (bytes * 1000) / bytesPerSecond;
      const inMs = freeAt + latencyMs - now;
      if (inMs <= 0 && waiting === 0) return act();
      waiting += bytes;
      if (waiting > BACKLOG_BYTES) from.pause();
      setTimeout(() => {
        waiting -= bytes;
        if (waiting <= BACKLOG_BYTES) from.resume();
        act();
      }, inMs);
    };
    return {
      pass: (bytes: Buffer) => arrive(bytes.length, () => pass(bytes, from, to)),
      end: () => arrive(0, () => to.end()),
    };
  }

  function request(pair: Pair, bytes: Buffer, passOn: (bytes: Buffer) => void) {
    if (pair.frozen) return;
    const struck = [...faults].find(({ fault }) => bytes.includes(fault.at));
    if (struck === undefined) return passOn(bytes);
    struck.left -= 1;
    if (struck.left === 0) faults.delete(struck);
    struck.onStrike();
    if (struck.fault.lose === 'request') return lose(pair, struck.fault);
    pair.losing = struck.fault;
    passOn(bytes);
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
    /** From now on, for every connection. */
    weather(now: Weather): void {
      weather = now;
    },
    /** How often the weather has reset a connection. */
    resets: () => resets,
    /** The connections there are fall silent: neither side is told, as behind a cable that was pulled. New ones get through. */
    freeze(): number {
      for (const pair of pairs) pair.frozen = true;
      return pairs.size;
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
function follow(from: Socket, to: Socket, lane: { end: () => void }, onData: (bytes: Buffer) => void) {
  from.on('data', onData);
  from.on('error', () => undefined);
  from.on('end', lane.end);
  from.on('close', (broken) => broken && to.resetAndDestroy());
  to.on('drain', () => from.resume());
}

function cut({ client, server }: Pair) {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

function pass(bytes: Buffer, from: Socket, to: Socket) {
  if (!to.destroyed && !to.write(bytes)) from.pause();
}

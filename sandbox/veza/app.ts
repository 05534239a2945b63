import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'pg';
import type { Program } from '../kubernetes/kubernetes.ts';

export type VezaApp = Awaited<ReturnType<typeof startApp>>;

/** Messages that were committed and whose sender was told so. */
export type Written = { ids: number[]; keys: string[] };

type Pod = { name: string; server: string; pool: Pool };
type Answer = { status: number; body: Record<string, unknown> };

const writeMessages = `
  with written as (
    insert into messages (key, channel_id, author, body)
    select key, 1, 'member-1', 'hello' from unnest($1::uuid[]) key
    returning id
  ), queued as (
    insert into outbox (message_id) select id from written
  )
  select id::int from written order by id`;

/**
 * veza-backend-api as its users see it: one address, behind it the ready pods by turns. Each pod reads `databaseUrl` once, when it
 * starts, as a container reads its environment. `acknowledged` counts the messages whose senders were told, and is kept
 * outside every database; it starts with those of the seed.
 */
export async function startApp(options: { databaseUrl: () => string; acknowledged: number }) {
  const pods = new Map<string, Pod>();
  const writing = new Set<Promise<unknown>>();
  let { acknowledged } = options;
  let held: Promise<void> | undefined;
  let turn = 0;

  const program: Program = {
    async start({ uid, name }) {
      pods.set(uid, openPod(name, options.databaseUrl()));
    },
    async stop({ uid }) {
      const pod = pods.get(uid);
      pods.delete(uid);
      await pod?.pool.end();
    },
  };

  function nextPod(): Pod {
    const ready = [...pods.values()];
    turn += 1;
    const pod = ready[turn % ready.length];
    if (pod === undefined) throw new Error('veza-backend-api has no ready pod.');
    return pod;
  }

  /** Writes as a user's request would, past a hold. */
  async function write(n: number): Promise<Written> {
    const keys = Array.from({ length: n }, () => randomUUID());
    const { rows } = await nextPod().pool.query<{ id: number }>(writeMessages, [keys]);
    acknowledged += n;
    return { ids: rows.map(({ id }) => id), keys };
  }

  async function writeUnlessHeld(n: number): Promise<Written> {
    while (held !== undefined) await held;
    const work = write(n);
    writing.add(work);
    return work.finally(() => writing.delete(work));
  }

  /** Lets requests wait, so that nothing is under way while something happens to the database. Returns how to go on. */
  async function hold(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    await Promise.allSettled(writing);
    return () => {
      held = undefined;
      resolve();
    };
  }

  async function answer(method: string | undefined, url: URL): Promise<Answer> {
    switch (`${method} ${url.pathname}`) {
      case 'GET /health': {
        const { reason } = await look(nextPod());
        return reason === ''
          ? { status: 200, body: { status: 'ok' } }
          : { status: 503, body: { status: 'failed', reason } };
      }
      case 'GET /health/detailed': {
        const looks = await Promise.all([...pods.values()].map(look));
        const good = looks.length > 0 && looks.every(({ reason }) => reason === '');
        return { status: good ? 200 : 503, body: { status: good ? 'ok' : 'failed', pods: looks } };
      }
      case 'POST /messages':
        return {
          status: 201,
          body: await writeUnlessHeld(Number(url.searchParams.get('n') ?? 1)),
        };
      case 'GET /stats':
        return { status: 200, body: { acknowledged } };
      default:
        return { status: 404, body: { status: 'failed', reason: `There is no ${method} ${url.pathname}.` } };
    }
  }

  const server = createServer((request, response) => {
    answer(request.method, new URL(request.url ?? '/', 'http://veza')).then(
      (found) => reply(response, found),
      (error: unknown) => reply(response, { status: 503, body: { status: 'failed', reason: String(error) } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address !== 'string' ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    program,
    write,
    hold,
    acknowledged: () => acknowledged,
    /** The pods that serve, and the server (host:port) each one writes to. */
    pods: () => [...pods.values()].map(({ name, server: writesTo }) => ({ name, server: writesTo })),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      const ending = [...pods.values()].map(({ pool }) => pool.end());
      pods.clear();
      await Promise.all(ending);
    },
  };
}

function openPod(name: string, databaseUrl: string): Pod {
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: name,
    max: 4,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 800,
    query_timeout: 1_000,
  });
  // A session that the server ended is reported here; the next query opens another.
  pool.on('error', () => undefined);
  return { name, server: new URL(databaseUrl).host, pool };
}

/** Whether the database of a pod takes writes. */
async function look({ name, server, pool }: Pod): Promise<{ pod: string; server: string; reason: string }> {
  const reason = await pool
    .query<{ reason: string }>(
      `select case when pg_is_in_recovery() then 'the database is a standby'
                   when current_setting('transaction_read_only') = 'on' then 'the database is read-only'
                   else '' end as reason`,
    )
    .then(
      ({ rows }) => rows[0]?.reason ?? '',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  return { pod: name, server, reason };
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

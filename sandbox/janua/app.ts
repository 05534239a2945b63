import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'pg';
import { z } from 'zod';
import { writeSessions } from './database.ts';

export type JanuaApp = Awaited<ReturnType<typeof startApp>>;

const Login = z.object({ email: z.string(), password: z.string() });

type Answer = { status: number; body: Record<string, unknown> };
type Serving = { pool: Pool; close: () => Promise<void> };

/**
 * The application as its users see it. It lives as long as it has ready pods: at none it refuses connections and has no
 * session in the database; with the first it listens on the same port again.
 */
export async function startApp({ databaseUrl }: { databaseUrl: string }) {
  let port = 0;
  let serving: Serving | undefined;
  let last: Promise<void> = Promise.resolve();

  async function open() {
    // Sessions are kept, as an application's pool keeps them: a database cannot be renamed under a running application.
    const pool = new Pool({
      connectionString: databaseUrl,
      application_name: 'janua-api',
      max: 8,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 1_000,
      query_timeout: 1_000,
    });
    // A session that the server ended is reported here; the next query opens another.
    pool.on('error', () => undefined);

    const server = createServer((request, response) => void handle(pool, request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address !== 'string') port = address.port;
    serving = {
      pool,
      async close() {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
        await pool.end();
      },
    };
  }

  async function follow(readyPods: number) {
    if (readyPods > 0 && serving === undefined) await open();
    if (readyPods > 0 || serving === undefined) return;
    const ending = serving;
    serving = undefined;
    await ending.close();
  }

  /** Changes come faster than an application starts or stops; they are followed one after the other. */
  function setReady(readyPods: number): Promise<void> {
    const change = last.then(() => follow(readyPods));
    last = change.catch(() => undefined);
    return change;
  }

  await setReady(1);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    setReady,
    isServing: () => serving !== undefined,
    /** Writes sessions as users' logins would, without the network. */
    async write(n: number): Promise<void> {
      if (serving === undefined) throw new Error('janua-api has no ready pod.');
      await serving.pool.query(writeSessions, [n]);
    },
    stop: () => setReady(0),
  };
}

async function handle(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await answer(pool, request).catch(
    (error: unknown): Answer => ({ status: 500, body: { status: 'failed', reason: String(error) } }),
  );
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function answer(pool: Pool, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://janua');
  switch (`${request.method} ${pathname}`) {
    case 'GET /health': {
      const { reason } = await health(pool);
      return reason === '' ? { status: 200, body: { status: 'ok' } } : failed(500, reason);
    }
    case 'GET /health/detailed': {
      const { reason, ...checks } = await health(pool);
      const { rows } = await pool.query('select current_database() as database, now() as time');
      return { status: reason === '' ? 200 : 500, body: { status: reason || 'ok', checks, ...rows[0] } };
    }
    case 'POST /login':
      return login(pool, Login.parse(await readJson(request)));
    case 'POST /write': {
      const n = Number(searchParams.get('n') ?? 1);
      await pool.query(writeSessions, [n]);
      return { status: 201, body: { written: n } };
    }
    default:
      return failed(404, `There is no ${request.method} ${pathname}.`);
  }
}

async function health(pool: Pool) {
  const { rows } = await pool.query<{ key: boolean; accounts: boolean }>(
    `select exists (select from jwk_keys where active and expires_at > now()) as key,
            exists (select from accounts) as accounts`,
  );
  const { key = false, accounts = false } = rows[0] ?? {};
  const reason = !key ? 'no active signing key' : !accounts ? 'no accounts' : '';
  return { signingKey: key, accounts, reason };
}

async function login(pool: Pool, { email, password }: z.infer<typeof Login>): Promise<Answer> {
  const { rows } = await pool.query(
    `insert into sessions (account_id)
     select id from accounts where email = $1 and status = 'active' and password_hash = crypt($2, password_hash)
     returning id`,
    [email, password],
  );
  return rows[0] === undefined
    ? failed(401, 'unknown account')
    : { status: 200, body: { session: rows[0].id } };
}

const failed = (status: number, reason: string): Answer => ({ status, body: { status: 'failed', reason } });

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

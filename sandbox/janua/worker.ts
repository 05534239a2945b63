import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { writeSessions } from './database.ts';

export type JanuaWorker = Awaited<ReturnType<typeof startWorker>>;

/**
 * The second writer. While it has a ready pod it holds one session in the database, idle or not, and opens another when the
 * server ends it: stopping the application alone does not free the database.
 */
export async function startWorker({ databaseUrl }: { databaseUrl: string }) {
  let client: Client | undefined;
  let wanted = false;
  let last: Promise<void> = Promise.resolve();

  async function connect(): Promise<void> {
    const next = new Client({
      connectionString: databaseUrl,
      application_name: 'janua-worker',
      connectionTimeoutMillis: 1_000,
    });
    next.on('error', () => undefined);
    await next.connect();
    client = next;
    next.once('end', () => {
      if (client !== next) return;
      client = undefined;
      void settle();
    });
  }

  async function follow(): Promise<void> {
    while (wanted && client === undefined) await connect().catch(() => sleep(100));
    if (wanted) return;
    const ending = client;
    client = undefined;
    await ending?.end();
  }

  function settle(): Promise<void> {
    last = last.then(follow);
    return last;
  }

  function setReady(readyPods: number): Promise<void> {
    wanted = readyPods > 0;
    return settle();
  }

  await setReady(1);
  return {
    setReady,
    isConnected: () => client !== undefined,
    /** Writes one batch of sessions and one line of the audit log. */
    async write(n: number): Promise<void> {
      if (client === undefined) throw new Error('janua-worker has no session in the database.');
      await client.query(writeSessions, [n]);
      await client.query(
        `insert into audit_log (actor, action, detail) values ('janua-worker', 'batch.written', $1)`,
        [`${n} sessions`],
      );
    },
    stop: () => setReady(0),
  };
}

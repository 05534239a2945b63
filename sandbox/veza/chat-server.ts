import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Program } from '../kubernetes/kubernetes.ts';

/**
 * veza-chat-server: the second reader of the secret. Each pod holds one session of the database that its start found in the
 * secret, and sends out what is in the outbox; when the session breaks it opens another to the same server.
 */
export function createChatServer({ databaseUrl }: { databaseUrl: () => string }) {
  const pods = new Map<string, () => Promise<void>>();

  const program: Program = {
    async start({ uid, name }) {
      pods.set(uid, work(name, databaseUrl()));
    },
    async stop({ uid }) {
      const end = pods.get(uid);
      pods.delete(uid);
      await end?.();
    },
  };
  return { program, stop: () => Promise.all([...pods.values()].map((end) => end())) };
}

function work(name: string, databaseUrl: string): () => Promise<void> {
  const ending = new AbortController();
  const done = (async () => {
    while (!ending.signal.aborted) {
      await sendOut(name, databaseUrl, ending.signal).catch(() => undefined);
      await pause(200, ending.signal);
    }
  })();
  return async () => {
    ending.abort();
    await done;
  };
}

async function sendOut(name: string, databaseUrl: string, signal: AbortSignal): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: name,
    connectionTimeoutMillis: 800,
    query_timeout: 1_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    while (!signal.aborted) {
      await client.query(
        'delete from outbox where id in (select id from outbox order by id limit 100 for update skip locked)',
      );
      await pause(200, signal);
    }
  } finally {
    await client.end();
  }
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

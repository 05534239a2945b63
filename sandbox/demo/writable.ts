import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Veza } from '../veza/veza.ts';

const EVERY_MS = 50;

/**
 * Asks both servers at once, again and again, whether they take writes. A server is writable when it is no standby and lets the
 * application in: that is what a split brain needs.
 */
export function watchWritable(servers: Pick<Veza, 'primary' | 'standby' | 'url'>) {
  const seen = { samples: 0, both: 0 };
  let stopped = false;
  const urls = [servers.primary, servers.standby].map((server) => servers.url(server, 'veza_user'));
  const watching = (async () => {
    while (!stopped) {
      const [one, two] = await Promise.all(urls.map(isWritable));
      seen.samples += 1;
      if (one && two) seen.both += 1;
      await sleep(EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return seen;
    },
  };
}

async function isWritable(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 500, query_timeout: 500 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable`,
    );
    return rows[0]?.writable === true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

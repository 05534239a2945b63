import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Heartbeat } from '../../src/domain/heartbeat.ts';
import { startHttp } from '../../src/http/server.ts';
import type { SignalDeps, Signalled } from '../../src/http/signals.ts';

export const NOW = new Date('2026-03-01T02:10:00Z');
const none = { token: null, sns: null };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { readonly [key: string]: unknown };
}

/** The bot's HTTP server with what is recorded kept in memory, as the table keeps it: each word of a run once. */
export async function startSignals(
  backups: readonly (Pick<Signalled, 'system' | 'backup'> & Partial<Signalled>)[],
  deps: Partial<SignalDeps> = {},
) {
  const recorded = new Map<string, Heartbeat>();
  const logged: string[] = [];
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    tallies: async () => ({ counts: [], watched: [] }),
    slack: null,
    health: async () => ({
      ok: true,
      database: 'ok',
      slack: { mode: 'off', connected: false, reason: '' },
      stuck: [],
    }),
    signals: {
      backups: async () => backups.map((backup) => ({ ...none, ...backup })),
      record: async (heartbeat) => {
        const { system, backup, from, run, state } = heartbeat;
        const key = JSON.stringify([system, backup, from, run, state]);
        if (recorded.has(key)) return 'repeated';
        recorded.set(key, heartbeat);
        return 'new';
      },
      now: async () => NOW,
      fetch: async (url) => {
        throw new Error(`nobody may ask ${url}`);
      },
      log: (_, message) => logged.push(message),
      ...deps,
    },
  });
  onTestFinished(() => server.stop());

  function send(
    path: string,
    {
      method = 'POST',
      headers = {},
      body,
    }: { method?: string; headers?: object; body?: string | Buffer } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { port: server.port, host: '127.0.0.1', path, method, headers: { ...headers }, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  return {
    port: server.port,
    recorded: () => [...recorded.values()],
    logged,
    send,
  };
}

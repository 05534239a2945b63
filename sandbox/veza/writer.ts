import { Agent, request } from 'node:http';
import { z } from 'zod';
import type { Outage } from '../prober.ts';
import type { VezaApp, Written } from './app.ts';

const Answer = z.object({ ids: z.array(z.number()), keys: z.array(z.string()) });

/**
 * A client that posts one message after the other at a steady rate, whatever becomes of the ones before. It keeps what was
 * acknowledged, to be looked for in the databases afterwards, and the spans in which nothing was.
 */
export function startWriter({ app, perSecond = 50 }: { app: Pick<VezaApp, 'url'>; perSecond?: number }) {
  const agent = new Agent({ keepAlive: true, maxSockets: perSecond });
  const acknowledged: Written = { ids: [], keys: [] };
  const outages: Outage[] = [];
  const waiting = new Set<Promise<void>>();
  let failed = 0;
  let newest = 0;

  async function post(): Promise<void> {
    const askedAt = new Date();
    const answer = await send(`${app.url}/messages`, agent).catch(() => undefined);
    const open = outages.at(-1)?.to === undefined ? outages.at(-1) : undefined;
    if (answer === undefined) {
      failed += 1;
      // A request that was sent before the last good one tells nothing new.
      if (open === undefined && askedAt.getTime() > newest) outages.push({ from: askedAt });
      return;
    }
    newest = Math.max(newest, askedAt.getTime());
    acknowledged.ids.push(...answer.ids);
    acknowledged.keys.push(...answer.keys);
    if (open !== undefined && askedAt >= open.from) open.to = new Date();
  }
  const timer = setInterval(() => {
    const work = post().finally(() => waiting.delete(work));
    waiting.add(work);
  }, 1_000 / perSecond);

  return {
    acknowledged: (): Readonly<Written> => acknowledged,
    failed: () => failed,
    /** From the first request that failed to the answer of the next good one; `to` is absent while it lasts. */
    outages: (): readonly Outage[] => outages,
    /** Ends when every request has its answer. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await Promise.all(waiting);
      agent.destroy();
    },
  };
}

function send(url: string, agent: Agent): Promise<Written> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, signal: AbortSignal.timeout(1_000) };
    const sent = request(url, options, async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(Buffer.from(chunk));
        if (response.statusCode !== 201) throw new Error(`answered ${response.statusCode}`);
        resolve(Answer.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
      } catch (error) {
        reject(error);
      }
    });
    sent.once('error', reject);
    sent.end();
  });
}

import { Agent, get } from 'node:http';

export type Prober = ReturnType<typeof startProber>;

/** Without a 200 from the first failed question to the answer of the next good one. `to` is absent while it lasts. */
export type Outage = { from: Date; to?: Date };

/** Asks `url` every 20 ms, one question at a time, each for at most a second, and keeps the spans without a 200. */
export function startProber({
  url,
  everyMs = 20,
  timeoutMs = 1_000,
}: {
  url: string;
  everyMs?: number;
  timeoutMs?: number;
}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outages: Outage[] = [];
  let asking = false;
  let probes = 0;

  async function probe(): Promise<void> {
    if (asking) return;
    asking = true;
    const askedAt = new Date();
    const good = await isOk(url, agent, timeoutMs);
    probes += 1;
    const open = outages.at(-1);
    const isOut = open !== undefined && open.to === undefined;
    if (good && isOut) open.to = new Date();
    if (!good && !isOut) outages.push({ from: askedAt });
    asking = false;
  }
  const timer = setInterval(() => void probe(), everyMs);

  return {
    outages: (): readonly Outage[] => outages,
    probes: () => probes,
    isUp: () => probes > 0 && (outages.length === 0 || outages.at(-1)?.to !== undefined),
    /** Milliseconds without a 200 between two moments. An outage that lasts counts up to `to`. */
    downtimeBetween(from: Date, to: Date): number {
      const within = (at: Date) => Math.min(Math.max(at.getTime(), from.getTime()), to.getTime());
      return outages.reduce((sum, outage) => sum + within(outage.to ?? to) - within(outage.from), 0);
    },
    stop(): void {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

function isOk(url: string, agent: Agent, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
      response.once('close', () => resolve(false));
    });
    request.once('error', () => resolve(false));
  });
}

import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBot } from '../sandbox/bot.ts';
import { queryOnce } from '../sandbox/postgres.ts';
import { startWorld } from '../sandbox/world.ts';
import { type Child, startChild } from './child.ts';
import { median, percentile } from './median.ts';
import { sendCommand } from './slash-command.ts';

const KINDS = ['bot', 'opening', 'bolt', 'plain'] as const;
type Kind = (typeof KINDS)[number];

const PAIRS = 3;
const RATES = [50, 200, 500] as const;
const SECONDS = 4;
const WARM_REQUESTS = 6_000;

/** What the numbers are of, in the output too. */
const counted = {
  bot: "the bot's own listeners: signature, replay, parsing, one row in the inbox that is committed before the answer",
  opening:
    'the same, and what follows: the loading dialog is drawn and sent; Slack never answers, so that everything stays in memory',
  bolt: 'HTTPReceiver with one listener that only acknowledges: nothing is kept',
  plain: 'node:http with the signature and the form, and nothing else',
  cpuUs: 'of the process that answers, of all its threads, by request; PostgreSQL works in another one',
  ms: 'from when a request was due (open loop) to the end of its answer',
  leftOut:
    'bot: what it does after the acknowledgement, which Slack does not wait for; opening: what it does once the dialog is open',
};

/** A signed slash command acknowledged: the bot with its durable inbox, bare Bolt, and bare node:http. */
export async function ack() {
  const world = await startWorld();
  world.prober.stop();
  const children: Child[] = [];
  try {
    // It is migrated and stopped: what is measured is started below.
    await (await startBot(world, { slack: 'off' })).stop();
    const { signingSecret } = world.slack;
    for (const kind of KINDS) children.push(await startChild(`./servers/${kind}.ts`, world.env));
    const servers = KINDS.flatMap((kind, index) => {
      const child = children[index];
      return child === undefined ? [] : [{ kind, child }];
    });
    for (const { child } of servers)
      await load(child, signingSecret, { perSecond: 600, requests: WARM_REQUESTS });

    const pairs = [];
    for (let pair = 0; pair < PAIRS; pair++)
      for (const perSecond of RATES) {
        const measured: Partial<Record<Kind, Load>> = {};
        for (const { kind, child } of servers)
          measured[kind] = await load(child, signingSecret, { perSecond, requests: perSecond * SECONDS });
        pairs.push({ perSecond, ...measured });
      }
    const [row] = await queryOnce(world.bot.superuserUrl, 'select count(*)::int as rows from public.inbox');
    return { bench: 'ack', ...summary(pairs), inboxRows: row?.rows, counted, pairs };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await world.stop();
  }
}

interface Load {
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends at a steady rate, whether or not the answers come, so that a slow answer is not hidden by sending later. */
async function load(
  child: Child,
  signingSecret: string,
  { perSecond, requests }: { perSecond: number; requests: number },
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const before = await child.usage();
  const began = performance.now();
  const answers: Promise<number>[] = [];
  for (let n = 0; n < requests; n++) {
    const due = began + (n * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    answers.push(
      sendCommand({ port: child.port, signingSecret, agent }, 'declare').then((status) => {
        if (status !== 200) throw new Error(`A command was answered with ${status}.`);
        return performance.now() - due;
      }),
    );
  }
  const latencies = await Promise.all(answers);
  const after = await child.usage();
  agent.destroy();
  return {
    cpuUs: Math.round((after.cpuUs - before.cpuUs) / requests),
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

type Pair = { readonly perSecond: number } & Partial<Record<Kind, Load>>;

/** Medians by rate; the ratio is of the highest one, where the least of it is the clock's ticking. */
export function summary(pairs: readonly Pair[]) {
  const rates = RATES.map((perSecond) => {
    const at = pairs.filter((pair) => pair.perSecond === perSecond);
    const of = (kind: Kind, what: keyof Load) => median(at.map((pair) => pair[kind]?.[what] ?? 0));
    const row = (kind: Kind): Load => ({
      cpuUs: of(kind, 'cpuUs'),
      p50Ms: of(kind, 'p50Ms'),
      p99Ms: of(kind, 'p99Ms'),
    });
    return { perSecond, ...Object.fromEntries(KINDS.map((kind) => [kind, row(kind)])) };
  });
  const busiest = pairs.filter(({ perSecond }) => perSecond === Math.max(...RATES));
  const ratio = (of: Kind, to: Kind) =>
    Number(median(busiest.map((pair) => (pair[of]?.cpuUs ?? 0) / (pair[to]?.cpuUs ?? 1))).toFixed(2));
  return {
    cpuRatioToBolt: ratio('bot', 'bolt'),
    cpuRatioToPlain: ratio('bot', 'plain'),
    openingRatioToBolt: ratio('opening', 'bolt'),
    rates,
  };
}

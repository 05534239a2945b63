import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startBot } from '../sandbox/bot.ts';
import { queryOnce } from '../sandbox/postgres.ts';
import { type Approval, createTerminal } from '../sandbox/terminal.ts';
import {
  backend,
  chatServer,
  namespace,
  primarySet,
  secretKey,
  secretName,
} from '../sandbox/veza/cluster.ts';
import { startWriter } from '../sandbox/veza/writer.ts';
import { startWorld, type VezaWorld } from '../sandbox/world.ts';
import { median } from './median.ts';

const PAIRS = 3;
/** Every pod takes as long as the next, so that both sides of a pair wait the same for the cluster. */
const PODS = { podStartMs: [1_500, 1_500], podStopMs: [500, 500] } as const;

/** What the numbers are of, in the output too. */
const counted = {
  byHandMs:
    'StatefulSet to 0 and its pod gone, pg_ctl promote --wait, the secret, both Deployments restarted, until the first acknowledged message: without a pause, a look or a check, and changes of the cluster take no time',
  botMs:
    'the same work, with all that the bot checks: from the second vote for the promotion to the end of its gate, and from the second vote for the switch to the first acknowledged message',
  checkMs:
    'of the bot alone, between the two: the check of the new primary, and the facts for the next approval',
  leftOut: 'the wait for the votes, and everything before the first approval',
};

/**
 * A primary that is lost: the standby promoted and the applications moved by hand, beside the bot's runbook. Each side has a
 * fresh Veza, fences first and ends with the first message that is acknowledged again.
 */
export async function failover() {
  const pairs: { byHandMs: number; botMs: number; checkMs: number; byHand: Spans; bot: Spans }[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const byHand = await inVeza(playByHand);
    const { checkMs, ...bot } = await inVeza(playByBot);
    pairs.push({ byHandMs: sum(byHand), botMs: sum(bot), checkMs, byHand, bot });
  }
  const medians = {
    byHandMs: median(pairs.map(({ byHandMs }) => byHandMs)),
    botMs: median(pairs.map(({ botMs }) => botMs)),
    checkMs: median(pairs.map(({ checkMs }) => checkMs)),
  };
  const beside = (ms: number) => Number((ms / medians.byHandMs).toFixed(2));
  return {
    bench: 'failover',
    pairs,
    medians,
    ratio: beside(medians.botMs),
    ratioWithCheck: beside(medians.botMs + medians.checkMs),
    counted,
  };
}

/** `promoteMs`: fence and promotion. `switchMs`: secret and restart, until the first message. */
type Spans = { readonly promoteMs: number; readonly switchMs: number };
const sum = ({ promoteMs, switchMs }: Spans): number => promoteMs + switchMs;

async function inVeza<Result>(play: (world: VezaWorld) => Promise<Result>): Promise<Result> {
  const world = await startWorld({ platforms: ['veza'], kubernetes: PODS });
  try {
    return await play(world);
  } finally {
    await world.stop();
  }
}

async function playByHand({ veza }: VezaWorld): Promise<Spans> {
  const { control } = veza.kubernetes;
  const users = await losePrimary(veza);

  const began = Date.now();
  control.patch('statefulsets', namespace, primarySet, { spec: { replicas: 0 } });
  while (control.list('pods', namespace).some(({ metadata }) => metadata.name.startsWith(primarySet)))
    await sleep(20);
  await veza.standby.shell('pg_ctl promote --wait --silent');
  const promoted = Date.now();
  const url = Buffer.from(veza.url(veza.standby, 'veza_user')).toString('base64');
  control.patch('secrets', namespace, secretName, { data: { [secretKey]: url } });
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  for (const deployment of [backend, chatServer])
    control.patch('deployments', namespace, deployment, {
      spec: { template: { metadata: { annotations } } },
    });
  return { promoteMs: promoted - began, switchMs: (await users.writeAgain()) - promoted };
}

async function playByBot(world: VezaWorld): Promise<Spans & { readonly checkMs: number }> {
  const bot = await startBot(world, { slack: 'off' });
  try {
    const people = createTerminal(world, bot);
    await primarySeen(world);
    const users = await losePrimary(world.veza);
    const run = await people.startRun(
      'ana',
      ['veza', 'sev1', 'Messages cannot be sent'],
      'database-failover',
    );
    await people.untilAsked(run, 'lost');
    await people.choose('ana', run, 'lost');

    const promote = await people.untilOpen(run, 'promote');
    const promoteVoted = secondVote(await people.approve(run, promote, ['ben', 'mina'], 'veza-db-2'));
    const move = await people.untilOpen(run, 'switch');
    const moveVoted = secondVote(await people.approve(run, move, ['ana', 'ben']));
    const writesAgain = await users.writeAgain();

    const promoted = await closedAt(world, run, 'promote');
    return {
      promoteMs: promoted - promoteVoted,
      checkMs: move.requestedAt.getTime() - promoted,
      switchMs: writesAgain - moveVoted,
    };
  } finally {
    await bot.stop();
  }
}

/** Messages are sent all the time, until the primary dies. `writeAgain` is when the first one was acknowledged again. */
async function losePrimary({ app, damage }: VezaWorld['veza']) {
  const writer = startWriter({ app });
  await sleep(1_000);
  await damage.losePrimary();
  const outage = await until(() => writer.outages().find(({ to }) => to === undefined));
  return {
    async writeAgain(): Promise<number> {
      const to = await until(() => outage.to);
      await writer.stop();
      return to.getTime();
    },
  };
}

/** What was lost is measured by the bot's last look at the primary, so it must have had one. */
async function primarySeen({ bot }: VezaWorld): Promise<void> {
  const sql = "select from public.observations where kind = 'primary'";
  await until(async () => (await queryOnce(bot.superuserUrl, sql))[0]);
}

async function closedAt({ bot }: VezaWorld, run: string, gate: string): Promise<number> {
  const [row] = await queryOnce(
    bot.superuserUrl,
    `select event ->> 'at' as at
       from public.events, lateral (select convert_from(canon, 'UTF8')::jsonb -> 'event' as event) logged
      where stream_type = 'run' and stream_id = $1 and event ->> 'kind' = 'gate.closed' and event ->> 'gate' = $2`,
    [run, gate],
  );
  return z.coerce.date().parse(row?.at).getTime();
}

const secondVote = ({ votes }: Approval): number => Math.max(...votes.map(({ at }) => at.getTime()));

async function until<Found>(find: () => Found | undefined | Promise<Found | undefined>): Promise<Found> {
  for (const deadline = Date.now() + 60_000; ; await sleep(10)) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('The bench waited 60 s in vain.');
  }
}

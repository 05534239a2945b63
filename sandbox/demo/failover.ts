import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { queryOnce } from '../postgres.ts';
import { namespace, primarySet } from '../veza/cluster.ts';
import { database } from '../veza/numbers.ts';
import { startWriter } from '../veza/writer.ts';
import type { VezaWorld } from '../world.ts';
import { watchForSecrets } from './canary.ts';
import { unbrokenLog } from './chain.ts';
import { insist, insistSays, until } from './check.ts';
import { declare, showRun, votesOn } from './room.ts';
import { type Tell, waitedForPeopleMs } from './watch.ts';
import { watchWritable } from './writable.ts';

const MINUTE = 60_000;
const UNREPLICATED = 137;

const Loss = z.object({
  lost: z.number(),
  acknowledged: z.number(),
  survived: z.number(),
  lag: z.object({ bytes: z.number().nullable(), seconds: z.number().nullable() }),
});

/** A primary dies with commits its standby never got: it is fenced, the standby promoted, the applications moved. */
export async function playFailover(world: VezaWorld, bot: Bot, tell: Tell) {
  const { slack, veza } = world;
  const { primary, standby, app } = veza;
  const [ana, ben, mina, dan] = [
    slack.person('ana'),
    slack.person('ben'),
    slack.person('mina'),
    slack.person('dan'),
  ];
  const writer = startWriter({ app, perSecond: 50 });
  const writable = watchWritable(veza);
  const secrets = watchForSecrets(world, bot);
  await sleep(3_000);
  const died = await veza.damage.losePrimary({
    unreplicated: UNREPLICATED,
    // The bot looks at the primary every two seconds: its last look is what the loss is measured by.
    lastMoment: () => seenOnceMore(world),
  });
  const promised = [...writer.acknowledged().keys, ...died.lost.keys];
  tell(`${died.said} ${died.acknowledged.toLocaleString('en')} messages were acknowledged in all.`);

  const room = await declare(slack, ana, 'veza sev1 Messages cannot be sent', died.at);
  tell(`Ana declares ${room.incident} and takes command.`);
  const { run, preview } = await room.startRunbook(ana, {
    id: 'database-failover',
    title: 'Promote the standby',
  });
  insistSays(preview, 'veza-db-2', 'the preview');
  tell(`${run} asks for the primary from two places, three times.`);

  await room.decide(ana, 'Decide that the primary is lost', 'lost');
  tell('The primary answered nobody. Ana decides that it is lost.');

  const first = await room.approvalCard('Promote the standby to primary');
  const said = slack.textOf(first);
  insistSays(said, 'CANNOT BE UNDONE', 'the card');
  const lostOnCard = Number(
    said.match(/([\d,]+) of [\d,]+ acknowledged/)?.[1]?.replaceAll(',', '') ?? Number.NaN,
  );
  insist(lostOnCard === UNREPLICATED, `${UNREPLICATED} lost messages on the card`, said.slice(0, 1500));
  tell(
    `The card says CANNOT BE UNDONE, and that ${lostOnCard} acknowledged messages are not on the standby. That is the truth.`,
  );

  await room.insistRefused(ana, 'ana', first, 'two other people must approve', 'veza-db-2');
  tell('Ana presses: refused, she asked for it.');
  slack.join('dan', room.room);
  await room.insistRefused(dan, 'dan', first, 'Only approvers', 'veza-db-2');
  tell('Dan presses: refused, he is no approver.');
  await room.insistRefused(ben, 'ben', first, 'That is not "veza-db-2"', 'veza-db2');
  tell('Ben types the wrong name: refused.');
  insistSays(await room.approve(ben, 'ben', first, ' “veza-db-2” '), 'is recorded', 'the approval of Ben');
  insistSays(await room.approve(mina, 'mina', first, 'veza-db-2'), 'is recorded', 'the approval of Mina');
  tell('Ben and Mina type the name and approve. The old primary is fenced, the standby promoted.');

  const second = await room.approvalCard('Point the applications to the new primary');
  const survived = await countMessages(standby.superuserUrl(database));
  insist(
    (await veza.countOn(standby, promised)) === promised.length - UNREPLICATED,
    'every replicated message on the new primary',
  );
  insistSays(await room.approve(ana, 'ana', second), 'is recorded', 'the approval of Ana');
  insistSays(await room.approve(ben, 'ben', second), 'is recorded', 'the second approval of Ben');
  tell('Ana and Ben approve the second gate: the secret is written, the applications restart.');

  await until(async () => writer.outages().at(-1)?.to !== undefined, 'messages to be sent again');
  const outage = writer.outages().find(({ from }) => from >= died.at) ?? writer.outages().at(-1);
  const appWritesAgainMs = (outage?.to?.getTime() ?? 0) - died.at.getTime();
  await room.waitFor(
    (text) => text.includes(run) && /Watch for 5 minutes/.test(text) && /waiting until/.test(text),
    'the watch after the switch',
  );
  await bot.clock.advance(6 * MINUTE);
  const told = await room.waitFor(
    (text) => text.includes('pg_rewind'),
    'the commands for the old primary',
    90_000,
  );
  tell('Messages are sent again. The bot says how the old primary becomes the standby.');

  await primary.shell(codeBlockIn(told));
  veza.damage.repairMachine();
  veza.kubernetes.control.patch('statefulsets', namespace, primarySet, { spec: { replicas: 1 } });
  await until(async () => (await showRun(bot, run))?.outcome === 'done', 'the end of the run', 90_000);
  tell('The commands are run as they stand. The old primary streams from the new one; the run is done.');
  await writer.stop();
  const { both, samples } = await writable.stop();
  insist(both === 0, 'never two writable primaries', { both, samples });
  insist(
    (await veza.countOn(standby, writer.acknowledged().keys)) === writer.acknowledged().keys.length,
    'every message that was acknowledged and not on the card',
  );

  await room.resolve(ana, 'The disk of veza-db-1 failed');
  const log = await unbrokenLog(world, bot);
  tell(`${room.incident} is resolved; the log of ${log.events} events is unbroken.`);

  const leaked = await secrets.stop();
  insist(leaked.found.length === 0 && leaked.looked > 200, 'no password anywhere', leaked);
  tell(
    'No password stands in the log, in Slack, in a line of the bot, in its files or in the list of processes.',
  );

  const state = await showRun(bot, run);
  const measured = Loss.parse(state.steps.measure.output);
  const acknowledged = died.acknowledged;
  insist(survived + lostOnCard === acknowledged, 'survived + lost = acknowledged', {
    survived,
    lostOnCard,
    acknowledged,
  });
  insist(measured.survived === survived, 'the count of the bot to be the truth', measured);
  const { timelineBefore, timelineAfter } = state.steps.promote.output;
  insist(timelineAfter === timelineBefore + 1, 'one promotion', state.steps.promote.output);

  return {
    run,
    lag: measured.lag,
    commits: { acknowledged, survived, lostOnCard },
    fenced: { by: state.steps.fence.output.by, evidence: state.steps.fence.output.evidence },
    promoted: { timelineBefore, timelineAfter },
    approvals: [first, second].flatMap((card) => votesOn(slack.textOf(card), state)),
    refusedClicks: room.refusedClicks,
    appWritesAgainMs,
    waitedForPeopleMs: waitedForPeopleMs(state),
    audit: log,
  };
}

/** Waits until the bot has looked at the primary once more. */
async function seenOnceMore({ bot }: VezaWorld): Promise<void> {
  const newest = async () => {
    const sql =
      "select coalesce(max(at), 'epoch')::text as at from public.observations where kind = 'primary'";
    return (await queryOnce(bot.superuserUrl, sql))[0]?.at;
  };
  const before = await newest();
  await until(async () => (await newest()) !== before, 'the bot to look at the primary');
}

/** What a person copies from a message: the text of its code block, with Slack's escapes undone. */
function codeBlockIn({ blocks }: { blocks: unknown }): string {
  const raw = JSON.stringify(blocks).match(/```\\n(.*?)\\n```/)?.[1] ?? '';
  return z
    .string()
    .parse(JSON.parse(`"${raw}"`))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

async function countMessages(url: string): Promise<number> {
  const [row] = await queryOnce(url, 'select count(*)::int as n from messages');
  return Number(row?.n);
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyChain } from '../../src/store/events.ts';
import { startDeliveries } from '../helpers/deliveries.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Each is delivered three times. DR_TEST_REQUESTS=10000 makes it ten times as many, which takes minutes. */
const REQUESTS = Number(process.env.DR_TEST_REQUESTS ?? 1_000);
/** An odd number, so that each gets commands and forms. */
const INCIDENTS = 9;
/** Slack delivers side by side. */
const AT_ONCE = 8;
let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot();
});

afterAll(async () => {
  await bot.stop();
});

test(
  `${REQUESTS} requests delivered three times each, shuffled and late, leave what each of them leaves once`,
  async () => {
    const incidents: { readonly id: string; readonly channel: string }[] = [];
    for (let index = 0; index < INCIDENTS; index++) incidents.push(await declare(index));
    // What is told in Slack is another matter, and would take most of the time.
    const end = bot.slack.faults.outage();
    const slack = await startDeliveries(bot.deps);
    const requests = Array.from({ length: REQUESTS }, (_, number) => {
      const { id, channel } = incidents[number % INCIDENTS] ?? { id: '', channel: '' };
      const text = `Fact ${number}`;
      if (number % 2 === 0) return slack.command('ana', channel, `note ${text}`, `T${number}`);
      return slack.note('ben', id, text, `T${number}`);
    });

    const deliveries = shuffled([...requests, ...requests, ...requests]);
    const late = deliveries.splice(0, REQUESTS);
    for (const part of [deliveries, late]) {
      const next = part.values();
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const request of next) await slack.deliver(request);
        }),
      );
      await bot.advance(600_000);
    }
    slack.stop();
    end();

    const logs = await Promise.all(incidents.map(({ id }) => bot.queries.events(id)));
    const notes = logs
      .flat()
      .flatMap(({ event, actor, incident }) =>
        event.kind === 'incident.note-added' ? [`${incident} ${actor.person}: ${event.text}`] : [],
      );
    const once = requests.map(
      (_, number) =>
        `${incidents[number % INCIDENTS]?.id} ${number % 2 === 0 ? 'ana' : 'ben'}: Fact ${number}`,
    );
    expect(notes.toSorted()).toEqual(once.toSorted());
    expect(slack.unacknowledged()).toBe(0);
    expect(await verifyChain(bot.db)).toMatchObject({ ok: true });
  },
  REQUESTS * 120,
);

async function declare(index: number): Promise<{ readonly id: string; readonly channel: string }> {
  const { id } = await bot.declare(`Demo ${index} is broken`);
  return { id, channel: (await bot.views.incident(id))?.incident.channel?.id ?? '' };
}

/** Another order each time it is written, the same each time it is run. */
function shuffled<Value>(values: readonly Value[]): Value[] {
  let seed = 20_261_121;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

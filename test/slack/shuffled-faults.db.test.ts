import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyChain } from '../../src/store/events.ts';
import { type Deliveries, type SlackRequest, startDeliveries } from '../helpers/deliveries.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

/** Each is delivered three times. `npm run soak` makes it ten thousand, which takes minutes. */
const REQUESTS = Number(process.env.DR_TEST_REQUESTS ?? 300);
const INCIDENTS = 6;
/** Slack delivers side by side. */
const AT_ONCE = 8;
let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot();
});

afterAll(async () => {
  await bot.stop();
});

interface Place {
  readonly id: string;
  readonly channel: string;
}

/** Notes, by command and by form, which may come in any order, and severities, of which the last one counts. */
function requestsFor(slack: Deliveries, places: readonly Place[]) {
  const all = Array.from({ length: REQUESTS }, (_, number) => {
    const { id, channel } = places[number % INCIDENTS] ?? { id: '', channel: '' };
    const trigger = `${id}/${number}`;
    const isSeverity = Math.floor(number / INCIDENTS) % 10 === 9;
    const request = isSeverity
      ? slack.command('ana', channel, `severity sev${1 + (Math.floor(number / INCIDENTS / 10) % 4)}`, trigger)
      : number % 2 === 0
        ? slack.command('ana', channel, `note Fact ${number}`, trigger)
        : slack.note('ben', id, `Fact ${number}`, trigger);
    return { isSeverity, request };
  });
  const only = (severities: boolean) =>
    all.flatMap(({ isSeverity, request }) => (isSeverity === severities ? [request] : []));
  return { all: all.map(({ request }) => request), notes: only(false), severities: only(true) };
}

test(
  `${REQUESTS} requests delivered three times each, shuffled and late, leave the state that each of them leaves once and in order`,
  async () => {
    const [inOrder, jumbled]: Place[][] = [[], []];
    for (let index = 0; index < INCIDENTS; index++) {
      inOrder?.push(await declare('It is broken'));
      jumbled?.push(await declare('It is broken'));
    }
    // What is told in Slack is another matter, and would take most of the time.
    await bot.queue.rest();
    const slack = await startDeliveries(bot.deps);

    for (const request of requestsFor(slack, inOrder ?? []).all) await slack.deliver(request);
    const { notes, severities } = requestsFor(slack, jumbled ?? []);
    await Promise.all([
      deliverAll(slack, shuffled([...notes, ...notes]), AT_ONCE),
      deliverAll(slack, severities, 1),
    ]);
    await bot.advance(600_000);
    await deliverAll(slack, shuffled([...notes, ...severities, ...severities]), AT_ONCE);
    slack.stop();

    const left = (places: readonly Place[] = []) => Promise.all(places.map(({ id }) => stateOf(id)));
    const [once, thrice] = [await left(inOrder), await left(jumbled)];
    const saying = (word: string) =>
      thrice.flatMap(({ events }) => events.filter((event) => event.includes(word)));
    expect(thrice).toEqual(once);
    expect(saying('Fact')).toHaveLength(notes.length);
    expect(saying('severity-changed').length).toBeGreaterThan(INCIDENTS);
    expect(slack.unacknowledged()).toBe(0);
    expect(await verifyChain(bot.db)).toMatchObject({ ok: true });
  },
  60_000 + REQUESTS * 120,
);

async function deliverAll(slack: Deliveries, requests: readonly SlackRequest[], atOnce: number) {
  const next = requests.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const request of next) await slack.deliver(request);
    }),
  );
}

/** What its events fold to and what they say, without what two incidents never share: names and times. */
async function stateOf(id: string) {
  const bare = (value: unknown) =>
    JSON.stringify(value)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time')
      .replaceAll(/INC-[\d-]+|inc-[\w-]+|"C[0-9A-Z]{8,}"/g, 'a name');
  const events = (await bot.queries.events(id)).filter(({ stream }) => stream.type === 'incident');
  return {
    state: bare((await bot.views.incident(id))?.incident),
    events: events.map(({ actor, event }) => bare([actor.person, event])).toSorted(),
  };
}

async function declare(title: string): Promise<Place> {
  const { id } = await bot.declare(title);
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

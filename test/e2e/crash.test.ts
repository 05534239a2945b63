import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { createDeaths } from '../helpers/crash-deaths.ts';
import { factsOf } from '../helpers/crash-facts.ts';
import { withPauses } from '../helpers/crash-pauses.ts';
import { createStubbornPeople, type RestoreStory } from '../helpers/crash-people.ts';
import { gatePlacesOf, type Place, placesOf, spellOf } from '../helpers/crash-places.ts';
import { databaseFacts } from '../helpers/database-facts.ts';

/** Whole restores through Slack whose worker dies or sleeps wherever that matters, and nothing else of the world does. */
let world: World;
let bot: Bot;
let deaths: ReturnType<typeof createDeaths>;
let people: ReturnType<typeof createStubbornPeople>;
let undisturbed: { readonly played: readonly string[]; readonly facts: object };

beforeAll(async () => {
  world = await startWorld({ share: 0.1, kubernetes: { podStartMs: [100, 200], podStopMs: [100, 200] } });
  bot = await startBot(world);
  await bot.stop();
  deaths = createDeaths(world, bot);
  people = createStubbornPeople(world, bot);
  undisturbed = await restored(deaths.undisturbed);
}, 300_000);
afterAll(async () => {
  await deaths?.stop();
  await world?.stop();
});

/** Where places leave the same behind, such as both sides of an answer, only one of them is come to in a restore. */
const STORIES = 4;

/** Each death costs a second or two, each pause four: unless all are asked for, some stand for the others. */
const ALL = process.env.DR_CRASH === 'all';

/** All of the gate's and one in twenty-four of the others. */
function deathsIn(trace: readonly string[]): readonly Place[] {
  const gate = new Set(gatePlacesOf(trace).map(spellOf));
  return placesOf(trace).filter((place, at) => ALL || gate.has(spellOf(place)) || at % 24 === 0);
}

/** One in four of the gate's. */
function pausesIn(trace: readonly string[]): readonly Place[] {
  return gatePlacesOf(trace).filter((_, at) => ALL || at % 4 === 0);
}

beforeEach(() => {
  expect(undisturbed.facts).toMatchObject({
    outcome: 'done',
    janua: { keptIsTheOldOne: true, liveIsTheCopy: true, renamedOnce: true },
    cluster: { replicas: { api: 4, worker: 2 } },
    slack: { twice: [], inOrder: true },
  });
});

/** Restores a damaged Janua, and says what that left behind. */
async function restored<Played>(play: (restore: () => Promise<unknown>) => Promise<Played>) {
  await world.damage.deleteRows();
  const { oid } = await databaseFacts(world.cluster, 'janua');
  world.kubernetes.control.clearRequests();
  const stories: RestoreStory[] = [];
  const played = await play(async () => stories.push(await people.restore()));
  const [story] = stories;
  if (story === undefined) expect.fail('Nothing was restored.');
  return { played, facts: await factsOf(world, people.terminal, story, oid) };
}

test('a worker killed at the hops of a whole restore: it ends as if nothing had happened, and nothing happened twice', {
  timeout: 600_000,
}, async () => {
  const places = deathsIn(undisturbed.played);
  let left: readonly Place[] = places;

  for (let story = 1; story <= STORIES && left.length > 0; story++) {
    const { played, facts } = await restored((restore) => deaths.disturbed(left, restore));
    left = left.filter((place) => !played.includes(place));
    expect(facts).toEqual(undisturbed.facts);
  }

  expect(places.length).toBeGreaterThanOrEqual(20);
  expect(left.map(spellOf)).toEqual([]);
  expect(await people.terminal.dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
});

test('a worker that slept at a hop of the gate while another took it over: what it does when it wakes changes nothing', {
  timeout: 300_000,
}, async () => {
  const places = pausesIn(undisturbed.played);
  let left: readonly Place[] = places;

  for (let story = 1; story <= STORIES && left.length > 0; story++) {
    const { played, facts } = await restored((restore) => withPauses(deaths, left, restore));
    left = left.filter((place) => !played.some((pause) => pause.place === place));
    expect({ ...facts, slack: { ...facts.slack, twice: [] } }).toEqual(undisturbed.facts);
    expect(facts.slack.twice.length).toBeLessThanOrEqual(played.filter(({ sent }) => sent).length);
  }

  expect(places.length).toBeGreaterThan(4);
  expect(left.map(spellOf)).toEqual([]);
  expect(await people.terminal.dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
});

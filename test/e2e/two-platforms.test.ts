import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { createTerminal, type Terminal } from '../../sandbox/terminal.ts';
import { startWorld, type VezaWorld, type World } from '../../sandbox/world.ts';

/** One bot, two plans, an accident of each platform at the same time: nothing in the bot is made for one of them. */
let world: World & VezaWorld;
let bot: Bot;
let people: Terminal;

beforeAll(async () => {
  world = await startWorld({ share: 0.1, platforms: ['janua', 'veza'] });
  bot = await startBot(world);
  people = createTerminal(world, bot);
});

afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

const Revisions = z.array(z.object({ value: z.string(), label: z.string() }));
const Template = z.object({
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.tuple([z.object({ image: z.string() })]) }) }),
  }),
});

test('two incidents of two platforms are recovered side by side, and neither knows of the other', async () => {
  const { kubernetes, damage, veza } = world;
  const imageOf = (cluster: typeof kubernetes, namespace: string, deployment: string) => () =>
    Template.parse(cluster.control.get('deployments', namespace, deployment)).spec.template.spec.containers[0]
      .image;
  const januaImage = imageOf(kubernetes, 'janua', 'janua-api');
  const vezaImage = imageOf(veza.kubernetes, 'veza-production', 'veza-backend-api');
  const before = { janua: januaImage(), veza: vezaImage() };
  const released = await Promise.all([damage.releaseBad(), veza.damage.releaseBad()]);
  expect([januaImage(), vezaImage()]).toEqual(released.map(({ image }) => image));

  const [janua, vezas] = await Promise.all([
    askedFor(['janua', 'sev2', 'Some sign-ins fail'], 'rollback-api', before.janua),
    askedFor(['veza', 'sev1', 'Messages cannot be sent'], 'rollback', before.veza),
  ]);
  const both = await Promise.all([people.look(janua.run), people.look(vezas.run)]);
  expect(both.map(({ run }) => run.outcome)).toEqual([null, null]);
  await Promise.all([
    people.approve(janua.run, janua.approval, ['ana', 'ben']),
    people.approve(vezas.run, vezas.approval, ['mina', 'ana']),
  ]);
  await people.untilAsked(vezas.run, 'cause');
  await people.markDone('ana', vezas.run, 'cause', 'The release reads a setting by its old name');
  const ended = await Promise.all([people.untilOver(janua.run), people.untilOver(vezas.run)]);

  expect(ended.map(({ run }) => run.outcome)).toEqual(['done', 'done']);
  expect({ janua: januaImage(), veza: vezaImage() }).toEqual(before);
  for (const [{ run }, own, other] of [
    [ended[0], /janua-api/, /veza/i],
    [ended[1], /veza-backend-api/, /janua/i],
  ] as const) {
    const logged = await logOf(run.incident);
    const shown = await channelOf(run.incident);
    expect(logged).toMatch(own);
    expect(logged).not.toMatch(other);
    expect(shown).toMatch(own);
    expect(shown).not.toMatch(other);
  }
  expect(await people.dr('ana', 'audit', 'verify')).toContain('Chain unbroken');
});

/** Starts the runbook, chooses the version that worked, and waits until the gate asks. */
async function askedFor(words: readonly string[], runbook: string, image: string) {
  const run = await people.startRun('ana', words, runbook);
  const { inspect } = await people.untilAsked(run, 'choose');
  const digest = image.match(/sha256:[0-9a-f]{8}/)?.[0] ?? image;
  const wanted = Revisions.parse(inspect?.output.revisions).find(({ label }) => label.includes(digest));
  await people.choose('ana', run, wanted?.value ?? `no revision with ${digest}`);
  return { run, approval: await people.untilOpen(run, 'roll-back') };
}

/** Everything the log holds of an incident, its runs and their approvals. */
async function logOf(incident: string): Promise<string> {
  const rows = await queryOnce(
    world.bot.superuserUrl,
    `select convert_from(canon, 'UTF8') as text from public.events
      where stream_id = $1
         or stream_id in (select id from public.runs where incident_id = $1)
         or stream_id in (select id from public.approvals where incident_id = $1)`,
    [incident],
  );
  return rows.map(({ text }) => text).join('\n');
}

/** All that people can read in the channel of an incident, but for links: the workspace itself has a name. */
async function channelOf(incident: string): Promise<string> {
  const { slack } = world;
  const channel = await slack.waitFor(
    () => [...slack.store.channels.values()].find(({ name }) => name.startsWith(incident.toLowerCase())),
    { timeoutMs: 20_000, what: `the channel of ${incident}` },
  );
  const messages = slack.messages(`#${channel.name}`);
  // Ids of blocks are made up of any letters.
  return JSON.stringify([channel.name, messages], (key, value) =>
    key === 'block_id' ? undefined : value,
  ).replaceAll(/https:\/\/[^/]*\.slack\.com/g, '');
}

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violationsOn, visitPage } from '../helpers/page-browser.ts';
import { mouse } from '../helpers/page-hands.ts';
import { createShots } from '../helpers/page-shots.ts';
import { followGuide, type Stage, stages } from '../helpers/page-story.ts';
import { done, startSandbox } from '../helpers/page-world.ts';

/** The sandbox's page in a real browser, by mouse. */
let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let shots: Awaited<ReturnType<typeof createShots>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  shots = await createShots('mouse');
});
afterAll(async () => {
  await shots?.stop();
  await sandbox?.stop();
});

const DESKTOP = { width: 1280, height: 800 };
const LOOKS = [
  { look: 'dark', viewport: DESKTOP, colorScheme: 'dark' },
  { look: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { look: 'dark phone', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  { look: 'drawer', viewport: { width: 900, height: 800 }, colorScheme: 'light' },
] as const;

/** Where axe-core looks, in the light of day; at the approval in every other way, too. */
const LOOKED_AT: readonly Stage[] = [
  'first-visit',
  'declare',
  'declare-errors',
  'approval',
  'review',
  'thread',
  'resolve',
  'report',
];

test('a visitor follows the guide by mouse, the bot is killed in mid-run, and Janua is restored', async () => {
  const { page, complaints } = await visitPage(sandbox.browser, sandbox.url);
  const accused: string[] = [];
  const look = async (name: string) => {
    for (const violation of await violationsOn(page)) accused.push(`${name}: ${violation}`);
  };

  await followGuide({
    page,
    hands: mouse(page),
    at: async (stage) => {
      await shots.take(page, stage);
      if (LOOKED_AT.includes(stage)) await look(stage);
      if (stage === 'approval') await inEveryLook(page, look);
      if (stage === 'run') await killAndMend(page);
    },
  });

  expect(shots.taken).toEqual(expect.arrayContaining([...stages]));
  expect(await sandbox.facts()).toEqual(done);
  expect(complaints).toEqual([]);
  expect(accused).toEqual([]);
});

async function inEveryLook(page: Page, look: (name: string) => Promise<void>): Promise<void> {
  for (const { look: name, viewport, colorScheme } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await shots.take(page, name);
    await look(name);
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function killAndMend(page: Page): Promise<void> {
  const world = page.getByRole('region', { name: 'Pretend world' });
  await world.getByRole('button', { name: 'Kill the bot' }).click();
  await world.getByText('bot down').waitFor();
  await world.getByRole('button', { name: 'Start the bot' }).click();
  await world.getByText('bot up').waitFor();
}

test('a second tab shows the same world, an outage of Slack in it, and a message that Slack would refuse', async () => {
  const { page: one } = await visitPage(sandbox.browser, sandbox.url);
  const { page: other } = await visitPage(sandbox.browser, sandbox.url);
  const banner = 'Slack is down (pretend). The bot goes on; messages appear when it is back.';

  await one.getByRole('button', { name: 'Take Slack down' }).click();
  await other.getByText(banner).waitFor();
  await other.getByRole('button', { name: 'Bring Slack back' }).first().click();
  await one.getByText(banner).waitFor({ state: 'hidden' });
  await say('x'.repeat(3104));
  await say('Said in both');

  for (const page of [one, other]) {
    await page.getByText('blocks[0].text is 3,104 characters, limit 3,000.').waitFor();
    await page.getByText('Said in both', { exact: true }).waitFor();
  }
});

/** What the bot's own token sends to #incidents. */
async function say(text: string): Promise<void> {
  const { url, botToken } = sandbox.world.slack;
  await fetch(`${url}/api/chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      channel: sandbox.world.slack.channel('#incidents').id,
      text: text.slice(0, 40),
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    }),
  });
}

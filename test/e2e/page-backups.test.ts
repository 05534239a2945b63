import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../sandbox/demo/check.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { violationsOn, visitPage } from '../helpers/page-browser.ts';
import { mouse } from '../helpers/page-hands.ts';
import { createShots } from '../helpers/page-shots.ts';
import { visitorOf } from '../helpers/page-story.ts';
import { done, startSandbox } from '../helpers/page-world.ts';

/** The backup watch at the sandbox's page, in a real browser. */
let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let shots: Awaited<ReturnType<typeof createShots>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  shots = await createShots('backups');
});
afterAll(async () => {
  await shots?.stop();
  await sandbox?.stop();
});

const SMALLER = 'newest backup of PostgreSQL is smaller than usual';

test('a night’s backup fails, an incident is declared from its alert, and Janua is restored from the one before', async () => {
  const { page, complaints } = await visitPage(sandbox.browser, sandbox.url);
  const hands = mouse(page);
  const visitor = visitorOf({ page, hands, careful: true });
  const { messages, dialog, named, says } = visitor;
  const card = messages.filter({ hasText: SMALLER }).filter({ hasText: 'Backup alert' });
  const { world } = sandbox;
  const good = world.janua.truth.newestGood;

  await hands.press(named(page, 'Begin'));
  await until(async () => hasLooked(), 'the first round of the watch');
  await hands.send('/dr backups janua');
  await says(/Backups · \d+ not known · \d+ ok/);
  const before = messages.filter({ hasText: 'Backup alert' });
  expect(await before.count()).toBe(0);

  await hands.press(named(page, 'Fail tonight'));
  await card.getByText('critical:').waitFor();
  expect(await picture(page)).toEqual({ width: 1200, height: 680 });
  await shots.take(page, 'alert');
  expect(await violationsOn(page)).toEqual([]);
  await hands.press(named(page, 'Delete rows'));
  await visitor.fact('HEALTH', /^500 /);

  await hands.pressIn(card, named(card, 'Declare incident'));
  await dialog.getByRole('textbox', { name: 'What is wrong?' }).waitFor();
  expect(await dialog.getByRole('textbox', { name: 'What is wrong?' }).inputValue()).toBe(
    `Janua: ${SMALLER}`,
  );
  await shots.take(page, 'declare');
  const channel = await visitor.sendDeclared();
  await visitor.startRestore();
  await visitor.answerQuestions();
  await visitor.approveTwice(channel);
  await visitor.seeItBack();

  // It has only its last 15 minutes of watching before it.
  expect(await sandbox.facts()).toEqual({ ...done, outcome: null, alerts: 2 });
  expect(world.janua.truth.newestGood).toEqual(good);

  await hands.openChannel('incidents');
  await hands.press(named(page, 'Run the backup again'));
  await messages.filter({ hasText: 'Backup alert · Janua · closed' }).filter({ hasText: SMALLER }).waitFor();
  await shots.take(page, 'closed');
  expect(complaints).toEqual([]);
});

/** Whether the watch has looked at every backup once. */
async function hasLooked(): Promise<boolean> {
  const { superuserUrl } = sandbox.world.bot;
  const [row] = await queryOnce(superuserUrl, 'select count(*)::int as rounds from public.watch_rounds');
  return row?.rounds === 1;
}

/** How large the newest picture in the channel really is, once the browser has it. */
async function picture(page: Page): Promise<{ width: number; height: number }> {
  const image = page
    .getByRole('list', { name: /^Messages in #/ })
    .getByRole('img')
    .last();
  await image.scrollIntoViewIfNeeded();
  return image.evaluate(async (element) => {
    if (!(element instanceof HTMLImageElement)) return { width: 0, height: 0 };
    await element.decode();
    return { width: element.naturalWidth, height: element.naturalHeight };
  });
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { visitPage } from '../helpers/page-browser.ts';
import { keyboard } from '../helpers/page-keyboard.ts';
import { createShots } from '../helpers/page-shots.ts';
import { followGuide, stages } from '../helpers/page-story.ts';
import { done, startSandbox } from '../helpers/page-world.ts';

/** The sandbox's page in a real browser, without a mouse. */
let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let shots: Awaited<ReturnType<typeof createShots>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  shots = await createShots('keyboard');
});
afterAll(async () => {
  await shots?.stop();
  await sandbox?.stop();
});

test('a visitor follows the guide by keyboard alone, the focus is never lost, and Janua is restored', async () => {
  const { page, complaints } = await visitPage(sandbox.browser, sandbox.url);

  await followGuide({ page, hands: keyboard(page), at: (stage) => shots.take(page, stage) });

  expect(shots.taken).toEqual([...stages]);
  expect(await sandbox.facts()).toEqual(done);
  expect(complaints).toEqual([]);
});

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { visitPage } from '../test/helpers/page-browser.ts';
import { type Hands, mouse } from '../test/helpers/page-hands.ts';
import { followGuide, type Stage, visitorOf } from '../test/helpers/page-story.ts';
import { startSandbox } from '../test/helpers/page-world.ts';

/** `npm run pictures`: those of the README, from the real page while a visitor follows the guide, and then fails a backup. */
const folder = fileURLToPath(new URL('images/', import.meta.url));

const DESKTOP = { width: 1280, height: 800 };
const TALL = { width: 1280, height: 1500 };
const PHONE = { width: 390, height: 844 };
/** The list of channels and the bar above say nothing new. */
const MAIN = { x: 232, y: 48, width: 1048, height: 752 };
const MARGIN = 16;

function cameraOf(page: Page) {
  async function save(name: string, options: Parameters<Page['screenshot']>[0] = {}): Promise<void> {
    // Nothing is pointed at.
    await page.mouse.move(1, 400);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide', ...options });
    process.stdout.write(`docs/images/${name}.png\n`);
  }
  async function saveAround(name: string, part: Locator): Promise<void> {
    await part.scrollIntoViewIfNeeded();
    const box = await part.boundingBox();
    if (box === null) throw new Error(`There is nothing to see of ${name}.`);
    await save(name, {
      clip: {
        x: box.x - MARGIN,
        y: box.y - MARGIN,
        width: box.width + 2 * MARGIN,
        height: box.height + 2 * MARGIN,
      },
    });
  }
  return { save, saveAround };
}

function picturesOf(page: Page): Partial<Record<Stage, () => Promise<void>>> {
  const messages = page.getByRole('list', { name: /^Messages in #/ }).getByRole('listitem');
  const newest = (hasText: RegExp) => messages.filter({ hasText }).last();
  const { save, saveAround } = cameraOf(page);
  const toEnd = () => newest(/./).scrollIntoViewIfNeeded();

  return {
    'first-visit': () => save('first-visit'),
    declare: () => save('declare'),
    async run() {
      await newest(/(5\. Verify the backup|1–\d) · done/).waitFor();
      await save('run', { clip: MAIN });
    },
    async approval() {
      await page.setViewportSize(TALL);
      await saveAround('approval', newest(/Review and approve/).locator('.message-main'));
      await page.setViewportSize(PHONE);
      await toEnd();
      await save('phone');
      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: 'dark' });
      await toEnd();
      await save('dark', { clip: MAIN });
      await page.emulateMedia({ colorScheme: 'light' });
    },
    resolved: () => save('resolved', { clip: MAIN }),
    report: () => saveAround('report', page.getByRole('dialog')),
  };
}

/** What the watch says of a night whose backup fails. */
async function failTonight(page: Page, hands: Hands): Promise<void> {
  const { messages, named, says } = visitorOf({ page, hands });
  const { saveAround } = cameraOf(page);
  const newest = (hasText: RegExp) => messages.filter({ hasText }).last().locator('.message-main');
  await hands.press(named(page, 'Begin'));
  await page.setViewportSize(TALL);
  await hands.press(named(page, 'Fail tonight'));
  const alert = newest(/smaller than usual/);
  await alert.getByRole('img').last().waitFor();
  await saveAround('alert', alert);
  await hands.send('/dr backups');
  await says(/watch last ran/);
  await saveAround('backups', newest(/watch last ran .*"fails now" counts/s));
}

async function inSandbox(show: (page: Page) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox();
  try {
    const { page } = await visitPage(sandbox.browser, sandbox.url, { viewport: DESKTOP });
    await show(page);
  } finally {
    await sandbox.stop();
  }
}

await mkdir(folder, { recursive: true });
await inSandbox(async (page) => {
  const pictures = picturesOf(page);
  await followGuide({ page, hands: mouse(page), careful: true, at: async (stage) => pictures[stage]?.() });
});
await inSandbox((page) => failTonight(page, mouse(page)));

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Pictures of every stage, kept where `PAGE_SHOTS` names a folder, and otherwise for as long as the tests run. */
export async function createShots(name: string) {
  const kept = process.env.PAGE_SHOTS;
  const folder = kept === undefined ? await mkdtemp(join(tmpdir(), 'dr-page-shots-')) : join(kept, name);
  await mkdir(folder, { recursive: true });
  const taken: string[] = [];
  return {
    taken,
    async take(page: Page, stage: string): Promise<void> {
      await page.screenshot({ path: join(folder, `${stage}.png`) });
      taken.push(stage);
    },
    async stop(): Promise<void> {
      if (kept === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

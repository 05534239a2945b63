import type { Locator, Page } from 'playwright-core';
import { composerOf, type Hands, typeMoment, whoActs } from './page-hands.ts';

/** Nobody presses a key more often to come to a place. */
const MOST_PRESSES = 40;

/**
 * The keys that the page's own list names, Tab, arrows, Enter and Escape, and nothing else. It looks where the focus is, as a
 * person does, and insists that it is always somewhere.
 */
export function keyboard(page: Page): Hands {
  const press = (key: string) => page.keyboard.press(key);
  const focused = page.locator(':focus');
  const isOn = async (wanted: Locator) => (await wanted.and(focused).count()) > 0;

  /** Presses the key until the focus is on what is wanted. */
  async function walkTo(wanted: Locator, key: string): Promise<void> {
    for (let presses = 0; presses <= MOST_PRESSES; presses++) {
      if (await isOn(wanted)) return;
      await press(key);
    }
    throw new Error(`${MOST_PRESSES} times ${key} did not lead to ${wanted}.`);
  }

  async function insistFocus(): Promise<void> {
    if ((await focused.count()) === 0) throw new Error('The focus is nowhere.');
  }

  async function toComposer(): Promise<void> {
    await insistFocus();
    if (!(await isOn(composerOf(page)))) await press('/');
    await walkTo(composerOf(page), 'Tab');
  }

  async function toMessage(message: Locator): Promise<void> {
    await toComposer();
    await walkTo(page.locator('.message'), 'Shift+Tab');
    await walkTo(message, 'ArrowUp');
  }

  return {
    async press(button) {
      await button.waitFor();
      await walkTo(button, 'Tab');
      await press('Enter');
    },
    async pressIn(message, button) {
      await button.waitFor();
      await toMessage(message);
      await press('Enter');
      await walkTo(button, 'Tab');
      await press('Enter');
    },
    async write(field, text) {
      await field.waitFor();
      await walkTo(field, 'Tab');
      await press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    async choose(radio) {
      await radio.waitFor();
      await walkTo(page.getByRole('radio', { checked: true }), 'Tab');
      await walkTo(radio, 'ArrowUp');
    },
    async send(text) {
      await toComposer();
      await press('ControlOrMeta+a');
      await page.keyboard.type(text);
      await press('Enter');
    },
    async openChannel(name) {
      await insistFocus();
      await press('ControlOrMeta+k');
      await page.getByRole('combobox', { name: 'Channel' }).waitFor();
      await page.keyboard.type(name);
      await press('Enter');
    },
    async actAs(name) {
      await insistFocus();
      for (let people = 0; (await whoActs(page, name).count()) === 0; people++) {
        if (people > 8) throw new Error(`Nobody here is ${name}.`);
        const before = await whoActs(page).textContent();
        await press('ControlOrMeta+Shift+p');
        await whoActs(page)
          .filter({ hasNotText: before ?? '' })
          .waitFor();
      }
    },
    async writeMoment(field, moment) {
      await field.waitFor();
      await walkTo(field, 'Tab');
      await typeMoment(page, moment);
    },
    async openThread(message) {
      await toMessage(message);
      await press('t');
      await page.getByRole('region', { name: 'Thread' }).waitFor();
      await insistFocus();
    },
    async closeThread() {
      await press('Escape');
      await page.getByRole('region', { name: 'Thread' }).waitFor({ state: 'hidden' });
      await insistFocus();
    },
    async leave() {
      await insistFocus();
      await press('Escape');
    },
  };
}

import type { Locator, Page } from 'playwright-core';

/** How a visitor does things at the page. What is done is the same by mouse and by keyboard. */
export type Hands = {
  /** Presses a button, anywhere but in a message. */
  press(button: Locator): Promise<void>;
  /** Presses a button of a message in the channel that is open. */
  pressIn(message: Locator, button: Locator): Promise<void>;
  /** Writes into a field in place of what it holds. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses one of several. */
  choose(radio: Locator): Promise<void>;
  /** Sends a message or command in the channel that is open. */
  send(text: string): Promise<void>;
  openChannel(name: string): Promise<void>;
  actAs(name: string): Promise<void>;
  /** Writes a moment, to the minute, into a field for date and time. */
  writeMoment(field: Locator, moment: Date): Promise<void>;
  openThread(message: Locator): Promise<void>;
  closeThread(): Promise<void>;
  /** Leaves the dialog that is in front. */
  leave(): Promise<void>;
};

export const composerOf = (page: Page): Locator => page.getByRole('textbox', { name: /^Message #/ });
export const whoActs = (page: Page, name = ''): Locator =>
  page.getByRole('button', { name: new RegExp(`^Acting as ${name}`) });

/** The keys for a moment in such a field, whose parts stand in the order of the browser's own language: that of America. */
export async function typeMoment(page: Page, moment: Date): Promise<void> {
  const [, year, month, day, hour, minute] =
    moment.toISOString().match(/(\d+)-(\d+)-(\d+)T(\d+):(\d+)/) ?? [];
  await page.keyboard.type(`${month}${day}${year}`);
  await page.keyboard.press('ArrowRight');
  const noon = 12;
  await page.keyboard.type(`${String(Number(hour) % noon || noon).padStart(2, '0')}${minute}`);
  await page.keyboard.type(Number(hour) < noon ? 'AM' : 'PM');
}

/** A hand on the mouse, the other types. */
export function mouse(page: Page): Hands {
  const write = async (field: Locator, text: string) => {
    await field.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(text);
  };
  return {
    press: (button) => button.click(),
    pressIn: (_, button) => button.click(),
    write,
    choose: (radio) => radio.click(),
    async send(text) {
      await write(composerOf(page), text);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
    },
    openChannel: (name) =>
      page.getByRole('navigation', { name: 'Channels' }).getByRole('button', { name }).click(),
    async actAs(name) {
      await whoActs(page).click();
      await page.getByRole('menuitemradio', { name }).click();
      await whoActs(page, name).waitFor();
    },
    async writeMoment(field, moment) {
      const box = await field.boundingBox();
      // The parts of the date are at the left; the middle is nothing.
      await field.click({ position: { x: 20, y: (box?.height ?? 0) / 2 } });
      await typeMoment(page, moment);
    },
    openThread: (message) => message.getByRole('button', { name: /repl(y|ies)/ }).click(),
    closeThread: () => page.getByRole('button', { name: 'Close thread' }).click(),
    leave: () => page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click(),
  };
}

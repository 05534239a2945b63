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
  /** Leaves the dialog that is in front. */
  leave(): Promise<void>;
};

export const composerOf = (page: Page): Locator => page.getByRole('textbox', { name: /^Message #/ });
export const whoActs = (page: Page, name = ''): Locator =>
  page.getByRole('button', { name: new RegExp(`^Acting as ${name}`) });

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
    leave: () => page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click(),
  };
}

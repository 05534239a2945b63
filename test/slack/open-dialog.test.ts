import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { button, type View } from '../../src/render/slack/blocks.ts';
import { renderNotice } from '../../src/render/slack/modals.ts';
import { type Opening, openDialog } from '../../src/slack/dialogs.ts';

const shown: string[] = [];
const opening: Opening = {
  deps: {
    call: async (_, method, { view }) => {
      shown.push(`${method} ${JSON.stringify(view)}`);
      return { view: { id: 'V1' } };
    },
    log: () => {},
  },
  trigger: 'T1',
  again: button('incident.declare', 'Open the form', {}),
  say: async () => {},
};

beforeEach(() => {
  vi.useFakeTimers();
  shown.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

test('a dialog that loads for eight seconds says so with the way out, and is filled all the same', async () => {
  const made = Promise.withResolvers<View>();

  const opened = openDialog(opening, 'Add note', '/dr note words', () => made.promise);
  await vi.advanceTimersByTimeAsync(8_000);
  made.resolve(renderNotice('Add note', ['Here it is.']));
  await opened;

  expect(shown).toEqual([
    expect.stringMatching(/^views\.open .*This usually takes under 2 s/),
    expect.stringMatching(/^views\.update .*Still reading.*You can also type: \/dr note words/),
    expect.stringMatching(/^views\.update .*Here it is/),
  ]);
});

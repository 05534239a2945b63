import { describe, expect, it } from 'vitest';
import { commands } from '../../../../commands/index.ts';
import { COMMANDS } from '../../../../sandbox/page/browser/commands.ts';
import { suggestionsFor } from '../../../../sandbox/page/browser/suggestions.ts';

const known = {
  people: [
    { handle: 'ana', help: 'Ana Duarte' },
    { handle: 'ben', help: 'Ben Okoye' },
  ],
  channels: [{ handle: 'incidents', help: '' }],
};
const offered = (text: string) => suggestionsFor(text, text.length, known);

describe('what the composer offers', () => {
  it('is the commands of the bot with the help they have there', () => {
    expect(COMMANDS).toEqual(commands.map(({ usage, summary }) => ({ usage, help: summary })));
  });

  it('narrows down while a command is typed, and keeps the one whose parts are typed', () => {
    expect(offered('/').length).toBe(COMMANDS.length);
    expect(offered('/dr re').map(({ text }) => text)).toEqual(['/dr resolve ', '/dr report ']);
    expect(offered('/dr declare janua').map(({ text }) => text)).toEqual(['/dr declare janua']);
    expect(offered('/remind')).toEqual([]);
  });

  it('completes people and channels where the caret stands', () => {
    const [ben] = suggestionsFor('give it to @be now', 14, known);

    expect(ben).toMatchObject({ text: 'give it to @ben  now', caret: 16 });
    expect(offered('in #inc').map(({ title }) => title)).toEqual(['#incidents']);
    expect(offered('mail@ben')).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { ACTION_IDS, FIELD_IDS, FORM_IDS, isFormId, parseValue } from '../../../src/render/slack/ids.ts';
import { MARKS } from '../../../src/render/words.ts';
import { buttonsOf, faultsOf, textOf, textsOf } from '../../helpers/block-kit.ts';
import type { Texts } from '../../helpers/sample-story.ts';
import { surfaces } from '../../helpers/surfaces.ts';

const FORGED =
  '<!channel> <@U1> <https://evil|ok> FORGED *APPROVED by CTO* :white_check_mark: done \u202eevil\u200b\u0000 “quotes” `code` & \ud83d';
const same = (text: string): Texts => ({ title: text, impact: text, note: text, fact: text });

const VARIANTS: Readonly<Record<string, Partial<Texts>>> = {
  'ordinary text': {},
  'hostile text': same(`${FORGED}\n> ${FORGED}\n*Approved by* Mina ${FORGED}`),
  'no text': same(''),
  '40,000 characters': same('A family 👨‍👩‍👧‍👦 & 数据库 <b> '.repeat(2000).slice(0, 40_000)),
  'one long word': same('字'.repeat(40_000)),
  'a thousand lines': same('line & <more>\n'.repeat(1000)),
};

const CODES = new Map<string, readonly string[]>(
  Object.values(MARKS).map(({ emoji, words }) => [emoji, words]),
);

describe.each(Object.entries(VARIANTS))('every surface with %s', (_, texts) => {
  const all = surfaces(texts);

  test('keeps the limits of Slack and our own', () => {
    const faults = all.flatMap(([name, shown]) => faultsOf(shown).map((fault) => `${name}: ${fault}`));

    expect(faults).toEqual([]);
  });

  test('shows no emoji but the twelve, each with its word in the same line', () => {
    const faults = all.flatMap(([name, shown]) =>
      textsOf(shown)
        .flatMap((text) => text.split('\n'))
        .flatMap((line) =>
          [...line.matchAll(/:[a-z0-9_+-]*[a-z][a-z0-9_+-]*:/g)].map(([code]) => ({ line, code })),
        )
        .filter(
          ({ line, code }) =>
            !(CODES.get(code) ?? []).some((word) => line.toLowerCase().includes(word.toLowerCase())),
        )
        .map(({ line }) => `${name}: ${line}`),
    );

    expect(faults).toEqual([]);
  });

  test('carries values that can be read back, and only names that are listed', () => {
    const buttons = all.flatMap(([, { blocks }]) => buttonsOf(blocks));
    const entries = all.flatMap(([, { blocks }]) =>
      blocks
        .flatMap((block) => (block.type === 'actions' ? block.elements : []))
        .flatMap((element) => (element.type === 'overflow' ? element.options : [])),
    );

    expect(
      buttons.filter(({ action_id, value }) => action_id !== 'link.open' && parseValue(value ?? '') === null),
    ).toEqual([]);
    expect(entries.filter(({ value }) => parseValue(value)?.do === undefined)).toEqual([]);
  });
});

test('the same state drawn twice gives the same bytes', () => {
  expect(JSON.stringify(surfaces())).toBe(JSON.stringify(surfaces()));
});

describe('user text', () => {
  const all = surfaces({ ...same(FORGED), fact: 'a plain fact' });
  const linesOf = (read: (text: string) => string) =>
    all.flatMap(([name, shown]) =>
      textsOf(shown).flatMap((text) =>
        read(text)
          .split('\n')
          .map((line) => ({ name, line })),
      ),
    );
  // Nothing is markup in a code block, and nobody takes one for the bot's own words.
  const lines = linesOf((text) => text.replace(/```[\s\S]*?```/g, ''));

  test('stands only in quote lines, in quotation marks, or in code blocks', () => {
    const forged = lines.filter(({ line }) => line.includes('FORGED'));

    expect(forged.length).toBeGreaterThan(100);
    expect(forged.filter(({ line }) => !line.startsWith('> ') && !/"[^"]*FORGED[^"]*/.test(line))).toEqual(
      [],
    );
  });

  test('mentions nobody, links nowhere and holds no invisible marks', () => {
    const bad = linesOf((text) => text).filter(({ line }) =>
      /<!channel>|<@U1>|<https:\/\/evil|[\u0000\u202e\u200b]|[\ud800-\udbff](?![\udc00-\udfff])/.test(line),
    );

    expect(bad).toEqual([]);
    expect(lines.filter(({ line }) => line.includes('*APPROVED'))).toEqual([]);
  });
});

describe('our own words', () => {
  const all = surfaces();

  test('hold none of the words that are never said', () => {
    const bad = all.flatMap(([name, shown]) =>
      textsOf(shown)
        .map((text) => text.replace(/<!date[^>]*>/g, ''))
        .filter((text) =>
          /\b(oops|successfully|please|simply|just|sorry)\b|!|undefined|null|NaN|\[object/i.test(text),
        )
        .map((text) => `${name}: ${text}`),
    );

    expect(bad).toEqual([]);
  });

  test('make danger of nothing but aborts and approvals that cannot be undone', () => {
    const danger = new Set(
      all
        .flatMap(([, { blocks }]) => buttonsOf(blocks))
        .filter(({ style }) => style === 'danger')
        .map(({ text }) => text.text),
    );

    expect([...danger].sort()).toEqual(['Abort run', 'Review and approve']);
  });

  test('leave refusing without a style', () => {
    const styled = all
      .flatMap(([, { blocks }]) => buttonsOf(blocks))
      .filter(({ text, style }) => text.text === 'Veto' && style !== undefined);

    expect(styled).toEqual([]);
  });

  test('say on a live card as of when it is true', () => {
    const live = all.filter(
      ([name, { blocks }]) =>
        /^(incident|run|approval|alert) card/.test(name) &&
        buttonsOf(blocks).some(({ action_id }) =>
          ['update.post', 'run.abort', 'approval.review', 'alert.acknowledge'].includes(action_id),
        ),
    );

    expect(live.length).toBeGreaterThan(30);
    expect(live.filter(([, shown]) => !textOf(shown).includes('As of '))).toEqual([]);
  });
});

test('every name of a button and of a form is drawn somewhere', () => {
  const all = surfaces();
  const drawn = new Set<string>();
  const forms = new Set<string>();
  const fields = new Set<string>();
  for (const [, shown] of all) {
    if ('title' in shown && isFormId(shown.callback_id)) forms.add(shown.callback_id);
    for (const block of shown.blocks) {
      if (block.type === 'input') {
        fields.add(block.block_id);
        drawn.add(block.element.action_id);
      }
      if (block.type !== 'actions') continue;
      for (const element of block.elements) {
        drawn.add(element.action_id);
        if (element.type === 'overflow')
          for (const { value } of element.options) drawn.add(parseValue(value)?.do ?? '');
      }
    }
  }

  expect(ACTION_IDS.filter((id) => !drawn.has(id))).toEqual([]);
  expect(FORM_IDS.filter((id) => !forms.has(id))).toEqual([]);
  expect(FIELD_IDS.filter((id) => !fields.has(id))).toEqual([]);
});

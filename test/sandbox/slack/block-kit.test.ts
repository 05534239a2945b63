import { expect, test } from 'vitest';
import { ApiError } from '../../../sandbox/slack/api-error.ts';
import { parseBlocks, parseView } from '../../../sandbox/slack/block-kit.ts';
import { button, buttons, modal, plain, section } from './web-client.ts';

/** The code and the reasons of a refusal, or `ok`. */
function refusal(parse: () => unknown): string {
  try {
    parse();
    return 'ok';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.code} ${JSON.stringify(error.extra)}`;
  }
}
const blocks = (...raw: unknown[]) => refusal(() => parseBlocks(raw));
const x = (length: number) => 'x'.repeat(length);
const option = (value: string) => ({ text: plain(`Option ${value}`), value });
const select = (fields: object) => ({
  type: 'section',
  text: plain('choose'),
  accessory: { type: 'static_select', action_id: 'a', ...fields },
});
const input = (element: object) => ({ type: 'input', block_id: 'i', label: plain('Label'), element });
const image = { type: 'image', alt_text: 'a graph', image_url: 'https://a.example/g.png' };

test.each<[string, unknown]>([
  ['a section', section('hello')],
  ['a section of fields', { type: 'section', fields: [plain('a'), plain('b')] }],
  ['a header', { type: 'header', text: plain(x(150)) }],
  ['a divider', { type: 'divider' }],
  ['a context of text and picture', { type: 'context', elements: [plain('a'), image] }],
  ['a picture', { ...image, title: plain('Load') }],
  ['buttons', buttons(button('Yes', 'yes'), button('No', 'no'))],
  ['a select', select({ options: [option('1')], initial_option: option('1') })],
  ['an input', input({ type: 'plain_text_input', action_id: 'a', multiline: true })],
  [
    'rich text',
    { type: 'rich_text', elements: [{ type: 'rich_text_quote', elements: [{ type: 'text', text: 'q' }] }] },
  ],
  ['a table', { type: 'table', rows: [[{ type: 'raw_text', text: 'a' }]] }],
  ['markdown', { type: 'markdown', text: '# hi' }],
])('%s is accepted', (_name, block) => {
  expect(blocks(block)).toBe('ok');
});

test.each<[string, unknown, string]>([
  ['an unknown block', { type: 'marquee' }, 'unsupported type [json-pointer:/blocks/0/type]'],
  ['an unknown property', { type: 'divider', colour: 'red' }, 'no additional properties allowed: colour'],
  ['a section without text', { type: 'section' }, 'missing required field: text or fields'],
  ['an empty text', section(''), 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  [
    'a long section',
    section(x(3001)),
    'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
  ],
  ['a long field', { type: 'section', fields: [plain(x(2001))] }, 'must be less than 2001 characters'],
  ['eleven fields', { type: 'section', fields: Array(11).fill(plain('a')) }, 'no more than 10 items allowed'],
  ['a long header', { type: 'header', text: plain(x(151)) }, 'must be less than 151 characters'],
  [
    'a header in mrkdwn',
    { type: 'header', text: { type: 'mrkdwn', text: 'a' } },
    '[json-pointer:/blocks/0/text/type]',
  ],
  ['emoji in mrkdwn', { type: 'section', text: { type: 'mrkdwn', text: 'a', emoji: true } }, 'emoji'],
  [
    'eleven context elements',
    { type: 'context', elements: Array(11).fill(plain('a')) },
    'no more than 10 items',
  ],
  [
    '26 buttons',
    buttons(...Array.from({ length: 26 }, (_, i) => button('b', `a${i}`))),
    'no more than 25 items',
  ],
  ['no buttons', buttons(), 'no fewer than 1 items allowed'],
  ['a long label', buttons(button(x(76), 'a')), 'must be less than 76 characters'],
  ['a long value', buttons(button('b', 'a', x(2001))), 'must be less than 2001 characters'],
  ['a long action id', buttons(button('b', x(256))), 'must be less than 256 characters'],
  ['a long block id', { type: 'divider', block_id: x(256) }, 'must be less than 256 characters'],
  [
    'the same action id twice',
    buttons(button('a', 'go'), button('b', 'go')),
    'action_id \\"go\\" already exists',
  ],
  [
    'a confirm without a text',
    buttons({ ...button('a', 'b'), ...{ confirm: { title: plain('Sure?') } } }),
    'missing required field: text',
  ],
  ['an unknown style', buttons({ ...button('a', 'b'), ...{ style: 'green' } }), '/elements/0/style'],
  [
    'a long accessibility label',
    buttons({ ...button('a', 'b'), ...{ accessibility_label: x(76) } }),
    'must be less than 76',
  ],
  [
    'a picture without alt text',
    { type: 'image', image_url: 'https://a.example' },
    'missing required field: alt_text',
  ],
  ['a select without options', select({}), 'either options or option_groups'],
  ['101 options', select({ options: Array(101).fill(option('1')) }), 'no more than 100 items allowed'],
  ['a long option value', select({ options: [option(x(76))] }), 'must be less than 76 characters'],
  [
    'a foreign initial option',
    select({ options: [option('1')], initial_option: option('2') }),
    'one of the options',
  ],
  [
    'an overflow of six',
    buttons({
      ...button('a', 'b'),
      type: 'overflow' as 'button',
      ...{ options: Array(6).fill(option('1')) },
    }),
    'no more than 5',
  ],
  [
    'a bad date',
    input({ type: 'datepicker', action_id: 'a', initial_date: '21.11.2026' }),
    '/blocks/0/element/initial_date',
  ],
  [
    'a long placeholder',
    input({ type: 'plain_text_input', placeholder: plain(x(151)) }),
    'must be less than 151',
  ],
  [
    'a table of 101 rows',
    { type: 'table', rows: Array(101).fill([{ type: 'raw_text', text: 'a' }]) },
    'no more than 100',
  ],
  [
    'a table of 21 columns',
    { type: 'table', rows: [Array(21).fill({ type: 'raw_text', text: 'a' })] },
    'no more than 20',
  ],
  ['long markdown', { type: 'markdown', text: x(12_001) }, 'must be less than 12001'],
])('%s is refused, and the answer names the place', (_name, block, reason) => {
  const answer = blocks(block);

  expect(answer).toContain('invalid_blocks');
  expect(answer).toContain(reason);
});

test('a message holds 50 blocks, one table, and each block id once', () => {
  const divider = { type: 'divider' };
  const table = { type: 'table', rows: [[{ type: 'raw_text', text: 'a' }]] };

  expect(blocks(...Array(50).fill(divider))).toBe('ok');
  expect(blocks(...Array(51).fill(divider))).toContain(
    'no more than 50 items allowed [json-pointer:/blocks]',
  );
  expect(blocks(table, table)).toContain('only_one_table_allowed');
  expect(blocks({ ...divider, block_id: 'a' }, { ...divider, block_id: 'a' })).toContain(
    'block_id \\"a\\" already exists',
  );
  expect(refusal(() => parseBlocks('[{]'))).toContain('invalid_blocks_format');
});

test('all blocks of a message together stay under 15,500 bytes of JSON', () => {
  const bytes = (length: number) => blocks(...Array(5).fill(section(x(2900))), section(x(length)));

  expect(bytes(600)).toBe('ok');
  expect(bytes(700)).toContain('msg_blocks_too_long');
});

test.each<[string, object, string]>([
  ['a long title', { ...modal(x(25)) }, 'must be less than 25 characters [json-pointer:/view/title/text]'],
  ['a long submit', { ...modal('a'), submit: plain(x(25)) }, 'must be less than 25'],
  ['long private metadata', { ...modal('a'), private_metadata: x(3001) }, 'must be less than 3001'],
  ['a long callback id', { ...modal('a'), callback_id: x(256) }, 'must be less than 256'],
  ['101 blocks', { ...modal('a'), blocks: Array(101).fill({ type: 'divider' }) }, 'no more than 100 items'],
  [
    'an input without submit',
    { ...modal('a'), blocks: [input({ type: 'plain_text_input' })] },
    'required field: submit',
  ],
  [
    'a table',
    { ...modal('a'), blocks: [{ type: 'table', rows: [[{ type: 'raw_text', text: 'a' }]] }] },
    'unsupported type: table',
  ],
  [
    'a title on a home tab',
    { type: 'home', title: plain('a'), blocks: [{ type: 'divider' }] },
    'no additional properties allowed: title',
  ],
])('a view with %s is refused', (_name, view, reason) => {
  const answer = refusal(() => parseView(view));

  expect(answer).toContain('invalid_arguments');
  expect(answer).toContain(reason);
});

test('a view may repeat an action id in another block, and is at most 250,000 bytes', () => {
  const row = buttons(button('Open', 'open'));

  expect(refusal(() => parseView({ type: 'home', blocks: [row, row] }))).toBe('ok');
  expect(refusal(() => parseView(modal('a', Array(95).fill(section('é'.repeat(1400))))))).toContain(
    'view_too_large',
  );
});

import { describe, expect, test } from 'vitest';
import {
  button,
  context,
  header,
  type Message,
  message,
  option,
  section,
  sections,
  view,
} from '../../../src/render/slack/blocks.ts';
import { choiceField, textField } from '../../../src/render/slack/fields.ts';

const MORE = '… (rest in Details)';
const lines = (count: number, text: string): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index} ${text}`);
const sizeOf = ({ blocks }: Message): number => Buffer.byteLength(JSON.stringify(blocks));

describe('a section', () => {
  test('that is too long loses whole lines from its end and says so', () => {
    const block = section(...lines(100, 'x'.repeat(60)));

    const shown = block.type === 'section' ? block.text.text.split('\n') : [];

    expect(shown.at(-1)).toBe(MORE);
    expect(shown.slice(0, -1)).toEqual(lines(shown.length - 1, 'x'.repeat(60)));
    expect(shown.join('\n').length).toBeLessThanOrEqual(1800);
  });

  test('of one line that is too long is cut, too', () => {
    const block = section('x'.repeat(5000));

    expect(block.type === 'section' ? block.text.text.length : 0).toBe(1800);
  });

  test('of a dialog becomes several, so that nothing is left out', () => {
    const all = lines(100, 'x'.repeat(60));

    const texts = sections(...all).map((block) => (block.type === 'section' ? block.text.text : ''));

    expect(texts.length).toBeGreaterThan(3);
    expect(texts.every((text) => text.length <= 1800)).toBe(true);
    expect(texts.join('\n')).toBe(all.join('\n'));
  });

  test('leaves out what is not there', () => {
    expect(section('a', null, 'b')).toMatchObject({ text: { text: 'a\nb' } });
  });
});

describe('a message', () => {
  test('of too many bytes shortens its longest section and keeps head, buttons and small print', () => {
    const long = section(...lines(40, '字'.repeat(40)));
    const blocks = [header('RUN-31'), long, long, long, long, context('As of 02:16:57')];

    const shown = message('RUN-31', ...blocks);

    expect(sizeOf(shown)).toBeLessThanOrEqual(9000);
    expect(sizeOf(shown)).toBeGreaterThan(7000);
    expect([shown.blocks.at(0), shown.blocks.at(-1)]).toEqual([blocks.at(0), blocks.at(-1)]);
  });

  test('of too many blocks loses sections from the end and keeps what is asked', () => {
    const shown = message(
      'RUN-31',
      header('RUN-31'),
      ...lines(30, 'x').map((line) => section(line)),
      context('As of 02:16:57'),
    );

    expect(shown.blocks).toHaveLength(20);
    expect(shown.blocks.at(-1)?.type).toBe('context');
    expect(shown.blocks.at(1)).toEqual(section('0 x'));
  });

  test('has a fallback of at most 200 characters', () => {
    expect(message('x'.repeat(500)).text).toHaveLength(200);
  });
});

describe('a field', () => {
  test('offers ten choices as radio buttons and more as a list', () => {
    const options = lines(11, 'choice').map((text) => option(text, text));

    expect([choiceField(options.slice(0, 10)).type, choiceField(options).type]).toEqual([
      'radio_buttons',
      'static_select',
    ]);
  });

  test('ignores a preselection that is not offered', () => {
    expect(choiceField([option('A', 'a')], 'b')).not.toHaveProperty('initial_option');
  });

  test('begins empty when there is nothing to edit', () => {
    expect(textField({ max: 100, initial: '' })).not.toHaveProperty('initial_value');
  });
});

test('a button carries ids and tells a screen reader what it is about', () => {
  const made = button(
    'run.abort',
    'Abort run',
    { run: 'RUN-31' },
    { style: 'danger', says: 'Abort run RUN-31' },
  );

  expect(made).toMatchObject({
    action_id: 'run.abort',
    value: 'run=RUN-31',
    style: 'danger',
    accessibility_label: 'Abort run RUN-31',
  });
});

test('a confirm has the four texts Slack asks for', () => {
  const made = button(
    'run.abort',
    'Abort run',
    {},
    {
      style: 'danger',
      confirm: { title: 'Abort?', text: 'It stops.', yes: 'Abort run', no: 'Keep running' },
    },
  );

  expect(made.confirm).toMatchObject({
    title: { text: 'Abort?' },
    text: { text: 'It stops.' },
    confirm: { text: 'Abort run' },
    deny: { text: 'Keep running' },
    style: 'danger',
  });
});

test('a view without a form has no submit button', () => {
  expect(view('notice', 'Recorded', {}, section('a'))).not.toHaveProperty('submit');
});

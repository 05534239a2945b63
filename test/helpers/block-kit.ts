import { ApiError } from '../../sandbox/slack/api-error.ts';
import { parseBlocks, parseView } from '../../sandbox/slack/block-kit.ts';
import { type Block, type Button, LIMITS, type Message, type View } from '../../src/render/slack/blocks.ts';

/** Everything Slack or our own, smaller limits would refuse in a message or a view; empty = nothing. */
export function faultsOf(shown: Message | View): readonly string[] {
  return 'title' in shown
    ? [...refusedBy(() => parseView(shown)), ...viewFaults(shown)]
    : [...refusedBy(() => parseBlocks(shown.blocks)), ...messageFaults(shown)];
}

function refusedBy(parse: () => unknown): readonly string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof ApiError) return [`Slack: ${error.message} ${JSON.stringify(error)}`];
    throw error;
  }
}

function messageFaults({ text, blocks }: Message): readonly string[] {
  const bytes = Buffer.byteLength(JSON.stringify(blocks));
  return [
    ...(text.trim() === '' ? ['the fallback text is empty'] : []),
    ...(text.length > LIMITS.fallbackChars ? [`the fallback text has ${text.length} characters`] : []),
    ...(blocks.length > LIMITS.messageBlocks ? [`${blocks.length} blocks`] : []),
    ...(bytes > LIMITS.messageBytes ? [`${bytes} bytes`] : []),
    ...blocks.flatMap(blockFaults),
    ...buttonFaults(buttonsOf(blocks)),
  ];
}

function viewFaults(view: View): readonly string[] {
  const words = [view.title, view.submit, view.close].flatMap((word) =>
    word === undefined ? [] : [word.text],
  );
  return [
    ...words.filter((word) => word.endsWith('…')).map((word) => `a view word is cut: ${word}`),
    ...(view.blocks.length > LIMITS.viewBlocks ? [`${view.blocks.length} blocks`] : []),
    ...view.blocks.flatMap(blockFaults),
    ...buttonFaults(buttonsOf(view.blocks)),
  ];
}

function blockFaults(block: Block): readonly string[] {
  if (block.type === 'section' && block.text.text.length > LIMITS.sectionChars)
    return [`a section has ${block.text.text.length} characters`];
  if (block.type === 'header' && block.text.text.length > LIMITS.headerChars)
    return [`a header has ${block.text.text.length} characters`];
  if (block.type === 'actions' && block.elements.filter(({ type }) => type === 'button').length > 5)
    return ['more than five buttons in a row'];
  return [];
}

function buttonFaults(buttons: readonly Button[]): readonly string[] {
  const primary = buttons.filter(({ style }) => style === 'primary');
  return [
    ...(primary.length > 1 ? [`${primary.length} primary buttons`] : []),
    ...buttons
      .filter(({ text }) => text.text.endsWith('…'))
      .map(({ text }) => `a label is cut: ${text.text}`),
    ...buttons
      .filter(({ value }) => (value ?? '').length > 2000)
      .map(({ text }) => `the value of ${text.text} is too long`),
  ];
}

export function buttonsOf(blocks: readonly Block[]): readonly Button[] {
  return blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .filter((element) => element.type === 'button');
}

export type Input = Extract<Block, { type: 'input' }>;

export function fieldOf({ blocks }: View, id: string): Input | undefined {
  return blocks.filter((block) => block.type === 'input').find(({ block_id }) => block_id === id);
}

/** The words a field offers to choose from. */
export function choicesOf(view: View, id: string): readonly string[] {
  const element = fieldOf(view, id)?.element;
  return element !== undefined && 'options' in element ? element.options.map(({ text }) => text.text) : [];
}

/** All that a reader can see, as Slack source: one string a block. */
export function textsOf(shown: Message | View): readonly string[] {
  const own =
    'title' in shown ? [shown.title.text, shown.submit?.text ?? '', shown.close.text] : [shown.text];
  return [...own, ...shown.blocks.flatMap(blockTexts)];
}

function blockTexts(block: Block): readonly string[] {
  switch (block.type) {
    case 'header':
    case 'section':
      return [block.text.text];
    case 'context':
      return block.elements.map(({ text }) => text);
    case 'divider':
      return [];
    case 'image':
      return [block.alt_text];
    case 'actions':
      return block.elements.flatMap((element) =>
        element.type === 'button'
          ? [element.text.text, element.accessibility_label]
          : element.options.map(({ text }) => text.text),
      );
    case 'input':
      return [
        block.label.text,
        block.hint?.text ?? '',
        ...('options' in block.element
          ? block.element.options.flatMap(({ text, description }) => [text.text, description?.text ?? ''])
          : []),
      ];
  }
}

/** One string of the whole, for sentences that a test looks for. */
export function textOf(shown: Message | View): string {
  return textsOf(shown).join('\n');
}

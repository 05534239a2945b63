import { z } from 'zod';
import { ApiError, invalid } from './api-error.ts';
import {
  Accessory,
  ActionsElement,
  Id,
  Image,
  InputElement,
  type Interactive,
  plain,
  text,
} from './block-elements.ts';

/** Block Kit, with every limit of Slack's reference. What is not listed here is refused. */

const style = z
  .strictObject({
    bold: z.boolean(),
    italic: z.boolean(),
    strike: z.boolean(),
    code: z.boolean(),
    underline: z.boolean(),
  })
  .partial()
  .optional();
const RichLeaf = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1), style }),
  z.strictObject({
    type: z.literal('link'),
    url: z.string(),
    text: z.string().optional(),
    unsafe: z.boolean().optional(),
    style,
  }),
  z.strictObject({ type: z.literal('user'), user_id: z.string(), style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: z.string(), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: z.string(), style }),
  z.strictObject({ type: z.literal('emoji'), name: z.string(), unicode: z.string().optional(), style }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: z.string(),
    url: z.string().optional(),
    fallback: z.string().optional(),
    style,
  }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), style }),
]);
const border = { border: z.literal([0, 1]).optional() };
const RichSection = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(RichLeaf) });
const RichElement = z.discriminatedUnion('type', [
  RichSection,
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(RichSection).min(1),
    indent: z.int().min(0).max(8).optional(),
    offset: z.int().min(0).optional(),
    ...border,
  }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(RichLeaf), ...border }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(RichLeaf),
    language: z.string().optional(),
    ...border,
  }),
]);

const block_id = Id;
const RichText = z.strictObject({
  type: z.literal('rich_text'),
  block_id,
  elements: z.array(RichElement).min(1),
});
const Section = z
  .strictObject({
    type: z.literal('section'),
    block_id,
    text: text(3000).optional(),
    fields: z.array(text(2000)).min(1).max(10).optional(),
    accessory: Accessory.optional(),
    expand: z.boolean().optional(),
  })
  .refine((section) => section.text !== undefined || section.fields !== undefined, {
    error: 'missing required field: text or fields',
  });
const Cell = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('raw_text'), text: z.string().min(1) }),
  RichText,
]);
const Table = z.strictObject({
  type: z.literal('table'),
  block_id,
  rows: z.array(z.array(Cell).min(1).max(20)).min(1).max(100),
  column_settings: z
    .array(
      z.strictObject({
        align: z.enum(['left', 'center', 'right']).optional(),
        is_wrapped: z.boolean().optional(),
      }),
    )
    .max(20)
    .optional(),
});

export const Block = z.discriminatedUnion('type', [
  Section,
  RichText,
  Table,
  z.strictObject({ type: z.literal('header'), block_id, text: plain(150) }),
  z.strictObject({ type: z.literal('divider'), block_id }),
  z.strictObject({ type: z.literal('markdown'), block_id, text: z.string().min(1).max(12_000) }),
  z.strictObject({ type: z.literal('actions'), block_id, elements: z.array(ActionsElement).min(1).max(25) }),
  z.strictObject({
    type: z.literal('context'),
    block_id,
    elements: z
      .array(z.union([text(3000), Image]))
      .min(1)
      .max(10),
  }),
  Image.safeExtend({ block_id, title: plain(2000).optional() }),
  z.strictObject({
    type: z.literal('input'),
    block_id,
    label: plain(2000),
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
    element: InputElement,
  }),
]);
export type Block = z.infer<typeof Block>;

const viewFields = {
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
  private_metadata: z.string().max(3000).optional(),
};
const Home = z.strictObject({
  type: z.literal('home'),
  blocks: z.array(Block).min(1).max(100),
  ...viewFields,
});
const Modal = z
  .strictObject({
    type: z.literal('modal'),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    blocks: z.array(Block).min(1).max(100),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    ...viewFields,
  })
  .refine((modal) => modal.submit !== undefined || modal.blocks.every((block) => block.type !== 'input'), {
    error: 'missing required field: submit',
  });
const View = z.discriminatedUnion('type', [Modal, Home]);
export type View = z.infer<typeof View>;

/** Undocumented: 15,561 bytes were accepted and 17,694 refused. */
const maxBlocksBytes = 15_500;
const maxViewBytes = 250_000;
const onlyInMessages = new Set(['markdown', 'table']);

/** Parses the blocks of a message, or throws the code and the reasons Slack answers with. */
export function parseBlocks(raw: unknown): Block[] {
  if (!Array.isArray(raw)) throw invalid('invalid_blocks_format', ['[ERROR] must be an array of blocks']);
  const parsed = z.array(Block).max(50).safeParse(raw, { reportInput: true });
  if (!parsed.success) throw invalid('invalid_blocks', reasons(parsed.error, '/blocks'));
  if (Buffer.byteLength(JSON.stringify(raw)) > maxBlocksBytes) throw new ApiError('msg_blocks_too_long');
  const repeated = [...repeatedIds(parsed.data, 'message'), ...tooManyTables(parsed.data)];
  if (repeated.length > 0) throw invalid('invalid_blocks', repeated);
  return parsed.data;
}

/** Parses a modal or a home tab, or throws `invalid_arguments` with the reasons. */
export function parseView(raw: unknown): View {
  const parsed = View.safeParse(raw, { reportInput: true });
  if (!parsed.success) throw invalid('invalid_arguments', reasons(parsed.error, '/view'));
  if (Buffer.byteLength(JSON.stringify(raw)) > maxViewBytes) throw new ApiError('view_too_large');
  const misplaced = parsed.data.blocks.flatMap((block, index) =>
    onlyInMessages.has(block.type)
      ? [`[ERROR] unsupported type: ${block.type} [json-pointer:/view/blocks/${index}/type]`]
      : [],
  );
  const faults = [...misplaced, ...repeatedIds(parsed.data.blocks, 'block')];
  if (faults.length > 0) throw invalid('invalid_arguments', faults);
  return parsed.data;
}

/** Every element of a block that a person can press, choose or fill in. */
export function elementsOf(block: Block): Interactive[] {
  if (block.type === 'actions') return block.elements;
  if (block.type === 'input') return [block.element];
  if (block.type === 'section' && block.accessory && block.accessory.type !== 'image')
    return [block.accessory];
  return [];
}

/** Slack asks for unique action ids in a block; in a message ours must be unique altogether, so that a click names one button. */
function repeatedIds(blocks: readonly Block[], scope: 'message' | 'block'): string[] {
  const blockIds = new Set<string>();
  const actionIds = new Set<string>();
  const faults: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const at = `[json-pointer:/blocks/${index}]`;
    if (blockIds.has(block.block_id))
      faults.push(`[ERROR] block_id "${block.block_id}" already exists ${at}`);
    blockIds.add(block.block_id);
    if (scope === 'block') actionIds.clear();
    for (const { action_id } of elementsOf(block)) {
      if (actionIds.has(action_id)) faults.push(`[ERROR] action_id "${action_id}" already exists ${at}`);
      actionIds.add(action_id);
    }
  }
  return faults;
}

function tooManyTables(blocks: readonly Block[]): string[] {
  return blocks.filter((block) => block.type === 'table').length > 1
    ? ['[ERROR] only_one_table_allowed']
    : [];
}

/** Zod's findings in Slack's words: `[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]`. */
function reasons(error: z.ZodError, root: string): string[] {
  return error.issues.map(
    (issue) => `[ERROR] ${reason(issue)} [json-pointer:${[root, ...issue.path.map(String)].join('/')}]`,
  );
}

function reason(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string'
        ? `must be less than ${Number(issue.maximum) + 1} characters`
        : `no more than ${issue.maximum} items allowed`;
    case 'too_small':
      return issue.origin === 'string'
        ? `must be more than ${Number(issue.minimum) - 1} characters`
        : `no fewer than ${issue.minimum} items allowed`;
    case 'unrecognized_keys':
      return `no additional properties allowed: ${issue.keys.join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined
        ? `missing required field: ${String(issue.path.at(-1) ?? 'view')}`
        : `must be a ${issue.expected}`;
    case 'invalid_union':
      return issue.errors.length === 0 ? 'unsupported type' : 'failed to match all allowed schemas';
    default:
      return issue.message;
  }
}

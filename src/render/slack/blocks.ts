import { clip } from '../escape.ts';
import { fitBytes, fitCount, fitLines, packLines } from './fit.ts';
import { type ActionId, type Carried, encodeValue, type FieldId, type ViewId } from './ids.ts';

/**
 * The part of Block Kit the bot uses, as plain objects, and builders that keep our own limits (smaller than Slack's).
 * Every `Mrkdwn` string is escaped before it comes here; user text arrives quoted (render/escape.ts).
 */

export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  /** True only in headers, which hold no text of people. */
  readonly emoji: boolean;
}
export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}
export interface Confirm {
  readonly title: PlainText;
  readonly text: PlainText;
  readonly confirm: PlainText;
  readonly deny: PlainText;
  readonly style?: 'danger';
}
export interface Button {
  readonly type: 'button';
  readonly action_id: ActionId;
  readonly text: PlainText;
  readonly accessibility_label: string;
  readonly value?: string;
  readonly url?: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: Confirm;
}
export interface Option {
  readonly text: PlainText;
  readonly value: string;
  readonly description?: PlainText;
}
export interface Overflow {
  readonly type: 'overflow';
  readonly action_id: 'menu';
  readonly options: readonly Option[];
}
export type Pressable = Button | Overflow;

type Picked = { readonly action_id: string; readonly options: readonly Option[] };
export type Field =
  | {
      readonly type: 'plain_text_input';
      readonly action_id: string;
      readonly multiline: boolean;
      readonly max_length: number;
      readonly min_length?: number;
      readonly initial_value?: string;
      readonly placeholder?: PlainText;
    }
  | (Picked & { readonly type: 'radio_buttons' | 'static_select'; readonly initial_option?: Option })
  | (Picked & { readonly type: 'checkboxes' })
  | { readonly type: 'datetimepicker'; readonly action_id: string; readonly initial_date_time?: number };

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'context'; readonly elements: readonly Mrkdwn[] }
  | { readonly type: 'divider' }
  | { readonly type: 'image'; readonly slack_file: { readonly id: string }; readonly alt_text: string }
  | { readonly type: 'actions'; readonly elements: readonly Pressable[] }
  | {
      readonly type: 'input';
      readonly block_id: FieldId;
      readonly label: PlainText;
      readonly hint?: PlainText;
      readonly optional: boolean;
      readonly dispatch_action: boolean;
      readonly element: Field;
    };

export interface Message {
  /** One sentence that stands alone: notifications and screen readers read this and nothing else. */
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The text stands there letter by letter. */
  readonly mrkdwn?: false;
}

export interface View {
  readonly type: 'modal';
  readonly callback_id: ViewId;
  readonly title: PlainText;
  readonly close: PlainText;
  readonly submit?: PlainText;
  readonly private_metadata: string;
  readonly blocks: readonly Block[];
}

/** What App Home shows. */
export interface HomeView {
  readonly type: 'home';
  readonly blocks: readonly Block[];
}

/** Our limits, in characters, blocks and bytes (Slack's are larger). */
export const LIMITS = {
  messageBlocks: 20,
  viewBlocks: 40,
  messageBytes: 9_000,
  sectionChars: 1_800,
  headerChars: 60,
  fallbackChars: 200,
  altChars: 200,
  viewWordChars: 24,
  buttonChars: 24,
} as const;

export function plain(text: string, max: number): PlainText {
  return { type: 'plain_text', text: clip(text, max), emoji: false };
}

/** `text` holds our own words and the plan's names, nothing that people typed. */
export function header(text: string): Block {
  return { type: 'header', text: { ...plain(text, LIMITS.headerChars), emoji: true } };
}

/** Lines of one section. Those that do not fit are dropped from the end, whole, and the last line says so. */
export function section(...lines: readonly (string | null)[]): Block {
  const text = fitLines(present(lines), LIMITS.sectionChars);
  return { type: 'section', text: mrkdwn(text === '' ? 'Nothing to show.' : text) };
}

/** As many sections as the lines need. For dialogs, where nothing that one agrees to may be left out. */
export function sections(...lines: readonly (string | null)[]): readonly Block[] {
  return packLines(present(lines), LIMITS.sectionChars).map((text) => section(text));
}

export function context(...parts: readonly (string | null)[]): Block {
  return { type: 'context', elements: [mrkdwn(fitLines([present(parts).join(' · ')], LIMITS.sectionChars))] };
}

/** A picture that was given to Slack before. Who cannot see it reads `alt`. */
export interface Picture {
  readonly fileId: string;
  readonly alt: string;
}

export function image({ fileId, alt }: Picture): Block {
  return { type: 'image', slack_file: { id: fileId }, alt_text: clip(alt, LIMITS.altChars) };
}

export const divider: Block = { type: 'divider' };

export function actions(...elements: readonly (Pressable | null)[]): Block | null {
  const shown = present(elements);
  return shown.length === 0 ? null : { type: 'actions', elements: shown };
}

interface ButtonOptions {
  readonly style?: 'primary' | 'danger';
  /** What a screen reader says: verb, object and id. The label alone where that says it all. */
  readonly says?: string;
  readonly confirm?: {
    readonly title: string;
    readonly text: string;
    readonly yes: string;
    readonly no: string;
  };
}

export function button(
  action: ActionId,
  label: string,
  carried: Carried,
  options: ButtonOptions = {},
): Button {
  const { style, says, confirm } = options;
  return {
    type: 'button',
    action_id: action,
    text: plain(label, LIMITS.buttonChars),
    accessibility_label: clip(says ?? label, 75),
    value: encodeValue(carried),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plain(confirm.title, 100),
            text: plain(confirm.text, 300),
            confirm: plain(confirm.yes, 30),
            deny: plain(confirm.no, 30),
            ...(style === 'danger' ? { style } : {}),
          },
        }),
  };
}

/** A button that opens an address; null where none is known, so that it is left out. */
export function linkButton(label: string, url: string | undefined): Button | null {
  if (url === undefined) return null;
  return {
    type: 'button',
    action_id: 'link.open',
    text: plain(label, LIMITS.buttonChars),
    accessibility_label: clip(label, 75),
    url,
  };
}

/** At most five entries, each with the action it stands for. */
export function menu(
  ...entries: readonly (readonly [label: string, carried: Carried & { readonly do: ActionId }] | null)[]
): Overflow | null {
  const options = present(entries).map(([label, carried]) => option(label, encodeValue(carried)));
  return options.length === 0 ? null : { type: 'overflow', action_id: 'menu', options: options.slice(0, 5) };
}

export function option(label: string, value: string, description?: string): Option {
  return {
    text: plain(label, 75),
    value,
    ...(description === undefined || description === '' ? {} : { description: plain(description, 75) }),
  };
}

/** A message within our limits: the longest section loses lines until all of it fits. */
export function message(text: string, ...blocks: readonly (Block | null)[]): Message {
  return {
    text: clip(text, LIMITS.fallbackChars),
    blocks: fitBytes(fitCount(present(blocks), LIMITS.messageBlocks), LIMITS.messageBytes),
  };
}

interface ViewOptions {
  readonly submit?: string;
  readonly close?: string;
  readonly carried?: Carried;
}

export function view(
  id: ViewId,
  title: string,
  options: ViewOptions,
  ...blocks: readonly (Block | null)[]
): View {
  const { submit, close = 'Close', carried = {} } = options;
  return {
    type: 'modal',
    callback_id: id,
    title: plain(title, LIMITS.viewWordChars),
    close: plain(close, LIMITS.viewWordChars),
    ...(submit === undefined ? {} : { submit: plain(submit, LIMITS.viewWordChars) }),
    private_metadata: encodeValue(carried),
    blocks: fitCount(present(blocks), LIMITS.viewBlocks),
  };
}

export function homeView(...blocks: readonly (Block | null)[]): HomeView {
  return { type: 'home', blocks: fitCount(present(blocks), LIMITS.viewBlocks) };
}

function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

function present<T>(items: readonly (T | null)[]): readonly T[] {
  return items.filter((item) => item !== null);
}

import type { Interactive, Option } from './block-elements.ts';
import type { Json } from './types.ts';

/** What a person may put into an element: words, a name of a person or channel, an option, or several. */
export type Filled = string | readonly string[] | null;

/** The names an element accepts are looked up by the workspace. */
export interface Names {
  readonly userId: (ref: string) => string;
  readonly channelId: (ref: string) => string;
}

/** The element's entry in `state.values` before anybody touched it; buttons and overflows have none. */
export function initialValue(element: Interactive): Json | undefined {
  const { type } = element;
  switch (element.type) {
    case 'button':
    case 'overflow':
      return undefined;
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return { type, value: element.initial_value ?? null };
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: element.initial_option ?? null };
    case 'multi_static_select':
    case 'checkboxes':
      return { type, selected_options: element.initial_options ?? [] };
    case 'users_select':
      return { type, selected_user: element.initial_user ?? null };
    case 'multi_users_select':
      return { type, selected_users: element.initial_users ?? [] };
    case 'channels_select':
      return { type, selected_channel: element.initial_channel ?? null };
    case 'conversations_select':
      return { type, selected_conversation: element.initial_conversation ?? null };
    case 'datepicker':
      return { type, selected_date: element.initial_date ?? null };
    case 'timepicker':
      return { type, selected_time: element.initial_time ?? null };
    case 'datetimepicker':
      return { type, selected_date_time: element.initial_date_time ?? null };
  }
}

/** The element's entry in `state.values` after a person filled it in. Throws when the screen offers no such choice. */
export function filledValue(
  element: Interactive,
  filled: Filled,
  names: Names,
  suggested: readonly Option[] = [],
): Json {
  const { type } = element;
  const list = filled === null ? [] : typeof filled === 'string' ? [filled] : [...filled];
  const one = list[0] ?? null;
  const pick = (ref: string): Option => pickOption([...optionsOf(element), ...suggested], ref);
  switch (element.type) {
    case 'button':
      throw new Error('a button is pressed, not filled in');
    case 'plain_text_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'number_input':
      return { type, value: one === '' ? null : one };
    case 'overflow':
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: one === null ? null : pick(one) };
    case 'multi_static_select':
    case 'checkboxes':
      return { type, selected_options: list.map(pick) };
    case 'users_select':
      return { type, selected_user: one === null ? null : names.userId(one) };
    case 'multi_users_select':
      return { type, selected_users: list.map(names.userId) };
    case 'channels_select':
      return { type, selected_channel: one === null ? null : names.channelId(one) };
    case 'conversations_select':
      return { type, selected_conversation: one === null ? null : names.channelId(one) };
    case 'datepicker':
      return { type, selected_date: one };
    case 'timepicker':
      return { type, selected_time: one };
    case 'datetimepicker':
      return { type, selected_date_time: one === null ? null : Number(one) };
  }
}

export function optionsOf(element: Interactive): readonly Option[] {
  if (element.type === 'static_select' || element.type === 'multi_static_select') {
    return element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [];
  }
  return 'options' in element ? element.options : [];
}

function pickOption(options: readonly Option[], ref: string): Option {
  const found = options.find((o) => o.text.text === ref) ?? options.find((o) => o.value === ref);
  if (found) return found;
  throw new Error(
    `no option "${ref}"; there are: ${options.map((o) => `"${o.text.text}"`).join(', ') || 'none'}`,
  );
}

/** What the Slack client itself says before it sends a form, or nothing. */
export function complaint(
  element: Interactive,
  value: Json | undefined,
  optional: boolean,
): string | undefined {
  const content = Object.entries(value ?? {}).find(([key]) => key !== 'type')?.[1];
  const empty = content === null || content === undefined || (Array.isArray(content) && content.length === 0);
  if (empty) return optional ? undefined : 'Please complete this required field.';
  if (typeof content !== 'string') return undefined;
  switch (element.type) {
    case 'plain_text_input':
      if (content.length < (element.min_length ?? 0))
        return `Please enter at least ${element.min_length} characters.`;
      if (content.length > (element.max_length ?? 3000)) {
        return `Please enter no more than ${element.max_length ?? 3000} characters.`;
      }
      return undefined;
    case 'email_text_input':
      return /^\S+@\S+\.\S+$/.test(content) ? undefined : 'Please enter a valid email address.';
    case 'url_text_input':
      return URL.canParse(content) ? undefined : 'Please enter a valid URL.';
    case 'number_input':
      return numberComplaint(element, content);
    default:
      return undefined;
  }
}

function numberComplaint(
  element: Extract<Interactive, { type: 'number_input' }>,
  content: string,
): string | undefined {
  const value = Number(content);
  if (Number.isNaN(value)) return 'Please enter a number.';
  if (!element.is_decimal_allowed && !Number.isInteger(value)) return 'Please enter a whole number.';
  if (value < Number(element.min_value ?? -Infinity)) return `Please enter at least ${element.min_value}.`;
  if (value > Number(element.max_value ?? Infinity)) return `Please enter at most ${element.max_value}.`;
  return undefined;
}

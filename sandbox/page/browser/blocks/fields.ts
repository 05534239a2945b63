import type { Interactive } from '../../../slack/block-elements.ts';
import { localField } from '../dates.ts';
import { html } from '../html.ts';
import { wordOf } from '../values.ts';
import type { FieldProps } from './element.ts';

type Typed = Extract<
  Interactive,
  { type: 'plain_text_input' | 'email_text_input' | 'url_text_input' | 'number_input' }
>;
type Timed = Extract<Interactive, { type: 'datepicker' | 'timepicker' | 'datetimepicker' }>;
type Field = HTMLInputElement | HTMLTextAreaElement;

const KINDS = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'text',
};
/** The count of characters appears when a field is this full. */
const NEARLY_FULL = 0.8;

export function TextField({ element, naming, value, onValue }: FieldProps<Typed>) {
  const text = wordOf(value);
  const onEach = element.dispatch_action_config?.trigger_actions_on.includes('on_character_entered') ?? false;
  const onEnter = element.dispatch_action_config?.trigger_actions_on.includes('on_enter_pressed') ?? false;
  const max = element.type === 'plain_text_input' ? element.max_length : undefined;
  const common = {
    id: naming.id,
    value: text,
    placeholder: element.placeholder?.text,
    autocomplete: 'off',
    'aria-describedby': naming.describedBy,
    'aria-invalid': naming.invalid,
    'data-autofocus': element.focus_on_load === true ? '' : undefined,
    onInput: ({ currentTarget }: { currentTarget: Field }) =>
      onValue(currentTarget.value, onEach ? 'now' : undefined),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.isComposing || !onEnter) return;
    event.preventDefault();
    onValue(text, 'now');
  };
  const count = max !== undefined && text.length > max * NEARLY_FULL;
  return html`${
    element.type === 'plain_text_input' && element.multiline
      ? html`<textarea rows="4" ...${common} />`
      : html`<input
          type=${KINDS[element.type]}
          inputmode=${element.type === 'number_input' ? 'decimal' : undefined}
          ...${common}
          onKeyDown=${onKeyDown}
        />`
  }
  ${count && html`<p class=${`count ${text.length > max ? 'over' : ''}`}>${text.length} of ${max} characters</p>`}`;
}

const TIMES = { datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local' };

/** Moments are the reader's own on the screen and seconds since 1970 for the bot. */
export function DateTimeField({ element, naming, value, onValue }: FieldProps<Timed>) {
  const isMoment = element.type === 'datetimepicker';
  const kept = wordOf(value);
  const shown = isMoment && kept !== '' ? localField(new Date(Number(kept) * 1000)) : kept;
  const onChange = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    const typed = currentTarget.value;
    if (typed === '') onValue(null, 'now');
    else onValue(isMoment ? String(Math.floor(new Date(typed).getTime() / 1000)) : typed, 'now');
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<input
      id=${naming.id}
      type=${TIMES[element.type]}
      value=${shown}
      aria-label=${naming.labelledBy === undefined ? naming.label : undefined}
      aria-describedby=${naming.describedBy}
      aria-invalid=${naming.invalid}
      onChange=${onChange}
    />
    ${element.type !== 'datepicker' && html`<p class="count">Your time zone: ${zone}</p>`}`;
}

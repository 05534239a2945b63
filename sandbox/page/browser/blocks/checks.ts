import type { Interactive, Option } from '../../../slack/block-elements.ts';
import { html } from '../html.ts';
import { BlockText } from '../text-view.ts';
import { listOf, toggled, wordOf } from '../values.ts';
import type { FieldProps, Naming } from './element.ts';

export function Radios({
  element,
  naming,
  value,
  onValue,
}: FieldProps<Extract<Interactive, { type: 'radio_buttons' }>>) {
  const chosen = wordOf(value);
  return group(
    'radiogroup',
    naming,
    element.options.map((option) =>
      choice('radio', naming, option, chosen === option.value, () => onValue(option.value, 'now')),
    ),
  );
}

export function Checks({
  element,
  naming,
  value,
  onValue,
}: FieldProps<Extract<Interactive, { type: 'checkboxes' }>>) {
  const chosen = listOf(value);
  const all = element.options.map((option) => option.value);
  return group(
    'group',
    naming,
    element.options.map((option) =>
      choice('checkbox', naming, option, chosen.includes(option.value), () =>
        onValue(toggled(chosen, option.value, all), 'now'),
      ),
    ),
  );
}

function group(role: 'group' | 'radiogroup', naming: Naming, choices: unknown) {
  return html`<div
    class="choices"
    role=${role}
    aria-labelledby=${naming.labelledBy}
    aria-label=${naming.labelledBy === undefined ? naming.label : undefined}
    aria-describedby=${naming.describedBy}
  >
    ${choices}
  </div>`;
}

function choice(
  type: 'radio' | 'checkbox',
  { id, invalid }: Naming,
  { text, value, description }: Option,
  checked: boolean,
  onChange: () => void,
) {
  return html`<label class="choice" key=${value}>
    <input
      type=${type}
      name=${id}
      value=${value}
      checked=${checked}
      aria-invalid=${type === 'checkbox' && invalid ? true : undefined}
      onChange=${onChange}
    />
    <span class="choice-words">
      <span><${BlockText} of=${text} /></span>
      ${description && html`<small><${BlockText} of=${description} /></small>`}
    </span>
  </label>`;
}

import type { Interactive } from '../../../slack/block-elements.ts';
import { html } from '../html.ts';
import { choiceOf, wordOf } from '../values.ts';
import type { FieldProps } from './element.ts';

/** The platform's own list: it works by keyboard and on a phone without our help. */
export function Select({
  element,
  naming,
  value,
  optional,
  onValue,
}: FieldProps<Extract<Interactive, { type: 'static_select' }>>) {
  const chosen = wordOf(value);
  const groups = element.option_groups ?? [{ label: null, options: element.options ?? [] }];
  const onChange = ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
    onValue(currentTarget.value === '' ? null : currentTarget.value, 'now');
  return html`<span class="select">
    <select
      id=${naming.id}
      value=${chosen}
      class=${chosen === '' ? 'unset' : ''}
      aria-label=${naming.labelledBy === undefined ? naming.label : undefined}
      aria-describedby=${naming.describedBy}
      aria-invalid=${naming.invalid}
      data-autofocus=${element.focus_on_load === true ? '' : undefined}
      onChange=${onChange}
    >
      ${
        (optional || chosen === '') &&
        html`<option value="" selected=${chosen === ''}>${element.placeholder?.text ?? 'Choose an option'}</option>`
      }
      ${groups.map(({ label, options }) => {
        const shown = options.map(choiceOf).map(
          (option) => html`<option value=${option.value} selected=${option.value === chosen}>
            ${option.note === undefined ? option.text : `${option.text} · ${option.note}`}
          </option>`,
        );
        return label === null ? shown : html`<optgroup label=${label.text}>${shown}</optgroup>`;
      })}
    </select>
  </span>`;
}

import { useRef, useState } from 'preact/hooks';
import type { Interactive } from '../../../slack/block-elements.ts';
import { html } from '../html.ts';
import { Icon } from '../icons.ts';
import { type Choice, listOf, matching } from '../values.ts';
import type { FieldProps } from './element.ts';

type ComboboxProps = FieldProps<Interactive> & {
  readonly choices: readonly Choice[];
  /** What was typed may be sent as it is: the list is the bot's. */
  readonly free: boolean;
  readonly many: boolean;
  readonly atMost: number | undefined;
  readonly placeholder: string;
};

/** A list that is searched by typing. Several choices stand before the field and can be taken out again. */
export function Combobox(props: ComboboxProps) {
  const { naming, value, choices, many, atMost, free, placeholder, onValue } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const chosen = listOf(value);
  const nameOf = (each: string) => choices.find((choice) => choice.value === each)?.text ?? each;
  const open = typed !== null;
  const left = many ? choices.filter((each) => !chosen.includes(each.value)) : choices;
  const offered = open ? matching(left, typed) : [];
  const full = many && atMost !== undefined && chosen.length >= atMost;
  const listId = `${naming.id}-list`;

  const choose = (item: string) => {
    setTyped(null);
    onValue(many ? [...chosen, item] : item, 'now');
    field.current?.focus();
  };
  const remove = (item: string) => {
    const rest = chosen.filter((each) => each !== item);
    onValue(many ? rest : null, 'now');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (!open) setTyped('');
      else setActive((active + step + offered.length) % Math.max(1, offered.length));
    } else if (event.key === 'Enter' && open) {
      const item = offered[active]?.value ?? (free ? typed : '');
      if (item !== '') choose(item);
    } else if (event.key === 'Escape' && open) {
      setTyped(null);
    } else {
      const last = chosen.at(-1);
      if (event.key === 'Backspace' && many && !typed && last !== undefined) remove(last);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return html`<div class="combobox">
    ${
      many &&
      chosen.map(
        (each) => html`<span class="chip" key=${each}>
          ${nameOf(each)}
          <button type="button" aria-label=${`Remove ${nameOf(each)}`} onClick=${() => remove(each)}>
            <${Icon} name="close" size="12" />
          </button>
        </span>`,
      )
    }
    <input
      id=${naming.id}
      ref=${field}
      type="text"
      role="combobox"
      autocomplete="off"
      aria-expanded=${open}
      aria-controls=${listId}
      aria-autocomplete="list"
      aria-activedescendant=${open && offered[active] ? `${listId}-${active}` : undefined}
      aria-label=${naming.labelledBy === undefined ? naming.label : undefined}
      aria-describedby=${naming.describedBy}
      aria-invalid=${naming.invalid}
      disabled=${full}
      placeholder=${full ? `At most ${atMost}` : placeholder}
      value=${typed ?? (many ? '' : chosen.map(nameOf).join(''))}
      onClick=${() => setTyped(typed ?? '')}
      onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => {
        setTyped(currentTarget.value);
        setActive(0);
      }}
      onKeyDown=${onKeyDown}
      onBlur=${() => setTyped(null)}
    />
    <ul class="combobox-list" id=${listId} role="listbox" aria-label=${naming.label} hidden=${!open}>
      ${offered.map(
        (each, index) => html`<li
          key=${each.value}
          id=${`${listId}-${index}`}
          role="option"
          aria-selected=${index === active}
          onPointerDown=${(event: Event) => {
            event.preventDefault();
            choose(each.value);
          }}
        >
          ${each.text} ${each.note !== undefined && html`<small>${each.note}</small>`}
        </li>`,
      )}
      ${
        open &&
        offered.length === 0 &&
        html`<li class="nothing" role="option" aria-disabled="true" aria-selected="false">
        ${free && typed !== '' ? `Enter sends "${typed}"` : 'Nothing matches'}
      </li>`
      }
    </ul>
  </div>`;
}

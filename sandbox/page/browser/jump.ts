import { useId, useState } from 'preact/hooks';
import { useDesk } from './desk.ts';
import { Dialog } from './dialog.ts';
import { html } from './html.ts';
import { matching } from './values.ts';
import { groupChannels, type Place } from './view.ts';

const HOME = 'home';

/** Ctrl K: a channel by a few letters of its name. */
export function Jump({ onOpen, onClose }: { onOpen: (place: Place) => void; onClose: () => void }) {
  const { state } = useDesk();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const id = useId();
  const { channels, direct } = groupChannels(state.channels);
  const unreadFirst = channels.toSorted((a, b) => Number(b.unread > 0) - Number(a.unread > 0));
  const all = [
    ...unreadFirst.map((each) => ({
      value: each.id,
      text: `#${each.name}`,
      note: each.unread > 0 ? `${each.unread} new` : each.topic,
    })),
    ...direct.map((each) => ({ value: each.id, text: each.name, note: 'direct message' })),
    { value: HOME, text: `${state.workspace.botName} Home`, note: 'app' },
  ];
  const found = matching(all, typed);
  const choose = (value: string) => {
    onClose();
    onOpen(value === HOME ? { is: 'home' } : { is: 'channel', id: value });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = found[active];
    if (step !== undefined) setActive((active + step + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter' && chosen) choose(chosen.value);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} labelledBy=${id} className="small top" onClose=${onClose}>
    <h2 id=${id} class="sr-only">Jump to a channel</h2>
    <div class="dialog-body jump-body">
      <input
        type="text"
        role="combobox"
        class="jump-field"
        placeholder="Jump to a channel or person"
        aria-label="Channel"
        aria-expanded="true"
        aria-controls=${`${id}-list`}
        aria-activedescendant=${found[active] ? `${id}-${active}` : undefined}
        autocomplete="off"
        value=${typed}
        onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => {
          setTyped(currentTarget.value);
          setActive(0);
        }}
        onKeyDown=${onKeyDown}
      />
      <ul class="jump-list" id=${`${id}-list`} role="listbox" aria-label="Channels">
        ${found.map(
          (each, index) => html`<li
            key=${each.value}
            id=${`${id}-${index}`}
            role="option"
            aria-selected=${index === active}
            onClick=${() => choose(each.value)}
          >
            <strong>${each.text}</strong> <small>${each.note}</small>
          </li>`,
        )}
      </ul>
    </div>
  <//>`;
}

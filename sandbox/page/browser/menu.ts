import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Children, html } from './html.ts';

export type MenuItem = {
  readonly key: string;
  readonly label: Children;
  /** Present where the items exclude each other. */
  readonly chosen?: boolean;
};

type MenuProps = {
  /** What the list is, and the button too where its face holds no words. */
  readonly name: string;
  readonly wordy?: boolean;
  readonly face: Children;
  readonly items: readonly MenuItem[];
  readonly onChoose: (key: string) => void;
  readonly className?: string;
  readonly align?: 'left' | 'right';
};

/** A button that opens a list of acts: arrows walk, Enter chooses, Escape closes and gives the focus back. */
export function Menu({
  name,
  wordy = false,
  face,
  items,
  onChoose,
  className = '',
  align = 'left',
}: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  const entries = () => [...(root.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };

  useEffect(() => {
    if (!open) return;
    const all = entries();
    (all.find((each) => each.ariaChecked === 'true') ?? all[0])?.focus();
    const away = ({ target }: Event) => {
      if (target instanceof Node && !root.current?.contains(target)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) {
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        setOpen(true);
      }
      return;
    }
    const all = entries();
    const at = all.findIndex((each) => each.matches(':focus'));
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: all.length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else if (event.key === 'Escape') close();
    else if (event.key === 'Tab') {
      setOpen(false);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return html`<div class=${`menu ${className}`} ref=${root} onKeyDown=${onKeyDown}>
    <button
      type="button"
      class="menu-button"
      ref=${button}
      aria-label=${wordy ? undefined : name}
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-controls=${open ? id : undefined}
      onClick=${() => setOpen(!open)}
    >
      ${face}
    </button>
    ${
      open &&
      html`<div class=${`menu-list ${align}`} role="menu" id=${id} aria-label=${name}>
        ${items.map(
          ({ key, label, chosen }) => html`<button
            type="button"
            key=${key}
            class="menu-item"
            role=${chosen === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked=${chosen}
            tabindex="-1"
            onClick=${() => {
              close();
              onChoose(key);
            }}
          >
            ${label}
          </button>`,
        )}
      </div>`
    }
  </div>`;
}

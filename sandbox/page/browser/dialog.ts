import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Children, html } from './html.ts';
import { wayBack } from './way-back.ts';

const FOCUSABLE =
  'button:not([disabled]), input:not([disabled]), select, textarea, a[href], summary, [tabindex]:not([tabindex="-1"])';

type DialogProps = {
  readonly labelledBy: string;
  readonly className?: string;
  readonly role?: 'dialog' | 'alertdialog';
  readonly onClose: () => void;
  readonly children?: Children;
};

/**
 * A dialog over everything else. Focus goes in, stays in, and returns to where it was; Escape closes. Of several, the
 * newest is in front.
 */
export function Dialog({ labelledBy, className = '', role = 'dialog', onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);

  // Before the next picture: whoever presses a key at once must find the focus somewhere.
  useLayoutEffect(() => {
    const back = wayBack();
    dialog.current?.showModal();
    focusFirst(dialog.current);
    return back;
  }, []);
  // What it shows may change under the focus, as when a form becomes the answer to it.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusFirst(dialog.current);
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    }
    if (event.key === 'Tab') keepInside(event, dialog.current);
  };

  return html`<dialog
    ref=${dialog}
    class=${`dialog ${className}`}
    role=${role === 'dialog' ? undefined : role}
    aria-labelledby=${labelledBy}
    aria-modal="true"
    onKeyDown=${onKeyDown}
    onCancel=${(event: Event) => event.preventDefault()}
  >
    ${children}
  </dialog>`;
}

/** What asks for it, else the first field, else the last button. A field out of sight waits: what is above it is read first. */
export function focusFirst(root: HTMLElement | null): void {
  const body = root?.querySelector<HTMLElement>('.dialog-body');
  const field =
    root?.querySelector<HTMLElement>('[data-autofocus]') ??
    body?.querySelector<HTMLElement>('input, select, textarea');
  if (
    body &&
    field &&
    body.contains(field) &&
    field.getBoundingClientRect().bottom > body.getBoundingClientRect().bottom
  ) {
    body.focus();
    return;
  }
  const last = root?.querySelector<HTMLElement>('.dialog-foot button:last-child');
  (field ?? last ?? root?.querySelector<HTMLElement>(FOCUSABLE))?.focus();
}

function keepInside(event: KeyboardEvent, root: HTMLElement | null): void {
  const stops = [...(root?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].filter(
    (each) => each.tabIndex >= 0 && each.checkVisibility(),
  );
  const first = stops[0];
  const last = stops.at(-1);
  const here = document.activeElement;
  if (event.shiftKey ? here === first || here === root : here === last) {
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }
}

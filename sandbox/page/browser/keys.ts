import { useEffect, useId, useRef } from 'preact/hooks';
import { Dialog } from './dialog.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';

export type KeyActs = {
  readonly jump: () => void;
  readonly next: (by: 1 | -1) => void;
  readonly compose: () => void;
  readonly nextPerson: () => void;
  readonly thread: () => void;
  readonly list: () => void;
};

/** Keys that work everywhere but in a dialog; single letters only where nobody types. */
export function useKeys(acts: KeyActs): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
      const act = actFor(event, latest.current);
      if (act === null) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function actFor(event: KeyboardEvent, acts: KeyActs): (() => void) | null {
  const { key, altKey, shiftKey } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  const letter = key.toLowerCase();
  if (ctrl && !shiftKey && letter === 'k') return acts.jump;
  if (ctrl && shiftKey && letter === 'p') return acts.nextPerson;
  if (altKey && key === 'ArrowDown') return () => acts.next(1);
  if (altKey && key === 'ArrowUp') return () => acts.next(-1);
  const types = event.target instanceof Element && event.target.matches('input, textarea, select');
  if (types || ctrl || altKey) return null;
  if (key === '/') return acts.compose;
  if (key === '?') return acts.list;
  return letter === 't' ? acts.thread : null;
}

const KEYS = [
  ['Ctrl K', 'Jump to a channel'],
  ['Alt ↑ / Alt ↓', 'Channel before, channel after'],
  ['/', 'Write a message or command'],
  ['Ctrl Shift P', 'Act as the next person'],
  ['↑ ↓', 'Walk through the messages'],
  ['Enter', 'Into the message: its buttons and links'],
  ['Esc', 'Out of the message, the thread or the dialog'],
  ['T', 'Open the thread of the message'],
  ['?', 'This list'],
];

export function KeyList({ onClose }: { onClose: () => void }) {
  const id = useId();
  return html`<${Dialog} labelledBy=${id} className="small" onClose=${onClose}>
    <div class="dialog-head">
      <h2 id=${id} class="dialog-title">Keys</h2>
      <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
    </div>
    <dl class="dialog-body keys">
      ${KEYS.map(([keys, what]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${what}</dd></div>`)}
    </dl>
  <//>`;
}

import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';

/** On a phone one of these is seen at a time. */
export type Pane = 'channels' | 'messages' | 'world' | 'guide';

const PANES: readonly { pane: Pane; name: string; icon: IconName }[] = [
  { pane: 'channels', name: 'Channels', icon: 'home' },
  { pane: 'messages', name: 'Messages', icon: 'thread' },
  { pane: 'world', name: 'World', icon: 'world' },
  { pane: 'guide', name: 'Guide', icon: 'guide' },
];

export function BottomBar({
  pane,
  unread,
  onPane,
}: {
  pane: Pane;
  unread: number;
  onPane: (pane: Pane) => void;
}) {
  return html`<nav class="bottom-bar" aria-label="Parts of the page">
    ${PANES.map(
      (each) => html`<button
        type="button"
        key=${each.pane}
        aria-current=${each.pane === pane ? 'page' : undefined}
        onClick=${() => onPane(each.pane)}
      >
        <${Icon} name=${each.icon} size="20" />
        <span>${each.name}</span>
        ${each.pane === 'channels' && unread > 0 && html`<span class="badge">${unread}<span class="sr-only"> new</span></span>`}
      </button>`,
    )}
  </nav>`;
}

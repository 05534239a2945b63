import type { ChannelShown } from '../contract.ts';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { BotFace, Icon } from './icons.ts';
import { groupChannels, type Place, samePlace } from './view.ts';

/** The list on the left. What has something new is bold and says how much. */
export function Channels({ onOpen }: { onOpen: (place: Place) => void }) {
  const { state, place } = useDesk();
  const { channels, direct } = groupChannels(state.channels);
  const item = (channel: ChannelShown) => {
    const own: Place = { is: 'channel', id: channel.id };
    const here = samePlace(own, place);
    const shown = channel.unread > 0;
    return html`<li key=${channel.id}>
      <button
        type="button"
        class=${`channel ${shown ? 'unread' : ''} ${channel.joined ? '' : 'outside'}`}
        aria-current=${here ? 'page' : undefined}
        onClick=${() => onOpen(own)}
      >
        ${
          channel.kind === 'dm'
            ? html`<span class="avatar small"><${BotFace} /></span>`
            : html`<span class="hash" aria-hidden="true">#</span>`
        }
        <span class="channel-name">${channel.kind === 'dm' ? '' : html`<span class="sr-only">#</span>`}${channel.name}</span>
        ${channel.archived && html`<small>archived</small>`}
        ${shown && html`<span class="badge">${channel.unread}<span class="sr-only"> new</span></span>`}
      </button>
    </li>`;
  };
  return html`<nav class="channels" aria-label="Channels">
    <div class="workspace">
      <p class="workspace-name">${state.workspace.name}</p>
      <p>Nothing here is real.</p>
    </div>
    <h2>Channels</h2>
    <ul>${channels.map(item)}</ul>
    <h2>Direct messages</h2>
    <ul>${direct.map(item)}</ul>
    <h2>Apps</h2>
    <ul>
      <li>
        <button type="button" class="channel" aria-current=${place.is === 'home' ? 'page' : undefined} onClick=${() => onOpen({ is: 'home' })}>
          <span class="hash"><${Icon} name="home" size="16" /></span>
          <span class="channel-name">${state.workspace.botName} · Home</span>
        </button>
      </li>
    </ul>
  </nav>`;
}

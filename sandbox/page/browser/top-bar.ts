import { useState } from 'preact/hooks';
import type { PersonShown } from '../contract.ts';
import { Avatar } from './avatar.ts';
import { utcClock } from './dates.ts';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { Menu } from './menu.ts';

type TopBarProps = {
  readonly me: PersonShown | undefined;
  readonly onPerson: (key: string) => void;
  readonly onJump: () => void;
  readonly onKeys: () => void;
  readonly onWorld: () => void;
  readonly worldOpen: boolean;
  readonly onGuide: () => void;
  readonly guideOpen: boolean;
};

const LEAPS = [1, 5, 30];
const MINUTE_MS = 60_000;

export function TopBar(props: TopBarProps) {
  const { state, now, world } = useDesk();
  const { me } = props;
  const [leaping, setLeaping] = useState(false);
  const leap = async (minutes: number) => {
    if (leaping) return;
    setLeaping(true);
    await world({ do: 'clock', ms: minutes * MINUTE_MS });
    setLeaping(false);
  };
  const people = state.people.map((person) => ({
    key: person.key,
    chosen: person.id === me?.id,
    label: html`<${Avatar} id=${person.id} name=${person.name} small />
      <span class="person-words"><strong>${person.name}</strong><small>${person.role}</small></span>`,
  }));
  return html`<header class="top-bar">
    <h1 class="pretend">Pretend workspace<span> · nothing here is real</span></h1>
    <button type="button" class="jump-to" onClick=${props.onJump}>
      <${Icon} name="search" size="16" /> <span>Jump to a channel</span> <kbd>Ctrl K</kbd>
    </button>
    <${Menu}
      name="Act as another person"
      wordy
      className="person"
      align="right"
      face=${html`<${Avatar} id=${me?.id ?? ''} name=${me?.name ?? ''} small />
        <span class="person-words"><span class="sr-only">Acting as </span><strong>${me?.name}</strong><small class="role">${me?.role}</small></span>
        <${Icon} name="down" size="14" />`}
      items=${people}
      onChoose=${props.onPerson}
    />
    <div class="clock" role="group" aria-label="Clock of the pretend world">
      <time datetime=${now.toISOString()}>${utcClock(now)}</time>
      ${LEAPS.map(
        (minutes) => html`<button
          type="button"
          class="leap"
          title=${`Let ${minutes === 1 ? 'a minute' : `${minutes} minutes`} pass`}
          aria-busy=${leaping}
          onClick=${() => leap(minutes)}
        >
          +${minutes}<span class="unit"> min</span>
        </button>`,
      )}
    </div>
    <span class=${`slack-state ${state.world.slack}`}>Slack: ${state.world.slack}</span>
    <button type="button" class="bar-button world-toggle" aria-expanded=${props.worldOpen} onClick=${props.onWorld}>
      <${Icon} name="world" size="16" /> World
    </button>
    <button type="button" class="bar-button" aria-pressed=${props.guideOpen} onClick=${props.onGuide}>
      <${Icon} name="guide" size="16" /> Guide
    </button>
    <button type="button" class="bar-button keys-button" aria-label="List of keys" onClick=${props.onKeys}>
      <${Icon} name="keyboard" size="18" />
    </button>
  </header>`;
}

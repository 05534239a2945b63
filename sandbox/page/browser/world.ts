import { useEffect, useRef, useState } from 'preact/hooks';
import type { BreakShown, WorldLine, WorldSection } from '../contract.ts';
import { utcClock } from './dates.ts';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { Traffic } from './traffic.ts';

/** The pretend world as it is, and what can be broken in it. */
export function World() {
  const { state } = useDesk();
  const { sections, breaks, said, bot, traffic } = state.world;
  return html`<section class="world" aria-label="Pretend world">
    <header class="world-head">
      <h2>Pretend world</h2>
      <span class=${`status ${bot === 'up' ? 'ok' : bot === 'down' ? 'bad' : 'busy'}`}>bot ${bot}</span>
    </header>
    <section class="breaks" aria-label="Break it">
      <h3>Break</h3>
      <div class="break-grid">${breaks.map((each) => html`<${Break} key=${each.name} of=${each} />`)}</div>
      <div role="status" class="said">
        ${said[0] && html`<p>${said[0].text}</p>`}
      </div>
    </section>
    ${sections.map((section) => html`<${Section} key=${section.title} of=${section} />`)}
    ${
      said.length > 1 &&
      html`<details class="drawer">
        <summary>What was done to the world (${said.length})</summary>
        <ul class="said-list">
          ${said.map(({ at, text }) => html`<li><time>${utcClock(new Date(at))}</time> ${text}</li>`)}
        </ul>
      </details>`
    }
    <${Traffic} lines=${traffic} />
  </section>`;
}

function Section({ of }: { of: WorldSection }) {
  const [kind = '', ...rest] = of.title.split(/\s+/);
  return html`<section class="facts" aria-label=${of.title}>
    <h3>${kind.toLowerCase()} ${rest.length > 0 && html`<code>${rest.join(' ')}</code>`}</h3>
    ${of.lines.length === 0 && html`<p class="empty">Nothing here.</p>`}
    <dl>${of.lines.map((line) => html`<${Line} key=${line.id} line=${line} />`)}</dl>
  </section>`;
}

/** Only the colour says ok: every other state is in the words, too. */
const WORDS: Readonly<Record<WorldLine['state'], string>> = {
  ok: 'ok',
  bad: 'bad',
  busy: 'working',
  plain: '',
};

function Line({ line }: { line: WorldLine }) {
  const word = WORDS[line.state];
  return html`<div class=${`fact ${line.state} ${line.changed ? 'changed' : ''}`}>
    <dt title=${line.name}>${line.name}</dt>
    <dd>
      <span class="value">${line.value}</span>
      ${word !== '' && html`<span class="state">${word}</span>`}
      ${line.changed && html`<span class="changed-mark">changed</span>`}
    </dd>
  </div>`;
}

function Break({ of }: { of: BreakShown }) {
  const { world } = useDesk();
  const [busy, setBusy] = useState(false);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    [],
  );
  const onClick = async () => {
    if (busy) return;
    setBusy(true);
    await world({ do: of.broken ? 'mend' : 'break', name: of.name });
    if (alive.current) setBusy(false);
  };
  const help = `help-${of.name}`;
  return html`<div class="break">
    <button
      type="button"
      class=${`button ${of.broken ? 'mend' : ''} ${busy ? 'busy' : ''}`}
      aria-busy=${busy}
      aria-describedby=${help}
      onClick=${onClick}
    >
      ${of.broken ? of.mendLabel : of.label}
    </button>
    <p id=${help} class="break-help" role="tooltip">${of.help}</p>
  </div>`;
}

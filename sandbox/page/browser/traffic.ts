import { useState } from 'preact/hooks';
import type { TrafficShown } from '../contract.ts';
import { html } from './html.ts';

const SHOWN = 40;

/** Raw traffic between bot and Slack. Held still while somebody reads, so that lines do not run away under the pointer. */
export function Traffic({ lines }: { lines: readonly TrafficShown[] }) {
  const [open, setOpen] = useState(false);
  const [held, setHeld] = useState<readonly TrafficShown[] | null>(null);
  const [failedOnly, setFailedOnly] = useState(false);
  const shown = (held ?? lines).filter(({ ok }) => !failedOnly || !ok).slice(0, SHOWN);
  return html`<details class="drawer" onToggle=${({ currentTarget }: { currentTarget: HTMLDetailsElement }) => setOpen(currentTarget.open)}>
    <summary>Inspector: raw traffic between bot and Slack</summary>
    ${
      open &&
      html`<div class="traffic-tools">
          <label class="choice">
            <input type="checkbox" checked=${failedOnly} onChange=${() => setFailedOnly(!failedOnly)} />
            <span>Only what failed</span>
          </label>
          <button type="button" class="button" aria-pressed=${held !== null} onClick=${() => setHeld(held === null ? lines : null)}>
            ${held === null ? 'Hold still' : 'Go on'}
          </button>
        </div>
        <ol class="traffic">
          ${shown.map((line) => html`<${Line} key=${line.id} line=${line} />`)}
          ${shown.length === 0 && html`<li class="empty">Nothing yet.</li>`}
        </ol>`
    }
  </details>`;
}

function Line({ line }: { line: TrafficShown }) {
  const [open, setOpen] = useState(false);
  return html`<li class=${line.ok ? '' : 'failed'}>
    <details onToggle=${({ currentTarget }: { currentTarget: HTMLDetailsElement }) => setOpen(currentTarget.open)}>
      <summary>
        <time>${line.at.slice(11, 19)}</time> <code>${line.title}</code> <span>${line.outcome}</span>
      </summary>
      ${open && html`<pre class="pre" tabindex="0">${line.body}</pre>`}
    </details>
  </li>`;
}

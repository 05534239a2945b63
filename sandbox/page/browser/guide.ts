import { useState } from 'preact/hooks';
import type { GuideStep } from '../contract.ts';
import { useDesk } from './desk.ts';
import { type Children, html } from './html.ts';
import { Icon } from './icons.ts';

type GuideProps = {
  readonly begun: boolean;
  readonly onBegin: () => void;
  readonly onSkip: () => void;
  readonly onType: (step: { readonly channel: string; readonly text: string }) => void;
};

/** Leads a first visitor through the story. Steps tick themselves from what is there. */
export function Guide({ begun, onBegin, onSkip, onType }: GuideProps) {
  const { state, world } = useDesk();
  const [all, setAll] = useState(false);
  const { steps, done, playing, playingNow } = state.guide;
  const current = steps.findIndex((step) => !step.done);
  const finished = steps.filter((step) => step.done).length;
  const play = () => {
    onBegin();
    world({ do: 'play' });
  };
  const started = begun || finished > 0 || playing;
  const item = (step: GuideStep, index: number) => html`<${Step}
    key=${step.title}
    step=${step}
    number=${index + 1}
    current=${index === current}
    open=${index === current}
    onType=${onType}
  />`;

  return html`<section class="guide" aria-label="Guide">
    <header class="guide-head">
      <h2>${done ? 'Done' : started ? 'Guide' : 'Welcome'}</h2>
      <span class="guide-count">${finished} of ${steps.length} done</span>
      <button type="button" class="icon-button" aria-label="Close the guide" onClick=${onSkip}><${Icon} name="close" /></button>
    </header>
    <div class="progress" aria-hidden="true">
      ${steps.map((step, index) => html`<span class=${step.done ? 'done' : index === current ? 'current' : ''}></span>`)}
    </div>
    ${
      !started &&
      html`<p class="guide-intro">
        This is a pretend company with one system, Janua, and a bot that restores it. Break it, then bring it back. About 5 minutes.
      </p>`
    }
    ${
      done
        ? html`<p class="guide-intro">
            Done. Everything you did is in one log: try <code>/dr audit verify</code>. Next: cut off the newest dump, or kill the
            bot in mid-restore.
          </p>`
        : html`<ol class="steps">${started && !all ? near(steps, current).map(([step, index]) => item(step, index)) : steps.map(item)}</ol>`
    }
    <div role="status" class="playing-now">
      ${playing && html`<span class="spinner"></span>`}${playingNow !== null && html`<span>${playingNow}</span>`}
    </div>
    <div class="guide-foot">
      ${!started && html`<button type="button" class="button primary" onClick=${onBegin}>Begin</button>`}
      ${!done && !playing && html`<button type="button" class="button" onClick=${play}>Play it for me</button>`}
      ${
        started
          ? html`<button type="button" class="text-button" aria-expanded=${all} onClick=${() => setAll(!all)}>
              ${all ? 'Only this step' : 'All steps'}
            </button>`
          : html`<button type="button" class="text-button" onClick=${onSkip}>Skip the guide</button>`
      }
    </div>
  </section>`;
}

/** The step just done, the one that is next, and the one after it. */
function near(steps: readonly GuideStep[], current: number): (readonly [GuideStep, number])[] {
  const numbered = steps.map((step, index) => [step, index] as const);
  return numbered.slice(Math.max(0, current - 1), current + 2);
}

type StepProps = {
  readonly step: GuideStep;
  readonly number: number;
  readonly current: boolean;
  readonly open: boolean;
  readonly onType: GuideProps['onType'];
};

function Step({ step, number, current, open, onType }: StepProps) {
  const { type } = step;
  return html`<li class=${`step ${step.done ? 'done' : ''} ${current ? 'current' : ''}`} aria-current=${current ? 'step' : undefined}>
    <span class="tick" aria-hidden="true">${step.done ? html`<${Icon} name="check" size="14" />` : number}</span>
    <div>
      <p class="step-title">${step.title.replace(/\.$/, '')}${step.done && html`<span class="sr-only">, done</span>`}</p>
      ${open && !step.done && html`<p class="step-text">${withLabels(step.text)}</p>`}
      ${
        current &&
        type !== null &&
        html`<button type="button" class="button" onClick=${() => onType(type)}>Type it for me</button>`
      }
    </div>
  </li>`;
}

/** `[Delete rows]` and `/dr declare` look like what is to be found on the page. */
function withLabels(text: string): Children {
  return text.split(/(\[[^\]]+\]|\/dr [a-z]+|#[a-z-]+|\+\d+ min)/).map((piece) => {
    if (piece.startsWith('[')) return html`<strong class="label-chip">${piece.slice(1, -1)}</strong>`;
    if (piece.startsWith('/dr')) return html`<code>${piece}</code>`;
    return /^[#+]/.test(piece) ? html`<strong>${piece}</strong>` : piece;
  });
}

import { render } from 'preact';
import { App } from './app.ts';
import { html } from './html.ts';
import { useLive } from './live.ts';
import { useRemembered } from './remembered.ts';

/** On call when the story begins. */
const FIRST_PERSON = 'ana';

function Page() {
  const [as, setAs] = useRemembered('as', FIRST_PERSON);
  const { state, lost } = useLive(as);
  if (state === null) {
    return html`<p class="starting" role="status">
      ${lost ? 'The sandbox does not answer. Trying again in 2 s.' : 'Opening the pretend workspace…'}
    </p>`;
  }
  return html`<${App} state=${state} lost=${lost} onPerson=${setAs} />`;
}

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(html`<${Page} />`, root);
}

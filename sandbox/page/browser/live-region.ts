import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageState } from '../contract.ts';
import { html } from './html.ts';
import { announcements } from './view.ts';

/** At once, more would only be noise. */
const MOST = 3;

/** Says new messages once, for those who do not see them come. */
export function LiveRegion({ state }: { state: PageState }) {
  const before = useRef(state);
  const [words, setWords] = useState('');
  useEffect(() => {
    const said = announcements(before.current, state);
    before.current = state;
    if (said.length > 0) setWords(said.slice(-MOST).join(' '));
  }, [state]);
  return html`<div class="sr-only" aria-live="polite" role="log" aria-label="New messages">${words}</div>`;
}

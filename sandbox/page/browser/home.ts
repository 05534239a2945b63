import { useEffect, useMemo, useState } from 'preact/hooks';
import { Blocks } from './blocks/block.ts';
import { type ActionValue, useDesk } from './desk.ts';
import { type Host, HostProvider } from './host.ts';
import { html } from './html.ts';

/** The bot's Home tab. Opening it tells the bot, which then fills it. */
export function Home() {
  const { state, act } = useDesk();
  const [values, setValues] = useState<Readonly<Record<string, ActionValue>>>({});
  useEffect(() => {
    act({ do: 'home-open' });
  }, [state.me, act]);
  const host = useMemo<Host>(
    () => ({
      read: (key) => values[key],
      write: (key, value) => setValues((before) => ({ ...before, [key]: value })),
      dispatch: (actionId, value) =>
        act({ do: 'home-action', actionId, ...(value === undefined ? {} : { value }) }),
      errorOf: () => undefined,
    }),
    [values, act],
  );
  return html`<section class="conversation" aria-label=${`${state.workspace.botName} Home`}>
    <header class="pane-head">
      <div class="pane-title"><h2>${state.workspace.botName} <span class="app-mark">APP</span></h2></div>
      <span class="tab" aria-current="page">Home</span>
    </header>
    <div class="home" tabindex="0" role="region" aria-label="Home tab">
      ${
        state.home === null
          ? html`<p class="empty">${state.workspace.botName} has not filled its Home tab yet. What it tells you stands in its direct messages.</p>`
          : html`<${HostProvider} value=${host}><${Blocks} blocks=${state.home.blocks} where="home" /><//>`
      }
    </div>
  </section>`;
}

import { createContext } from 'preact';
import { useCallback, useContext, useId, useRef, useState } from 'preact/hooks';
import type { Interactive } from '../../slack/block-elements.ts';
import { Dialog } from './dialog.ts';
import { type Children, html } from './html.ts';
import { BlockText } from './text-view.ts';

type Confirm = NonNullable<Extract<Interactive, { confirm?: unknown }>['confirm']>;
type Ask = (confirm: Confirm | undefined) => Promise<boolean>;

const AskContext = createContext<Ask>(async () => true);

/** Asks before a control acts, where its definition says so. */
export const useAsk = (): Ask => useContext(AskContext);

export function ConfirmProvider({ children }: { children?: Children }) {
  const [open, setOpen] = useState<Confirm | null>(null);
  const settle = useRef<(yes: boolean) => void>(() => undefined);
  const ask = useCallback<Ask>((confirm) => {
    if (confirm === undefined) return Promise.resolve(true);
    setOpen(confirm);
    return new Promise((resolve) => {
      settle.current = resolve;
    });
  }, []);
  const end = (yes: boolean) => {
    setOpen(null);
    settle.current(yes);
  };
  return html`<${AskContext.Provider} value=${ask}>
    ${children} ${open && html`<${Question} confirm=${open} onEnd=${end} />`}
  <//>`;
}

function Question({ confirm, onEnd }: { confirm: Confirm; onEnd: (yes: boolean) => void }) {
  const id = useId();
  return html`<${Dialog} labelledBy=${id} className="small" role="alertdialog" onClose=${() => onEnd(false)}>
    <h2 id=${id} class="dialog-title">${confirm.title.text}</h2>
    <div class="dialog-body"><${BlockText} of=${confirm.text} /></div>
    <div class="dialog-foot">
      <button type="button" class="button" onClick=${() => onEnd(false)}>${confirm.deny.text}</button>
      <button type="button" class=${`button ${confirm.style ?? 'primary'}`} data-autofocus onClick=${() => onEnd(true)}>
        ${confirm.confirm.text}
      </button>
    </div>
  <//>`;
}

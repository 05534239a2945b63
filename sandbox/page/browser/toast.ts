import { useCallback, useEffect, useState } from 'preact/hooks';
import { html } from './html.ts';
import { Icon } from './icons.ts';

type Toasted = { readonly text: string; readonly tone: 'plain' | 'bad' };

const SHOWN_MS = 8_000;

/** One sentence at the foot of the page: the newest, for eight seconds. */
export function useToast() {
  const [toast, setToast] = useState<Toasted | null>(null);
  useEffect(() => {
    if (toast === null) return;
    const timer = setTimeout(() => setToast(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  const say = useCallback((text: string, tone: Toasted['tone'] = 'plain') => setToast({ text, tone }), []);
  const hush = useCallback(() => setToast(null), []);
  return [toast, say, hush] as const;
}

export function Toast({ toast, onClose }: { toast: Toasted | null; onClose: () => void }) {
  return html`<div class="toasts" role="status">
    ${
      toast &&
      html`<div class=${`toast ${toast.tone}`}>
        <span>${toast.text}</span>
        <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="close" size="16" /></button>
      </div>`
    }
  </div>`;
}

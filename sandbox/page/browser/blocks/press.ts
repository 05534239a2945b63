import { useState } from 'preact/hooks';
import type { Interactive } from '../../../slack/block-elements.ts';
import { useAsk } from '../confirm.ts';
import { type ActionValue, useDesk } from '../desk.ts';
import { useHost } from '../host.ts';
import { html } from '../html.ts';
import { Icon } from '../icons.ts';
import { Menu } from '../menu.ts';
import { PlainText } from '../text-view.ts';

type Of<Type extends Interactive['type']> = Extract<Interactive, { type: Type }>;

/** Asks where the definition says so, then tells the bot; busy until it has answered. */
export function usePress(element: Interactive) {
  const [busy, setBusy] = useState(false);
  const host = useHost();
  const ask = useAsk();
  const press = async (value?: ActionValue): Promise<boolean> => {
    if (busy) return false;
    const agreed = await ask('confirm' in element ? element.confirm : undefined);
    if (!agreed) return false;
    setBusy(true);
    await host.dispatch(element.action_id, value);
    setBusy(false);
    return true;
  };
  return { busy, press };
}

export function ButtonElement({ element }: { element: Of<'button'> }) {
  const { busy, press } = usePress(element);
  const { openUrl } = useDesk();
  const { text, url, style, accessibility_label: spoken } = element;
  const onClick = async () => {
    const agreed = await press();
    if (agreed && url !== undefined && !openUrl(url)) openOutside(url);
  };
  return html`<button
    type="button"
    class=${`button ${style ?? ''} ${busy ? 'busy' : ''}`}
    aria-busy=${busy}
    aria-label=${spoken?.includes(text.text) === false ? `${text.text}: ${spoken}` : spoken}
    onClick=${onClick}
  >
    <${PlainText} of=${text} />
  </button>`;
}

/** Slack opens web addresses only. */
function openOutside(url: string): void {
  if (/^https?:/i.test(url)) window.open(url, '_blank', 'noreferrer');
}

export function OverflowElement({ element }: { element: Of<'overflow'> }) {
  const { press } = usePress(element);
  const { openUrl } = useDesk();
  const items = element.options.map((option) => ({
    key: option.value,
    label: html`<${PlainText} of=${option.text} />
      ${option.description && html`<small>${option.description.text}</small>`}`,
  }));
  const onChoose = async (value: string) => {
    const url = element.options.find((option) => option.value === value)?.url;
    if ((await press(value)) && url !== undefined && !openUrl(url)) openOutside(url);
  };
  return html`<${Menu}
    name="More actions"
    className="overflow"
    face=${html`<${Icon} name="more" />`}
    items=${items}
    onChoose=${onChoose}
  />`;
}

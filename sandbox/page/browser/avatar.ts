import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { BotFace } from './icons.ts';

const HUES = 6;

/** Initials on a colour that stays the same for a person; the bot has its own picture. */
export function Avatar({
  id,
  name,
  app = false,
  small = false,
}: {
  id: string;
  name: string;
  app?: boolean;
  small?: boolean;
}) {
  const initials = name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .join('')
    .slice(0, 2)
    .toUpperCase();
  const { people } = useDesk().state;
  const hue =
    Math.max(
      0,
      people.findIndex((person) => person.id === id),
    ) % HUES;
  return html`<span class=${`avatar hue-${hue} ${small ? 'small' : ''}`} aria-hidden="true">
    ${app ? html`<${BotFace} />` : initials}
  </span>`;
}

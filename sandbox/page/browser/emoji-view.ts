import { DRAWN, emojiCharacter } from './emoji.ts';
import { type Children, html } from './html.ts';

/** The emoji that cards use are drawn here, so that they look the same on a machine without an emoji font. */

const GREEN = '#1f9d63';
const RED = '#d83a4e';
const AMBER = '#e8a317';
const BLUE = '#2f7fd1';
const GREY = '#8a939b';

const DRAWINGS: Readonly<Record<string, () => Children>> = {
  white_circle: () => html`<circle cx="10" cy="10" r="7" fill="#fff" stroke=${GREY} stroke-width="2" />`,
  hourglass_flowing_sand: () => html`<path
        d="M5 2h10M5 18h10M6 2v3c0 2.5 4 3.5 4 5s-4 2.5-4 5v3M14 2v3c0 2.5-4 3.5-4 5s4 2.5 4 5v3"
        fill="none"
        stroke="#a5692a"
        stroke-width="1.8"
        stroke-linecap="round"
      /><path d="M7.5 5.5h5c-.5 1.5-2 2-2.5 3-.5-1-2-1.5-2.5-3ZM7 17c0-2 2-2.5 3-4 1 1.5 3 2 3 4Z" fill=${AMBER} />`,
  arrow_forward: () =>
    html`<rect x="1" y="1" width="18" height="18" rx="4" fill=${BLUE} /><path d="m7.5 5.5 7 4.5-7 4.5Z" fill="#fff" />`,
  white_check_mark: () =>
    html`<rect x="1" y="1" width="18" height="18" rx="4" fill=${GREEN} />${stroke('m5.5 10.5 3 3 6-7', '#fff', 2.4)}`,
  x: () => stroke('m4.5 4.5 11 11m0-11-11 11', RED, 3.4),
  grey_question: () =>
    html`${stroke('M6.5 7a3.5 3.5 0 1 1 5.2 3.1c-1.2.7-1.7 1.2-1.7 2.4', GREY, 2.4)}<circle cx="10" cy="16.3" r="1.6" fill=${GREY} />`,
  heavy_minus_sign: () => stroke('M4 10h12', GREY, 3.2),
  octagonal_sign: () =>
    html`<path d="M6.5 1.5h7l5 5v7l-5 5h-7l-5-5v-7Z" fill=${RED} /><path d="M5.5 8.7h9v2.6h-9Z" fill="#fff" />`,
  lock: () =>
    html`${stroke('M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9', GREY, 2)}<rect x="4" y="8.5" width="12" height="9" rx="2" fill=${AMBER} /><circle cx="10" cy="12.5" r="1.4" fill="#5b3d05" />`,
  warning: () =>
    html`<path d="M10 2 18.5 17.5h-17Z" fill="#f4b93b" stroke="#c98a0c" stroke-width="1.2" stroke-linejoin="round" />${stroke('M10 7.5v4.5', '#3c2b02', 2)}<circle cx="10" cy="14.7" r="1.2" fill="#3c2b02" />`,
  rotating_light: () =>
    html`<path d="M5.5 15V9.5a4.5 4.5 0 0 1 9 0V15Z" fill=${RED} /><rect x="3.5" y="14.5" width="13" height="3.5" rx="1.2" fill="#5c6770" />${stroke('M10 .9v1.7M3 3.5l1.2 1.2M17 3.5l-1.2 1.2M1 9h1.6M17.4 9H19', AMBER, 1.6)}`,
  test_tube: () =>
    html`<g transform="rotate(35 10 10)"><path d="M7.5 3v11.5a2.5 2.5 0 0 0 5 0V3" fill="#e6f1f7" stroke="#6f8794" stroke-width="1.4" /><path d="M8.2 9h3.6v5.5a1.8 1.8 0 0 1-3.6 0Z" fill=${GREEN} />${stroke('M6 2.5h8', '#6f8794', 1.6)}</g>`,
};

function stroke(path: string, colour: string, width: number): Children {
  return html`<path d=${path} fill="none" stroke=${colour} stroke-width=${width} stroke-linecap="round" stroke-linejoin="round" />`;
}

/** A drawing, a character, or the code as it was written. Its name is read aloud as a word. */
export function Emoji({ name }: { name: string }) {
  const drawing = DRAWINGS[name];
  const word = name.replaceAll('_', ' ');
  if (drawing) {
    return html`<svg class="emoji" viewBox="0 0 20 20" role="img" aria-label=${word}><title>${`:${name}:`}</title>${drawing()}</svg>`;
  }
  const character = emojiCharacter(name);
  if (character === null) return html`<span>${`:${name}:`}</span>`;
  return html`<span class="emoji-character" role="img" aria-label=${word} title=${`:${name}:`}>${character}</span>`;
}

const WRITTEN = new RegExp(`((?:${Object.keys(DRAWN).join('|')})\uFE0F?)`, 'u');

/** Text in which written emoji are drawn. */
export function withEmoji(text: string): Children {
  const pieces = text.split(WRITTEN);
  if (pieces.length === 1) return text;
  return pieces.map((piece, index) => {
    const name = index % 2 === 1 ? DRAWN[piece.replace('\uFE0F', '')] : undefined;
    return name === undefined ? piece : html`<${Emoji} name=${name} />`;
  });
}

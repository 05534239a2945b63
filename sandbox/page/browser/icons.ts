import { html } from './html.ts';

/** Line drawings of the page's own controls. They are decoration: every control has its name in words. */
const PATHS = {
  close: 'm5 5 10 10M15 5 5 15',
  send: 'M3 10h7M3.5 3.5 17.5 10 3.5 16.5 5 10Z',
  thread:
    'M4 4h12a1.5 1.5 0 0 1 1.5 1.5v7A1.5 1.5 0 0 1 16 14H9l-4 3v-3H4a1.5 1.5 0 0 1-1.5-1.5v-7A1.5 1.5 0 0 1 4 4Z',
  search: 'M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM13 13l4 4',
  down: 'm5 8 5 5 5-5',
  right: 'm8 5 5 5-5 5',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  pin: 'M8 3h4l-.5 5 3 3v1.5h-9V11l3-3ZM10 12.5V18',
  eye: 'M1.8 10S5 4.5 10 4.5 18.2 10 18.2 10 15 15.5 10 15.5 1.8 10 1.8 10ZM10 7.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z',
  file: 'M5 2.5h6.5L15.5 6.5v11H5ZM11.5 2.5v4h4M7.5 10.5h5.5M7.5 13.5h5.5',
  check: 'm4 10.5 4 4 8-9',
  people:
    'M7.5 4a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4ZM2.5 16c0-3 2-4.8 5-4.8s5 1.8 5 4.8M13 4.3a2.5 2.5 0 0 1 0 4.8M14.5 11.5c2 .5 3 2.2 3 4.5',
  world:
    'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM2.5 10h15M10 2.5c5 4.5 5 10.5 0 15-5-4.5-5-10.5 0-15',
  guide: 'M4 4.5h12M4 10h12M4 15.5h7',
  home: 'M3.5 9 10 3.5 16.5 9v7.5h-4V12h-5v4.5h-4Z',
  warning: 'M10 3 17.5 16.5h-15ZM10 8v4M10 14.2v.1',
  clock: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM10 5.5V10l3 2',
  keyboard: 'M2.5 5h15v10h-15ZM5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M6.5 12h7',
  external: 'M8 4H4v12h12v-4M11.5 3.5h5v5M16.5 3.5 9 11',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return html`<svg class="icon" viewBox="0 0 20 20" width=${size} height=${size} aria-hidden="true">
    <path d=${PATHS[name]} />
  </svg>`;
}

/** The bot's picture: a life ring. */
export function BotFace() {
  return html`<svg viewBox="0 0 36 36" aria-hidden="true">
    <rect width="36" height="36" fill="#0e4f4a" />
    <circle cx="18" cy="18" r="9" fill="none" stroke="#fff" stroke-width="6" />
    <circle cx="18" cy="18" r="9" fill="none" stroke="#f26b4e" stroke-width="6" stroke-dasharray="7.07 7.07" stroke-dashoffset="3.5" />
  </svg>`;
}

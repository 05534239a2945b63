/** Shortcodes to characters, for those without a drawing in `icons.ts`. */
const CHARACTERS: Readonly<Record<string, string>> = {
  pushpin: '📌',
  round_pushpin: '📍',
  eyes: '👀',
  '+1': '👍',
  thumbsup: '👍',
  '-1': '👎',
  thumbsdown: '👎',
  tada: '🎉',
  heart: '❤️',
  fire: '🔥',
  rocket: '🚀',
  wave: '👋',
  pray: '🙏',
  raised_hands: '🙌',
  clap: '👏',
  slightly_smiling_face: '🙂',
  smile: '😄',
  joy: '😂',
  thinking_face: '🤔',
  100: '💯',
  hammer_and_wrench: '🛠️',
  memo: '📝',
  bell: '🔔',
  link: '🔗',
};

export function emojiCharacter(name: string): string | null {
  return CHARACTERS[name] ?? null;
}

/** The code from which a written emoji is drawn: `✅` is `white_check_mark`. */
export const DRAWN: Readonly<Record<string, string>> = {
  '⚪': 'white_circle',
  '⏳': 'hourglass_flowing_sand',
  '▶': 'arrow_forward',
  '✅': 'white_check_mark',
  '❌': 'x',
  '❔': 'grey_question',
  '➖': 'heavy_minus_sign',
  '🛑': 'octagonal_sign',
  '🔒': 'lock',
  '⚠': 'warning',
  '🚨': 'rotating_light',
  '🧪': 'test_tube',
};

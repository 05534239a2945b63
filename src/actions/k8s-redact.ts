import { scrub } from '../clients/secrets.ts';

/*
 * Logs, events and templates are read by the bot and shown in a channel, and any program may print anything. So what looks
 * like a secret is hidden, and what only might be one too: a line that says less is no harm, a password in Slack is.
 */

const HIDDEN = '[hidden]';

/** What stands in the name of a secret. */
const WORDS =
  'passw(?:or)?d|passphrase|passcode|pwd|(?<![a-z])pass(?![a-z])|secret|token|credential|(?:private|api|access|signing|encryption|master)[_-]?key|session[_-]?id|csrf|jwt|dsn';
/** Names are tried only where one begins: elsewhere a long line would cost minutes. */
const BEGIN = String.raw`(?<![\w.-])`;
const NAME = String.raw`(?=[\w.-]*?(?:${WORDS}))[\w.-]+`;
const IS = String.raw`\\?["']?(?:\s*=>\s*|\s*[:=](?!>)\s*|\s+(?:is|was)\s+)`;

interface Rule {
  readonly looks: RegExp;
  readonly becomes: string;
}

/** For one line each. */
const RULES: readonly Rule[] = [
  // Up to the last @ of the word: a password may hold one, and a slash, and a quote.
  { looks: /(:\/\/[^\s:/@"']*:)\S*@/g, becomes: `$1${HIDDEN}@` },
  { looks: /(:\/\/)[^\s:/@"'?]+@/g, becomes: `$1${HIDDEN}@` },
  { looks: /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*).*/gi, becomes: `$1$2${HIDDEN}` },
  { looks: /\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, becomes: `$1 ${HIDDEN}` },
  // A quote that the end of the line cut off is closed by it.
  { looks: new RegExp(`${BEGIN}(${NAME}${IS})(\\\\?["'])(.*?)(?:\\2|$)`, 'gi'), becomes: `$1$2${HIDDEN}$2` },
  {
    looks: new RegExp(`${BEGIN}(${NAME}${IS})(?!\\\\?["']|\\[hidden\\])\\S+`, 'gi'),
    becomes: `$1${HIDDEN}`,
  },
  { looks: new RegExp(`${BEGIN}(--?${NAME})\\s+[^\\s-]\\S*`, 'gi'), becomes: `$1 ${HIDDEN}` },
  { looks: /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, becomes: HIDDEN },
  {
    looks:
      /\b(?:xox[a-z]-|xapp-|gh[oprsu]_|github_pat_|glpat-|sk[-_]|rk_|pk_|npm_|hf_|AIza|AKIA|ASIA|SG\.)[\w.-]{8,}/g,
    becomes: HIDDEN,
  },
  // Keys in hex. A digest of an image is one too, and is none.
  { looks: /(?<!sha256:[0-9a-f]*)\b[0-9a-f]{32,}\b/gi, becomes: HIDDEN },
];
const KEY_FILE = /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g;

/** Words that are drawn rather than written: letters of both cases with digits, or Base64 with its signs. */
const DRAWN = /[A-Za-z0-9+_=-]{20,}|[A-Za-z0-9+/=_-]{32,}/g;
const isDrawn = (word: string) =>
  /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word) && (!word.includes('/') || bitsIn(word) > 4.5);

/** Colours too: they may stand in the middle of a password. */
const CONTROL = /\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g;
const LONGEST_LINE = 1_000;

/**
 * A text with everything taken out that looks like a secret. `known` are values that are secrets for sure, as a template
 * holds them. Long lines lose their end, and with it a word that would be cut in two and no longer be recognised.
 */
export function redact(text: string, known: readonly string[] = []): string {
  const plain = text.replace(/\r\n?/g, '\n').replace(CONTROL, '').replace(KEY_FILE, HIDDEN);
  return plain
    .split('\n')
    .map((line) => (line.length <= LONGEST_LINE ? line : line.slice(0, LONGEST_LINE).replace(/\S*$/, '…')))
    .map((line) => redactLine(line, known))
    .join('\n');
}

function redactLine(line: string, known: readonly string[]): string {
  const unknown = known.reduce((clean, value) => clean.replaceAll(value, HIDDEN), scrub(line));
  const ruled = RULES.reduce((clean, { looks, becomes }) => clean.replace(looks, becomes), unknown);
  return ruled.replace(DRAWN, (word) => (isDrawn(word) ? HIDDEN : word));
}

/** Shannon's measure of one letter: some 4 in a path, near 5 in what chance wrote. */
function bitsIn(word: string): number {
  const counts = Object.values(Object.groupBy(word, (letter) => letter)).map((same) => same?.length ?? 0);
  return -counts.reduce((sum, count) => sum + (count / word.length) * Math.log2(count / word.length), 0);
}

const SECRET_NAME = new RegExp(`${WORDS}|url$|key$|auth`, 'i');

/** A variable whose value is shown to nobody: its name says secret, or its value looks like one. */
export function looksSecret(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || redact(value) !== value;
}

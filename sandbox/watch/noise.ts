/** A number from 0 to 1, always the same for the same words: what differs from run to run without any chance in it (FNV-1a). */
export function noise(...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of words.join(' ')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** The same around 1: `share` 0.1 gives 0.9 to 1.1. */
export function about(share: number, ...words: readonly (string | number)[]): number {
  return 1 + (noise(...words) * 2 - 1) * share;
}

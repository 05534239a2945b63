/** `214,600` */
export const count = (value: number) => value.toLocaleString('en-US');

/** `1 row`, `12 rows` */
export const plural = (value: number, noun: string) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `820 kB`, `38.2 MB`, `1.4 GB`: powers of 1,000, three figures. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

/** Names in code style, at most `most` of them. */
export function named(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).map((name) => `\`${name}\``);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}

/** `02:04:56 UTC` */
export const clock = (at: string | Date) => `${new Date(at).toISOString().slice(11, 19)} UTC`;

import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `30m`, `4h`, `1h30m` to milliseconds; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return total;
}

/** A duration in a plan file, parsed to milliseconds. */
export const DurationMs = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  ctx.addIssue({ code: 'custom', message: `expected a duration like "30m", "4h" or "1h30m", got "${text}"` });
  return z.NEVER;
});

/** `0.4 s`, `41 s`, `3 min 12 s`, `26 h 10 min`, `3 d 4 h`: two units at most, and hours up to two days. */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${Number((ms / 1_000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return pair(seconds, 60, 'min', 's');
  const minutes = Math.floor(seconds / 60);
  return minutes < 48 * 60 ? pair(minutes, 60, 'h', 'min') : pair(Math.floor(minutes / 60), 24, 'd', 'h');
}

/** An amount in a small unit as the larger one and what is left over. */
function pair(amount: number, size: number, large: string, small: string): string {
  const left = amount % size;
  const padded = small === 'min' ? String(left).padStart(2, '0') : left;
  return left === 0
    ? `${amount / size} ${large}`
    : `${Math.floor(amount / size)} ${large} ${padded} ${small}`;
}

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

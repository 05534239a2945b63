import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { hasSymbols } from '../domain/template.ts';

/** Tells the pages of the parameters which texts only stand for a value. */
export const REFERENCE = 'a reference';

/** Parts of parameter schemas. Before a run, any value may still be a reference to an earlier step: `${find.key}`. */
const Reference = z
  .string()
  .refine(hasSymbols, 'expected a value or a reference like "${find.key}"')
  .describe(REFERENCE);

/** The value, or a reference that stands for it. */
export function orReference<Value extends z.ZodType>(value: Value) {
  return z.union([value, Reference]);
}

/** `90s`, `30m`: kept as text, because a reference may stand for it. */
export const DurationText = z
  .string()
  .refine(
    (text) => hasSymbols(text) || (parseDuration(text) ?? 0) > 0,
    'expected a duration like "30s" or "15m"',
  );

/** Milliseconds of a checked duration text; undefined while it is a reference. */
export function durationMs(text: string): number | undefined {
  return hasSymbols(text) ? undefined : parseDuration(text);
}

import { z } from 'zod';
import { BREAKS } from './contract.ts';

const text = z.string().max(40_000);
const id = z.string().min(1).max(255);
const as = z.string().min(1).max(40);
const Value = z.union([text, z.array(text).max(100).readonly(), z.null()]);
const Values = z.record(id, Value);

/** What the page may ask a person to do. Anything else is refused. */
export const ActInput = z.discriminatedUnion('do', [
  z.strictObject({ as, do: z.literal('send'), channel: id, text, threadTs: id.optional() }),
  z.strictObject({ as, do: z.literal('read'), channel: id }),
  z.strictObject({ as, do: z.literal('join'), channel: id }),
  z.strictObject({
    as,
    do: z.literal('message-action'),
    channel: id,
    ts: id,
    actionId: id,
    value: Value.optional(),
  }),
  z.strictObject({ as, do: z.literal('modal-action'), actionId: id, value: Value.optional() }),
  z.strictObject({ as, do: z.literal('modal-fill'), values: Values }),
  z.strictObject({ as, do: z.literal('modal-submit'), values: Values }),
  z.strictObject({ as, do: z.literal('modal-close') }),
  z.strictObject({ as, do: z.literal('home-open') }),
  z.strictObject({ as, do: z.literal('home-action'), actionId: id, value: Value.optional() }),
]);
export type ActInput = z.infer<typeof ActInput>;

const LONGEST_LEAP_MS = 24 * 3_600_000;

/** What the page may do to the world. */
export const WorldActInput = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('clock'), ms: z.int().min(1).max(LONGEST_LEAP_MS) }),
  z.strictObject({ do: z.enum(['break', 'mend']), name: z.enum(BREAKS) }),
  z.strictObject({ do: z.literal('play') }),
]);

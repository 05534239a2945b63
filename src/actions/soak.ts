import { z } from 'zod';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';
import { describe, Params as HttpCheck, probe } from './http-check.ts';
import { DurationText, durationMs, orReference } from './params.ts';
import { clock, plural } from './pg-words.ts';

export const Params = z.strictObject({
  for: DurationText,
  every: DurationText.default('30s'),
  checks: z.array(HttpCheck).max(10).default([]),
  /** Failed looks that are forgiven. */
  maxFailures: orReference(z.number().int().nonnegative()).default(0),
});
export type Params = z.infer<typeof Params>;

/** Kept between two looks. The end is fixed at the first one: a worker that dies does not start the time again. */
const Memory = z.object({
  until: z.iso.datetime(),
  ok: z.number(),
  failed: z.number(),
  lastReason: z.string(),
});
type Memory = z.infer<typeof Memory>;

export const soak = defineAction<Params>({
  name: 'soak',
  summary: 'Waits a while and looks again and again whether the service stays well.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    ok: 'looks that found it well',
    failed: 'looks that did not',
    lastReason: 'the last reason, or empty',
  },

  async preview(context, params) {
    const blocked = params.checks
      .map(({ url, method }) => context.clients.http.refusal(url, method))
      .filter((one) => one !== undefined);
    const budget = params.maxFailures === 0 ? 'no failure allowed' : `at most ${params.maxFailures} failures`;
    return {
      lines:
        params.checks.length === 0
          ? [`Wait ${params.for}`]
          : [`Soak ${params.for}, a look every ${params.every}, ${budget}`, ...params.checks.map(describe)],
      bound: null,
      shown: [],
      undo: [],
      blocked,
    };
  },

  async run(context, params) {
    const memory = await look(context, params, remembered(context, params));
    const until = new Date(memory.until);
    const looks = memory.ok + memory.failed;
    const failures = memory.failed === 0 ? 'no failure' : plural(memory.failed, 'failure');
    const tally = looks === 0 ? 'no checks' : `${plural(looks, 'look')}, ${failures}`;
    if (memory.failed > Number(params.maxFailures))
      throw new AppError(
        'check-failed',
        `The service did not stay well: ${memory.failed} of ${plural(looks, 'look')} failed, ${params.maxFailures} allowed. The last reason: ${memory.lastReason}.`,
      );
    if (context.now >= until)
      return {
        kind: 'done',
        summary: `${params.for}, ${tally}`,
        output: { ok: memory.ok, failed: memory.failed, lastReason: memory.lastReason },
        facts: [
          { name: 'looks', value: tally },
          ...(memory.lastReason === '' ? [] : [{ name: 'last failure', value: memory.lastReason }]),
        ],
      };
    const next =
      context.now.getTime() + (params.checks.length === 0 ? Number.POSITIVE_INFINITY : millis(params.every));
    return {
      kind: 'wait',
      until: new Date(Math.min(next, until.getTime())),
      note: `until ${clock(until)}, ${tally}`,
      memory: { ...memory },
    };
  },

  byHand: (params) => [
    `# for ${params.for}, every ${params.every}:`,
    ...params.checks.map(
      ({ url, method }) => `curl --fail-with-body --max-time 5 --max-redirs 0 -X ${method} '${url}'`,
    ),
  ],

  needs: ({ checks }) =>
    checks.map(({ url }) => ({
      kind: 'http' as const,
      connection: URL.canParse(url) ? new URL(url).host : url,
    })),
});

function remembered(context: ActionContext, params: Params): Memory {
  const kept = Memory.safeParse(context.memory);
  if (kept.success) return kept.data;
  const until = new Date(context.now.getTime() + millis(params.for)).toISOString();
  return { until, ok: 0, failed: 0, lastReason: '' };
}

/** One look counts once, however many checks it has: it is well when all of them are. */
async function look(context: ActionContext, { checks }: Params, memory: Memory): Promise<Memory> {
  if (checks.length === 0) return memory;
  const probes = await Promise.all(
    checks.map(async (check) => ({ url: check.url, ...(await probe(context, check)) })),
  );
  const failed = probes.find(({ ok }) => !ok);
  return failed === undefined
    ? { ...memory, ok: memory.ok + 1 }
    : { ...memory, failed: memory.failed + 1, lastReason: `${failed.url}: ${failed.reason}` };
}

function millis(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new AppError('plan-invalid', `"${text}" is not a duration. Write one like "15m".`);
}

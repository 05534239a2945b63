import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical.ts';
import { hasSymbols, lookup, type Scope } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';
import { DurationText, durationMs, orReference } from './params.ts';
import { plural } from './pg-words.ts';

const Expect = z.strictObject({
  status: z.number().int().min(100).max(599).default(200),
  /** Dotted path in the answer's JSON to the value that must be there: `checks.database: ok`. */
  json: z.record(z.string(), z.json()).optional(),
  maxMs: z.number().int().positive().optional(),
});

export const Params = z.strictObject({
  url: z.string().min(1),
  method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
  expect: Expect.prefault({}),
  /** Passes in a row that are needed. One that fails ends the step. */
  successes: orReference(z.number().int().min(1).max(100)).default(1),
  every: DurationText.default('1s'),
  body: z.json().optional(),
});
export type Params = z.infer<typeof Params>;

export interface Probe {
  readonly ok: boolean;
  /** Why it failed, in half a sentence; empty when it passed. */
  readonly reason: string;
  readonly ms: number | null;
}

export const httpCheck = defineAction<Params>({
  name: 'http.check',
  summary: 'Asks a URL of a listed host and compares status, JSON values and time.',
  schema: Params,
  class: 'read',
  recovery: 'safe',

  async preview(context, params) {
    const refused = hasSymbols(params.url) ? undefined : context.clients.http.refusal(params.url);
    return {
      lines: [describe(params)],
      bound: { method: params.method, url: params.url },
      shown: [],
      undo: [],
      blocked: refused === undefined ? [] : [refused],
    };
  },

  async run(context, params) {
    const wanted = Number(params.successes);
    let slowest = 0;
    for (let passed = 0; passed < wanted; passed += 1) {
      if (passed > 0) await sleep(durationMs(params.every) ?? 1_000, undefined, { signal: context.signal });
      const { ok, reason, ms } = await probe(context, params);
      if (!ok)
        throw new AppError('check-failed', `${params.method} ${params.url} failed: ${reason}.`, {
          retry: 'later',
          details: passed === 0 ? [] : [`${passed} of ${wanted} had passed before`],
        });
      slowest = Math.max(slowest, ms ?? 0);
    }
    return {
      kind: 'done',
      summary: `${params.expect.status} in ${slowest} ms${wanted === 1 ? '' : `, ${wanted} in a row`}`,
      output: { status: params.expect.status, ms: slowest, passed: wanted },
      facts: [
        { name: 'asked', value: `${params.method} ${params.url}` },
        { name: 'slowest answer', value: `${slowest} ms` },
        { name: 'passed', value: plural(wanted, 'time') },
      ],
    };
  },

  byHand({ url, method, body }) {
    const data =
      body === undefined
        ? ''
        : ` --data '${JSON.stringify(body).replaceAll("'", `'\\''`)}' -H 'content-type: application/json'`;
    return [`curl --fail-with-body --max-time 5 --max-redirs 0 -X ${method}${data} '${url}'`];
  },

  needs: ({ url }) => [{ kind: 'http', connection: URL.canParse(url) ? new URL(url).host : url }],
});

/** One request, judged. A failure is a value; only what may not be asked at all is thrown. */
export async function probe(context: ActionContext, { url, method, expect, body }: Params): Promise<Probe> {
  try {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await context.clients.http.ask({ url, method, body: sent, signal: context.signal });
    const reason = faultOf(answer, expect);
    return { ok: reason === undefined, reason: reason ?? '', ms: answer.ms };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'outside-unreachable') throw error;
    return { ok: false, reason: error.message.replace(/\.$/, ''), ms: null };
  }
}

/** `GET https://janua.example/health: 200, status = "ok"` */
export function describe({ method, url, expect, successes }: Params): string {
  const values = Object.entries(expect.json ?? {}).map(
    ([path, value]) => `\`${path}\` = ${JSON.stringify(value)}`,
  );
  const parts = [
    String(expect.status),
    ...values,
    ...(expect.maxMs === undefined ? [] : [`within ${expect.maxMs} ms`]),
    ...(successes === 1 ? [] : [`${successes} times in a row`]),
  ];
  return `${method} ${url} must answer ${parts.join(', ')}`;
}

function faultOf(
  answer: { status: number; body: string; truncated: boolean; ms: number },
  expect: Params['expect'],
): string | undefined {
  const { status, body, truncated, ms } = answer;
  if (status !== expect.status) {
    const redirect = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
    return `the answer is ${status}, not ${expect.status}${redirect}`;
  }
  if (expect.maxMs !== undefined && ms > expect.maxMs)
    return `the answer took ${ms} ms, allowed are ${expect.maxMs} ms`;
  if (expect.json === undefined) return undefined;
  if (truncated) return 'the answer is longer than 64 kB';
  const found = parseObject(body);
  if (found === undefined) return 'the answer is not a JSON object';
  for (const [path, wanted] of Object.entries(expect.json)) {
    const value = lookup(found, path);
    if (value === undefined) return `the answer has no \`${path}\``;
    if (canonicalJson(value) !== canonicalJson(wanted))
      return `\`${path}\` is ${JSON.stringify(value).slice(0, 60)}, not ${JSON.stringify(wanted)}`;
  }
  return undefined;
}

function parseObject(body: string): Scope | undefined {
  try {
    return z.record(z.string(), z.json()).safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

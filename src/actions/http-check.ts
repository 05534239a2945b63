import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson, type Json } from '../domain/canonical.ts';
import type { Output } from '../domain/step.ts';
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
  body: z.record(z.string(), z.json()).optional(),
  /** Fields of the body by the names of their values under `secrets` in connections.yml. */
  secrets: z.record(z.string(), z.string()).default({}),
  /** Values of the answer for later steps: `acknowledged: writes.acknowledged`. One that is missing fails the check. */
  read: z.record(z.string(), z.string().min(1).max(100)).default({}),
});
export type Params = z.infer<typeof Params>;

export interface Probe {
  readonly ok: boolean;
  /** Why it failed, in half a sentence; empty when it passed. */
  readonly reason: string;
  readonly ms: number | null;
  /** What `read` asked for, of an answer that passed. */
  readonly read: Output;
}

export const httpCheck = defineAction<Params>({
  name: 'http.check',
  summary: 'Asks a URL of a listed host and compares status, JSON values and time.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    status: 'status of the answer',
    ms: 'the slowest answer, in milliseconds',
    passed: 'how many passed in a row',
  },
  givesUnder: 'read',

  async preview(context, params) {
    const refused = hasSymbols(params.url)
      ? undefined
      : context.clients.http.refusal(params.url, params.method);
    return {
      lines: [describe(params)],
      bound: { method: params.method, url: params.url },
      shown: [],
      undo: [],
      blocked: [
        ...(refused === undefined ? [] : [refused]),
        ...Object.values(params.secrets)
          .filter((name) => context.clients.secrets[name] === undefined)
          .map(noSecret),
      ],
    };
  },

  async run(context, params) {
    const wanted = Number(params.successes);
    let slowest = 0;
    let values: Output = {};
    for (let passed = 0; passed < wanted; passed += 1) {
      if (passed > 0) await sleep(durationMs(params.every) ?? 1_000, undefined, { signal: context.signal });
      const { ok, reason, ms, read } = await probe(context, params);
      if (!ok)
        throw new AppError('check-failed', `${params.method} ${params.url} failed: ${reason}.`, {
          retry: 'later',
          details: passed === 0 ? [] : [`${passed} of ${wanted} had passed before`],
        });
      slowest = Math.max(slowest, ms ?? 0);
      values = read;
    }
    return {
      kind: 'done',
      summary: `${params.expect.status} in ${slowest} ms${wanted === 1 ? '' : `, ${wanted} in a row`}`,
      output: { ...values, status: params.expect.status, ms: slowest, passed: wanted },
      facts: [
        { name: 'asked', value: `${params.method} ${params.url}` },
        { name: 'slowest answer', value: `${slowest} ms` },
        { name: 'passed', value: plural(wanted, 'time') },
        ...Object.entries(values).map(([name, value]) => ({ name, value: JSON.stringify(value) })),
      ],
    };
  },

  byHand({ url, method, body, secrets }) {
    const hidden = Object.entries(secrets).map(([field, name]) => [field, `<secret ${name}>`] as const);
    const sent = { ...body, ...Object.fromEntries(hidden) };
    const data =
      Object.keys(sent).length === 0
        ? ''
        : ` --data '${JSON.stringify(sent).replaceAll("'", `'\\''`)}' -H 'content-type: application/json'`;
    return [`curl --fail-with-body --max-time 5 --max-redirs 0 -X ${method}${data} '${url}'`];
  },

  needs: ({ url, secrets }) => [
    { kind: 'http', connection: URL.canParse(url) ? new URL(url).host : url },
    ...Object.values(secrets).map((name) => ({ kind: 'secret' as const, name })),
  ],
});

/** One request, judged. A failure is a value; only what may not be asked at all is thrown. */
export async function probe(
  context: ActionContext,
  { url, method, expect, body, secrets, read }: Params,
): Promise<Probe> {
  const { http, secrets: known } = context.clients;
  const refs = Object.entries(secrets).map(([field, name]) => {
    const ref = known[name];
    if (ref === undefined) throw new AppError('config-invalid', noSecret(name));
    return [field, ref] as const;
  });
  try {
    const answer = await http.ask({
      url,
      method,
      body,
      secrets: Object.fromEntries(refs),
      signal: context.signal,
    });
    const judged = judge(answer, expect, read);
    return typeof judged === 'string'
      ? { ok: false, reason: judged, ms: answer.ms, read: {} }
      : { ok: true, reason: '', ms: answer.ms, read: judged };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'outside-unreachable') throw error;
    return { ok: false, reason: error.message.replace(/\.$/, ''), ms: null, read: {} };
  }
}

function noSecret(name: string): string {
  return `connections.yml has no secret \`${name}\`. Add it under secrets, or correct the plan.`;
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

/** What was read of an answer that is as expected, or why it is not. */
function judge(
  answer: { status: number; body: string; truncated: boolean; ms: number },
  { status, maxMs, json = {} }: Params['expect'],
  read: Params['read'],
): Output | string {
  if (answer.status !== status) {
    const redirect = answer.status >= 300 && answer.status < 400 ? ' (redirects are not followed)' : '';
    return `the answer is ${answer.status}, not ${status}${redirect}`;
  }
  if (maxMs !== undefined && answer.ms > maxMs)
    return `the answer took ${answer.ms} ms, allowed are ${maxMs} ms`;
  if (Object.keys({ ...json, ...read }).length === 0) return {};
  if (answer.truncated) return 'the answer is longer than 64 kB';
  const found = parseObject(answer.body);
  if (found === undefined) return 'the answer is not a JSON object';
  for (const [path, wanted] of Object.entries(json)) {
    const value = lookup(found, path);
    if (value === undefined) return `the answer has no \`${path}\``;
    if (canonicalJson(value) !== canonicalJson(wanted))
      return `\`${path}\` is ${JSON.stringify(value).slice(0, 60)}, not ${JSON.stringify(wanted)}`;
  }
  const values: [string, Json][] = [];
  for (const [name, path] of Object.entries(read)) {
    const value = lookup(found, path);
    if (value === undefined || value === null) return `the answer has no \`${path}\``;
    values.push([name, value]);
  }
  return Object.fromEntries(values);
}

function parseObject(body: string): Scope | undefined {
  try {
    return z.record(z.string(), z.json()).safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

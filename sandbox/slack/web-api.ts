import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { Faults } from './faults.ts';
import type { World } from './method.ts';
import { createRateLimits } from './rate-limits.ts';
import { registry } from './registry.ts';
import { fieldsOf } from './request-body.ts';
import type { Json } from './types.ts';

export interface Tokens {
  readonly bot: string;
  readonly app: string;
  revoked: boolean;
}

interface WebApiOptions {
  readonly world: World;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly scopes: ReadonlySet<string>;
  readonly rateLimits: boolean;
}

/** Answers `POST /api/<method>`: token, then scope, then arguments, then the method itself, as Slack does. */
export function createWebApi({ world, faults, tokens, scopes, rateLimits }: WebApiOptions) {
  const waitSeconds = createRateLimits();

  return async function handle(
    name: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ) {
    const startedAt = performance.now();
    const { token: bodyToken, ...args } = await fieldsOf(request, body);
    const hits = faults.take(name, args);

    const finish = (status: number, answer: Json, headers: Record<string, string> = {}): void => {
      const tookMs = performance.now() - startedAt;
      world.store.record({ kind: 'call', at: world.store.now(), method: name, args, answer, tookMs });
      if (hits.some((fault) => fault.kind === 'lost-reply')) {
        response.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(JSON.stringify(answer));
    };

    const limited = hits.find((fault) => fault.kind === 'rate-limited')?.retryAfterSec ?? tooFast(name, args);
    if (limited > 0)
      return finish(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(limited) });
    if (hits.some((fault) => fault.kind === 'http-500'))
      return finish(500, { ok: false, error: 'internal_error' });

    const answer = call(
      name,
      bearer(request) ?? bodyToken,
      args,
      hits.find((fault) => fault.kind === 'error')?.error,
    );
    const delay = hits.find((fault) => fault.kind === 'delay');
    if (delay) await sleep(delay.ms);
    finish(200, answer, {
      'x-oauth-scopes': [...scopes].join(','),
      'x-accepted-oauth-scopes': registry.get(name)?.scopes.join(',') ?? '',
    });
  };

  function tooFast(name: string, args: Json): number {
    const method = registry.get(name);
    return rateLimits && method ? waitSeconds(name, method.tier, args.channel) : 0;
  }

  function call(name: string, token: unknown, args: Json, forced: string | undefined): Json {
    try {
      const method = registry.get(name);
      if (!method) throw new ApiError('unknown_method', { req_method: name });
      if (method.token !== 'any') checkToken(method.token, token);
      if (method.scopes.length > 0 && !method.scopes.some((scope) => scopes.has(scope))) {
        throw missingScope(method.scopes[0] ?? '', scopes);
      }
      if (forced) throw new ApiError(forced);
      return { ok: true, ...method.run(args, world) };
    } catch (error) {
      if (error instanceof ApiError) return { ok: false, error: error.code, ...error.extra };
      throw error;
    }
  }

  function checkToken(kind: 'bot' | 'app', token: unknown): void {
    if (token === undefined || token === '') throw new ApiError('not_authed');
    if (token !== tokens.bot && token !== tokens.app) throw new ApiError('invalid_auth');
    if (tokens.revoked) throw new ApiError('token_revoked');
    if (token !== tokens[kind]) throw new ApiError('not_allowed_token_type');
  }
}

export function missingScope(needed: string, scopes: ReadonlySet<string>): ApiError {
  return new ApiError('missing_scope', { needed, provided: [...scopes].join(',') });
}

function bearer(request: IncomingMessage): string | undefined {
  return request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
}

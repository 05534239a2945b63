import type { ResourceRequest } from './request.ts';
import type { Verb } from './resources.ts';
import { type ApiError, failure } from './status.ts';

/** Which requests a fault is for; what is left out matches all. `write` is every verb that changes something. */
interface FaultFilter {
  readonly verb?: Verb | readonly Verb[] | 'write';
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly user?: string;
  readonly dryRun?: boolean;
}

export type Fault = { readonly on?: FaultFilter; readonly times?: number } & (
  | { readonly answer: number; readonly message?: string; readonly retryAfterSeconds?: number }
  | { readonly delayMs: number }
  | { readonly lose: 'request' | 'reply' }
);

/** What the faults that hit one request add up to. */
export interface Misfortune {
  readonly delayMs: number;
  readonly refusal?: ApiError;
  readonly lose?: 'request' | 'reply';
}

const writes: readonly string[] = [
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] satisfies Verb[];

const sayings: Record<number, string> = {
  409: 'the object has been modified; please apply your changes to the latest version and try again',
  429: 'too many requests, please try again later',
  500: 'Internal error occurred: etcdserver: request timed out',
  503: 'the server is currently unable to handle the request',
};

export function createFaults() {
  const active = new Map<object, { fault: Fault; left: number }>();

  return {
    /** Adds a fault; the returned function takes it away again. */
    add(fault: Fault): () => void {
      const key = {};
      active.set(key, { fault, left: fault.times ?? 1 });
      return () => active.delete(key);
    },

    /** Uses up one turn of every fault for this request, but of one that decides its end only the first. */
    strike(request: ResourceRequest, user: string): Misfortune {
      let delayMs = 0;
      let end: Pick<Misfortune, 'refusal' | 'lose'> | undefined;
      for (const [key, entry] of active) {
        const { fault } = entry;
        if (!hits(fault.on ?? {}, request, user) || (end && !('delayMs' in fault))) continue;
        if ('delayMs' in fault) delayMs += fault.delayMs;
        else end = 'lose' in fault ? { lose: fault.lose } : { refusal: refusal(fault) };
        entry.left -= 1;
        if (entry.left <= 0) active.delete(key);
      }
      return { delayMs, ...end };
    },
  };
}

function refusal(fault: Extract<Fault, { answer: number }>): ApiError {
  const { answer, retryAfterSeconds = answer === 429 ? 1 : undefined } = fault;
  const message = fault.message ?? sayings[answer] ?? 'refused by an injected fault';
  return failure(answer, message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}

function hits(on: FaultFilter, request: ResourceRequest, user: string): boolean {
  const { verb } = on;
  const verbs = verb === 'write' ? writes : typeof verb === 'string' ? [verb] : verb;
  return (
    (!verbs || verbs.includes(request.verb)) &&
    (on.resource === undefined || on.resource === request.plural) &&
    (on.subresource === undefined || on.subresource === request.subresource) &&
    (on.namespace === undefined || on.namespace === request.namespace) &&
    (on.name === undefined || on.name === request.name) &&
    (on.user === undefined || on.user === user) &&
    (on.dryRun === undefined || on.dryRun === request.dryRun)
  );
}

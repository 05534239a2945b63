import type { Store } from './store.ts';
import type { Json } from './types.ts';

type Kind =
  /** HTTP 429 with Retry-After. */
  | { readonly kind: 'rate-limited'; readonly retryAfterSec: number }
  /** The call is done, the connection dies before the answer: the caller cannot know. */
  | { readonly kind: 'lost-reply' }
  /** The call is done, the answer comes late. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'http-500' }
  /** Any refusal of Slack's: `restricted_action`, `file_uploads_disabled`, `too_many_pins`… */
  | { readonly kind: 'error'; readonly error: string };

export type Fault = Kind & {
  /** Left out: every method. */
  readonly method?: string;
  /** Left out: every channel. */
  readonly channel?: string;
  /** How many calls it hits; left out: until taken away. */
  readonly times?: number;
};

export type Faults = ReturnType<typeof createFaults>;

/** What is broken at the moment. */
export function createFaults(store: Store) {
  const injected = new Map<Fault, number>();
  let out = false;
  let redeliveries = 0;
  let signing: { skewSec?: number; secret?: string } = {};
  let onOutage = (): void => {};

  return {
    /** Breaks matching calls. Returns how to mend them. */
    inject(fault: Fault): () => void {
      injected.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
      return () => injected.delete(fault);
    },

    /** Slack is gone: calls are cut off, sockets closed. Returns how to end it. */
    outage(): () => void {
      out = true;
      onOutage();
      return () => {
        out = false;
      };
    },

    /** Delivers each envelope this many times more, with `retry_attempt`. */
    redeliver(times: number): void {
      redeliveries = times;
    },

    /** Signs requests of HTTP mode with another time or another secret. */
    tamper(change: { skewSec?: number; secret?: string }): void {
      signing = change;
    },

    clear(): void {
      injected.clear();
      out = false;
      redeliveries = 0;
      signing = {};
    },

    /** The faults that hit this call; each counts as used once. */
    take(method: string, args: Json): Fault[] {
      const channel = args.channel ?? args.channel_id;
      const hits = [...injected.keys()].filter(
        (fault) =>
          (fault.method === undefined || fault.method === method) &&
          (fault.channel === undefined || store.channel(fault.channel)?.id === channel),
      );
      for (const fault of hits) {
        const left = (injected.get(fault) ?? 0) - 1;
        if (left > 0) injected.set(fault, left);
        else injected.delete(fault);
      }
      return hits;
    },

    onOutage(listener: () => void): void {
      onOutage = listener;
    },
    isOut: () => out,
    redeliveries: () => redeliveries,
    signing: () => signing,
  };
}

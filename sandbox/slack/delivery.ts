import type { Faults } from './faults.ts';
import type { Store } from './store.ts';
import type { Envelope, Json, Receipt, Traffic } from './types.ts';

export interface Attempt {
  readonly attempt: number;
  readonly reason: string;
}

/** How envelopes reach the app: a socket or signed requests. */
export interface Transport {
  readonly via: 'socket' | 'http';
  readonly send: (envelope: Envelope, attempt: Attempt) => Promise<Receipt>;
}

export type Delivery = ReturnType<typeof createDelivery>;

interface DeliveryOptions {
  readonly store: Store;
  readonly faults: Faults;
  readonly transport: () => Transport;
  /** Waits before the retries of an event that was not acked: Slack's are none, one minute, five minutes. */
  readonly eventRetryMs: readonly number[];
}

/** Hands envelopes to the app and keeps a record of each attempt and its ack. */
export function createDelivery({ store, faults, transport, eventRetryMs }: DeliveryOptions) {
  const pending = new Set<Promise<unknown>>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  async function send(envelope: Envelope, attempt: Attempt): Promise<Receipt> {
    const chosen = transport();
    const entry: Extract<Traffic, { kind: 'delivery' }> = {
      kind: 'delivery',
      at: store.now(),
      type: envelope.type,
      via: chosen.via,
      attempt: attempt.attempt,
      payload: envelope.payload,
      receipt: undefined,
    };
    store.record(entry);
    entry.receipt = faults.isOut()
      ? { acked: false, error: 'dispatch_failed', detail: 'Slack is out' }
      : await chosen.send(envelope, attempt);
    store.changed();
    return entry.receipt;
  }

  function inBackground(work: Promise<unknown>): void {
    const done = work.finally(() => pending.delete(done));
    pending.add(done);
  }

  async function redeliver(envelope: Envelope): Promise<void> {
    for (let attempt = 1; attempt <= faults.redeliveries(); attempt += 1) {
      await send(envelope, { attempt, reason: 'timeout' });
    }
  }

  /** Delivers a click or command. Only the first attempt's ack counts; the extra ones are a fault on demand. */
  async function deliver(envelope: Envelope): Promise<Receipt> {
    const receipt = await send(envelope, { attempt: 0, reason: '' });
    inBackground(redeliver(envelope));
    return receipt;
  }

  async function retry(envelope: Envelope, first: Receipt): Promise<void> {
    let receipt = first;
    for (const [index, waitMs] of eventRetryMs.entries()) {
      if (receipt.acked || stopped) return;
      await wait(waitMs);
      if (stopped) return;
      const reason = receipt.error === 'operation_timeout' ? 'http_timeout' : 'connection_failed';
      receipt = await send(envelope, { attempt: index + 1, reason });
    }
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  }

  return {
    deliver,

    /** Delivers an event in the background, with Slack's retries. */
    deliverEvent(payload: Json): void {
      const envelope: Envelope = { type: 'events_api', payload };
      const first = deliver(envelope);
      inBackground(first);
      void first.then((receipt) => retry(envelope, receipt));
    },

    /** Resolves when every event so far was tried once and every extra delivery is over; retries go on behind. */
    async settled(): Promise<void> {
      while (pending.size > 0) await Promise.all(pending);
    },

    stop(): void {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

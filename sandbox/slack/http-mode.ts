import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Attempt, Transport } from './delivery.ts';
import type { Faults } from './faults.ts';
import { jsonFields } from './request-body.ts';
import type { Envelope, Receipt } from './types.ts';

/**
 * The other mode: commands and interactivity are signed form posts, events signed JSON posts, to one request URL.
 * The signature is `v0=` + HMAC-SHA256 of `v0:<seconds>:<body>` with the signing secret.
 */

interface Sent {
  readonly url: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

export function createHttpMode(options: { signingSecret: string; ackMs: number; faults: Faults }) {
  let url: string | undefined;
  let last: Sent | undefined;

  function sign(target: string, body: string, type: string, extra: Record<string, string>): Sent {
    const { skewSec = 0, secret = options.signingSecret } = options.faults.signing();
    // Receivers compare with the machine's clock, so moved time would void every request.
    const seconds = String(Math.floor(Date.now() / 1000) + skewSec);
    const digest = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': seconds, 'x-slack-signature': `v0=${digest}` };
    return { url: target, body, headers: { 'content-type': type, ...headers, ...extra } };
  }

  async function post(sent: Sent): Promise<Receipt & { status?: number }> {
    const startedAt = performance.now();
    try {
      const response = await fetch(sent.url, {
        method: 'POST',
        headers: sent.headers,
        body: sent.body,
        signal: AbortSignal.timeout(options.ackMs),
      });
      const text = await response.text();
      const { status } = response;
      if (status !== 200) return { acked: false, error: 'dispatch_failed', detail: `HTTP ${status}`, status };
      const json = response.headers.get('content-type')?.includes('json');
      return {
        acked: true,
        payload: json ? jsonFields(text) : text,
        afterMs: performance.now() - startedAt,
        status,
      };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const detail = error instanceof Error ? error.message : String(error);
      return { acked: false, error: timedOut ? 'operation_timeout' : 'dispatch_failed', detail };
    }
  }

  function requestFor(target: string, { type, payload }: Envelope, { attempt, reason }: Attempt): Sent {
    const retry =
      attempt > 0
        ? { 'x-slack-retry-num': String(attempt), 'x-slack-retry-reason': reason || 'http_error' }
        : {};
    if (type === 'events_api') return sign(target, JSON.stringify(payload), 'application/json', retry);
    const form =
      type === 'interactive'
        ? { payload: JSON.stringify(payload) }
        : z.record(z.string(), z.string()).parse(payload);
    return sign(target, new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded', retry);
  }

  const transport: Transport = {
    via: 'http',
    async send(envelope, attempt) {
      if (url === undefined) return { acked: false, error: 'dispatch_failed', detail: 'no request URL' };
      last = requestFor(url, envelope, attempt);
      return post(last);
    },
  };

  return {
    transport,
    isOn: () => url !== undefined,

    /** Delivers there from now on, after the URL has answered Slack's challenge. */
    async setRequestUrl(target: string): Promise<void> {
      const challenge = randomUUID();
      const body = JSON.stringify({ type: 'url_verification', challenge, token: 'sandbox' });
      const receipt = await post(sign(target, body, 'application/json', {}));
      const said = receipt.acked ? JSON.stringify(receipt.payload) : receipt.detail;
      if (!said.includes(challenge)) throw new Error(`${target} did not answer the challenge: ${said}`);
      url = target;
    },

    /** Sends the last request again, byte for byte, as somebody who recorded it would. Returns the HTTP status. */
    async replay(): Promise<number | undefined> {
      if (!last) throw new Error('nothing was sent yet');
      return (await post(last)).status;
    },
  };
}

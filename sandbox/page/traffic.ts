import type { Slack } from '../slack/index.ts';
import type { TrafficShown } from './contract.ts';

const NEWEST = 25;
const BODY_CHARS = 4_000;

type Traffic = Slack['store']['traffic'][number];

/** The newest lines of what went between the bot and Slack, newest first. */
export function createTraffic(slack: Slack) {
  const numbers = new WeakMap<Traffic, number>();
  let counted = 0;

  function numberOf(entry: Traffic): number {
    const known = numbers.get(entry);
    if (known !== undefined) return known;
    counted += 1;
    numbers.set(entry, counted);
    return counted;
  }

  return (): TrafficShown[] => {
    const newest = slack.store.traffic.slice(-NEWEST);
    // In the order of arrival, so that later lines have larger numbers.
    const numbered = newest.map((entry) => ({ id: numberOf(entry), entry }));
    return numbered
      .toReversed()
      .map(({ id, entry }) => ({ id, at: entry.at.toISOString(), ...shown(entry) }));
  };
}

function shown(entry: Traffic): Omit<TrafficShown, 'id' | 'at'> {
  switch (entry.kind) {
    case 'call':
      return {
        title: `→ ${entry.method}`,
        ...outcomeOf(entry.answer),
        body: pretty({ request: entry.args, answer: entry.answer }),
      };
    case 'respond':
      return {
        title: '→ response_url',
        ...outcomeOf(entry.answer),
        body: pretty({ request: entry.body, answer: entry.answer }),
      };
    case 'delivery':
      return { title: `← ${nameOf(entry)}`, ...receiptOf(entry), body: pretty(bothSides(entry)) };
  }
}

type Delivery = Extract<Traffic, { kind: 'delivery' }>;

function nameOf({ type, payload, attempt }: Delivery): string {
  const detail = type === 'slash_commands' ? payload.command : type === 'interactive' ? payload.type : '';
  return [type, ...(detail ? [String(detail)] : []), ...(attempt > 0 ? [`again, ${attempt}`] : [])].join(
    ' · ',
  );
}

const bothSides = ({ payload, receipt }: Delivery) => ({
  request: payload,
  ...(receipt?.acked ? { answer: receipt.payload ?? {} } : {}),
});

function receiptOf({ receipt }: Delivery): { outcome: string; ok: boolean } {
  if (receipt === undefined) return { outcome: 'waiting', ok: true };
  return receipt.acked
    ? { outcome: `acknowledged after ${Math.round(receipt.afterMs)} ms`, ok: true }
    : { outcome: `${receipt.error}: ${receipt.detail}`, ok: false };
}

function outcomeOf(answer: Readonly<Record<string, unknown>>): { outcome: string; ok: boolean } {
  return answer.ok === true
    ? { outcome: 'ok', ok: true }
    : { outcome: `refused: ${String(answer.error)}`, ok: false };
}

function pretty(body: unknown): string {
  const text = JSON.stringify(body, null, 2);
  return text.length <= BODY_CHARS ? text : `${text.slice(0, BODY_CHARS)}\n… (cut)`;
}

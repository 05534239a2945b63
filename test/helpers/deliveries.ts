import { createServer } from 'node:http';
import { App, type Receiver } from '@slack/bolt';
import { personId } from '../../sandbox/slack/index.ts';
import type { SlackDeps } from '../../src/slack/deps.ts';
import { startRouting } from '../../src/slack/routes.ts';

/** A request of Slack's as Bolt's receivers hand it on. */
export type SlackRequest = Record<string, unknown>;

export type Deliveries = Awaited<ReturnType<typeof startDeliveries>>;

/**
 * The real Bolt and the real routes, fed by hand: for thousands of deliveries in an order that no workspace would choose.
 * Answers to people go to a server that only takes them.
 */
export async function startDeliveries(deps: SlackDeps) {
  const answers = createServer((request, response) => {
    request.resume();
    response.end('ok');
  });
  await new Promise<void>((resolve) => answers.listen(0, '127.0.0.1', resolve));
  const address = answers.address();
  const responseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const nowhere: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const app = new App({
    receiver: nowhere,
    authorize: async () => ({ botToken: 'xoxb-nobody' }),
    convoStore: false,
    ignoreSelf: false,
  });
  startRouting(app, deps);
  let unacknowledged = 0;

  return {
    command: (who: string, channel: string, text: string, trigger: string): SlackRequest => ({
      command: '/dr',
      text,
      user_id: personId(who),
      team_id: 'T1',
      channel_id: channel,
      trigger_id: trigger,
      response_url: responseUrl,
    }),
    /** A form that adds a note. */
    note: (who: string, incident: string, text: string, trigger: string): SlackRequest => ({
      type: 'view_submission',
      user: { id: personId(who) },
      team: { id: 'T1' },
      trigger_id: trigger,
      view: {
        id: `V${trigger}`,
        type: 'modal',
        callback_id: 'incident.add-note',
        private_metadata: new URLSearchParams({ incident }).toString(),
        state: { values: { note: { value: { type: 'plain_text_input', value: text } } } },
      },
    }),
    /** One delivery: resolves when it was carried out. */
    async deliver(body: SlackRequest): Promise<void> {
      let acked = false;
      await app.processEvent({
        body,
        ack: async () => {
          acked = true;
        },
      });
      if (!acked) unacknowledged++;
    },
    unacknowledged: () => unacknowledged,
    stop: () => {
      answers.closeAllConnections();
      answers.close();
    },
  };
}

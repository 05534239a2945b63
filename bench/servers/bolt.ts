import { App, HTTPReceiver } from '@slack/bolt';
import { listen, signingSecret } from './listen.ts';

// Bolt as its documentation starts it, with one listener that only acknowledges.
const receiver = new HTTPReceiver({ signingSecret, endpoints: '/slack/events' });
const app = new App({ receiver, authorize: async () => ({ botToken: 'xoxb-bench' }), convoStore: false });
app.command(/.*/, async ({ ack }) => {
  await ack();
});
listen((request, response) => receiver.requestListener(request, response));

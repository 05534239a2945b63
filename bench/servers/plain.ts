import { createHmac, timingSafeEqual } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { listen, signingSecret } from './listen.ts';

// The least that can be done: the signature and the fields.
listen(async (request, response) => {
  const body = await text(request);
  const { 'x-slack-signature': signature, 'x-slack-request-timestamp': seconds } = request.headers;
  const wanted = `v0=${createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex')}`;
  const genuine = timingSafeEqual(Buffer.from(String(signature)), Buffer.from(wanted));
  const known = new URLSearchParams(body).get('command') === '/dr';
  response.writeHead(genuine && known ? 200 : 401).end();
});

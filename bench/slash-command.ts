import { createHmac } from 'node:crypto';
import { type Agent, request } from 'node:http';

export interface Sender {
  readonly port: number;
  readonly signingSecret: string;
  readonly agent?: Agent;
}

let sent = 0;

/** Posts a slash command as Slack signs it, each with a trigger of its own. Resolves with the status, after the body. */
export function sendCommand({ port, signingSecret, agent }: Sender, text: string): Promise<number> {
  const body = new URLSearchParams({
    command: '/dr',
    text,
    user_id: 'U0000000ANA',
    user_name: 'ana',
    team_id: 'T000000000',
    team_domain: 'bench',
    channel_id: 'C000000000',
    channel_name: 'incidents',
    trigger_id: `${Date.now()}.${process.pid}.${sent++}`,
    response_url: 'http://127.0.0.1:9/none',
  }).toString();
  const seconds = String(Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-slack-request-timestamp': seconds,
    'x-slack-signature': `v0=${digest}`,
  };
  const options = { host: '127.0.0.1', port, path: '/slack/events', method: 'POST', headers };
  return new Promise((resolve, reject) => {
    const post = request(agent === undefined ? options : { ...options, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    post.once('error', reject);
    post.end(body);
  });
}

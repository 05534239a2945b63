import { startSignals } from './signals-world.ts';
import { createSigner, TOPIC } from './sns-messages.ts';

export const NOTICES = {
  topicArn: TOPIC,
  success: 'PostgreSQL Backup Success',
  failure: 'PostgreSQL Backup FAILED',
};
const DUMP = { system: 'janua', backup: 'pg-daily', sns: NOTICES };
const REDIS = {
  system: 'janua',
  backup: 'redis-hourly',
  sns: { topicArn: TOPIC, success: 'Redis Backup Success' },
};
const QUIET = { system: 'janua', backup: 'pg-wal', token: 'a-token' };
export const AMAZON = createSigner(new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'));
export const STRANGER = createSigner(new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'));
export const EXPIRED = createSigner(new Date('2025-01-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z'));

/** The endpoint, with an SNS that serves this at every address it is asked for. */
export async function startEndpoint(
  serve: (url: string) => Response | Promise<Response> = () => new Response(AMAZON.pem),
) {
  const asked: string[] = [];
  const bot = await startSignals([DUMP, REDIS, QUIET], {
    fetch: async (url) => {
      asked.push(url);
      return serve(url);
    },
  });
  const post = (message: object) =>
    bot.send('/sns', {
      headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' },
      body: JSON.stringify(message),
    });
  return { ...bot, asked, post };
}

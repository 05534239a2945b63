import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { smallPlan } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';
import { watch, watchedBackup } from '../helpers/watched.ts';

let aws: SandboxAws;
let bot: SlackBot;

beforeAll(async () => {
  aws = await startAws();
  process.env.NOTICE_KEY = aws.credentials.accessKeyId;
  process.env.NOTICE_SECRET = aws.credentials.secretAccessKey;
  const { topicArn, region, endpoint } = aws;
  const calls = {
    topicArn,
    region,
    endpoint,
    accessKeyId: 'env:NOTICE_KEY',
    secretAccessKey: 'env:NOTICE_SECRET',
  };
  bot = await startSlackBot({
    plan: smallPlan({ backups: [watchedBackup], watch: { sns: 'calls' } }),
    clients: createClients(Connections.parse({ sns: { calls } })),
  });
});

afterAll(async () => {
  await bot?.stop();
  await aws?.stop();
});

test('a critical alert goes to the topic of the plan once, and one that closes does not', async () => {
  const watched = await watch(bot);
  await watched.round();
  watched.sources.hours = [30, 54, 78, 102, 126];
  await watched.round();
  await watched.round();
  watched.sources.hours = [1, 30, 54, 78, 102];
  await watched.round();
  await bot.slack.waitForMessage('#incidents', (text) => text.includes('Alert lasted'), {
    timeoutMs: 15_000,
    what: 'the closed card',
  });

  const [notice, ...more] = await aws.takePublished();

  expect(more).toEqual([]);
  expect(notice).toMatchObject({
    Subject: expect.stringMatching(/^critical: Demo app-daily: /),
    Message: expect.stringContaining('limit 25 h'),
  });
});

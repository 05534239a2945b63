import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { startHttp } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { startSlack } from '../../src/slack/start.ts';
import { signingSecret, tellPort } from './listen.ts';

// The bot's own listeners and inbox. Slack answers nothing, so that what comes after the acknowledgement costs nothing.
const config = readConfig({ ...process.env, DR_SLACK_MODE: 'http' });
const app = await createApp(config, createLog('fatal'), { role: 'cli' });
if (app.slackDeps === null) throw new Error('DR_SLACK_MODE is off');
const slack = startSlack(
  { mode: 'http', botToken: 'xoxb-bench', signingSecret },
  { ...app.slackDeps, call: () => new Promise(() => {}) },
);
const health = async () => ({ ok: true, database: 'ok', slack: slack.state(), stuck: [] });
const { port } = await startHttp({
  host: '127.0.0.1',
  port: 0,
  slack: slack.requestListener,
  health,
  tallies: app.tallies,
});
tellPort(port);

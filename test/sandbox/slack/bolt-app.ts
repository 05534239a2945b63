import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { type Slack, type SlackOptions, startSlack } from '../../../sandbox/slack/index.ts';

/** A real Bolt app in Socket Mode against a fresh pretend workspace. */
export async function startSocketApp(slack: Slack, register: (app: App) => void) {
  const app = new App({
    token: slack.botToken,
    appToken: slack.appToken,
    socketMode: true,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  register(app);
  await app.start();
  return app;
}

/** A real Bolt app that takes signed requests; the workspace posts to it from now on. */
export async function startHttpApp(slack: Slack, register: (app: App) => void) {
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, logLevel: LogLevel.ERROR });
  const app = new App({
    token: slack.botToken,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  register(app);
  const server = await app.start(0);
  const address = 'address' in server ? server.address() : null;
  if (typeof address !== 'object' || address === null) throw new Error('the app has no port');
  await slack.setRequestUrl(`http://127.0.0.1:${address.port}/slack/events`);
  return app;
}

/** Runs `story` in a workspace of its own and takes everything down after it. */
export async function inWorkspace(
  options: SlackOptions,
  story: (slack: Slack, stopLater: (app: { stop: () => Promise<unknown> }) => void) => Promise<void>,
): Promise<void> {
  const slack = await startSlack(options);
  const apps: { stop: () => Promise<unknown> }[] = [];
  try {
    await story(slack, (app) => apps.push(app));
  } finally {
    for (const app of apps) await app.stop();
    await slack.stop();
  }
}

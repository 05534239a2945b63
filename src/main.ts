import { createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { isTrapped } from './hop.ts';
import { startHttp } from './http/server.ts';
import { createLog } from './log.ts';
import { type SlackMode, startSlack } from './slack/start.ts';
import { version } from './version.ts';

/** Starts the worker. Slack may be away: work goes on without it, and the connection is tried for ever. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.DR_LOG_LEVEL);
  if (isTrapped) log.warn({}, 'DR_HOP_KILL or DR_HOP_STOP is set: this process ends or sleeps where it says');
  const app = await createApp(config, log, { role: 'worker' });
  for (const fault of app.folder.faults)
    log.error({ fault }, 'a plan has a fault; its last good version stays in force');
  await app.start();
  for (const { name, digest, changed } of await app.loadPlans('start', { onlyNew: true }))
    if (changed) log.info({ name, digest }, 'in force');
  const slack = startSlack(slackMode(config), app.slackDeps);
  const health = async () => {
    const database = await app.db.query('select 1').then(() => 'ok', messageOf);
    const state = slack.state();
    const reason = [state.reason, app.slack?.refusal() ?? ''].filter((said) => said !== '').join('; ');
    return { ok: database === 'ok', database, slack: { ...state, reason }, stuck: await app.stuck() };
  };
  const http = await startHttp({
    host: config.DR_HTTP_HOST,
    port: config.DR_HTTP_PORT,
    slack: slack.requestListener,
    health,
    tallies: app.tallies,
    signals: app.signals,
  });
  const working = await app.startWorking();
  log.info({ version, port: http.port, slack: config.DR_SLACK_MODE }, 'ready');

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping: no new work, own steps end, then the queue');
    await working.stop();
    // Nobody is let in any more, and what was acknowledged is carried out while there is still a database.
    await Promise.all([slack.stop(), http.stop()]);
    await slack.idle();
    await app.close();
    // The Socket Mode client keeps a timer for 30 s after it was stopped.
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
}

function slackMode(config: Config): SlackMode {
  const api = config.DR_SLACK_API_URL === undefined ? {} : { apiUrl: config.DR_SLACK_API_URL };
  switch (config.DR_SLACK_MODE) {
    case 'off':
      return { mode: 'off' };
    case 'socket':
      return {
        mode: 'socket',
        botToken: config.DR_SLACK_BOT_TOKEN,
        appToken: config.DR_SLACK_APP_TOKEN,
        ...api,
      };
    case 'http':
      return {
        mode: 'http',
        botToken: config.DR_SLACK_BOT_TOKEN,
        signingSecret: config.DR_SLACK_SIGNING_SECRET,
        ...api,
      };
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});

import { createServer } from 'node:http';
import { commands } from '../../commands/index.ts';
import { personId, startSlack as startWorkspace } from '../../sandbox/slack/index.ts';
import { createSlack } from '../../src/clients/slack.ts';
import type { Tools } from '../../src/command.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { refuse } from '../../src/domain/refusal.ts';
import { deliverIncident } from '../../src/jobs/deliver.ts';
import { channelFinder } from '../../src/jobs/deliver-slack.ts';
import { previewRun } from '../../src/jobs/preview.ts';
import { draftUpdate } from '../../src/render/updates.ts';
import { createAccounts } from '../../src/services/accounts.ts';
import { createQueries } from '../../src/services/queries.ts';
import { createReports } from '../../src/services/reports.ts';
import type { SlackDeps } from '../../src/slack/deps.ts';
import { type SlackMode, startSlack } from '../../src/slack/start.ts';
import { startBot } from './bot.ts';

const CAST = [
  ['ana', 'Ana Duarte', true],
  ['ben', 'Ben Okoye', true],
  ['mina', 'Mina Sato', true],
  ['dan', 'Dan Weber', false],
] as const;

/** The pretend workspace with the real bot in it, in this process: pretend actions, real PostgreSQL, real Bolt. */
export async function startWorkspaceBot(mode: 'socket' | 'http' = 'socket') {
  const bot = await startBot();
  const slack = await startWorkspace();
  const people = Object.fromEntries(
    CAST.map(([id, name, responder]) => [id, { name, responder, slack: [personId(id)] }]),
  );
  await bot.plans.load([{ kind: 'people', name: 'people', body: toJson({ people }), source: '' }], 'test');

  const client = createSlack(slack.botToken, slack.apiUrl);
  const queries = createQueries(bot);
  const reports = createReports(bot, bot.views, () => ({ body: '# A report\n', missing: [] }));
  const tools: Tools = {
    preview: async (incident, runbook, inputs) => {
      const meant = await queries.incidentMeant(incident, null);
      if ('kind' in meant) return meant;
      const version = await queries.plan(meant.system);
      return version === undefined
        ? refuse('unknown-system')
        : previewRun(bot.world, meant, version, runbook, inputs);
    },
    writeReport: (actor, incident) => reports.write(actor, incident),
    exportRunbook: () => '',
  };
  const { incidents, runs, approvals, views, world, queue } = bot;
  const deps: SlackDeps = {
    call: client.call,
    commands,
    incidents,
    runs,
    approvals,
    accounts: createAccounts(bot),
    views,
    queries,
    tools,
    guarding: new Set(),
    draft: draftUpdate,
    log: (fields, message) => bot.logs.push({ fields, message }),
  };
  const api = { botToken: slack.botToken, apiUrl: slack.apiUrl };
  const slackMode: SlackMode =
    mode === 'socket'
      ? { mode, appToken: slack.appToken, ...api }
      : { mode, signingSecret: slack.signingSecret, ...api };
  const edge = startSlack(slackMode, deps);
  const server = edge.requestListener === null ? null : createServer(edge.requestListener);
  let requestUrl = '';
  if (server !== null) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    requestUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/slack/events`;
    slack.setRequestUrl(requestUrl);
  }
  await bot.work();
  const deliver = {
    world,
    slack: client,
    incidents,
    views,
    guarding: new Set<string>(),
    draft: draftUpdate,
    slackChannelNamed: channelFinder(client),
  };
  await queue.work('deliver', 2, (job) => deliverIncident(deliver, job));
  if (mode === 'socket')
    await slack.waitFor(() => edge.state().connected, {
      timeoutMs: 10_000,
      what: 'the bot in the workspace',
    });

  return {
    bot,
    slack,
    queries,
    requestUrl,
    /** Every event of the log, by kind. */
    kinds: async () => {
      const { rows } = await bot.db.query<{ kind: string }>('select kind from events order by seq');
      return rows.map(({ kind }) => kind);
    },
    stop: async () => {
      await edge.stop();
      server?.closeAllConnections();
      server?.close();
      await slack.stop();
      await bot.stop();
    },
  };
}

import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { commands } from '../commands/index.ts';
import { actions } from './actions/index.ts';
import { createClients } from './clients/index.ts';
import { resolveSecret, scrub } from './clients/secrets.ts';
import { createSlack } from './clients/slack.ts';
import { verifySignature } from './clients/ssh.ts';
import type { Tools } from './command.ts';
import type { Config } from './config.ts';
import { readConfigFolder } from './config-folder.ts';
import type { Heartbeat } from './domain/heartbeat.ts';
import { readInputs } from './domain/inputs.ts';
import { isRefusal, refuse } from './domain/refusal.ts';
import type { IncidentView } from './domain/views.ts';
import { signalledBackups } from './http/signals.ts';
import { pingDeadMan } from './jobs/dead-man.ts';
import { deliverOwner } from './jobs/deliver.ts';
import { linksOf } from './jobs/deliver-parts.ts';
import { channelFinder } from './jobs/deliver-slack.ts';
import { createInspector, sweepReadings } from './jobs/inspector.ts';
import { observeDatabases } from './jobs/observe.ts';
import { observePrimaries } from './jobs/observe-primary.ts';
import { previewRun } from './jobs/preview.ts';
import { makeRestoreTest, sweepTestFolders } from './jobs/restore-test.ts';
import { advanceRun } from './jobs/run.ts';
import { startTicks } from './jobs/tick.ts';
import { WATCH_WORKERS, watchSystem } from './jobs/watch.ts';
import { sweepRunFolders, type World } from './jobs/world.ts';
import type { Log } from './log.ts';
import { createQueue } from './queue/boss.ts';
import { draftUpdate, lastHeardAt } from './render/updates.ts';
import { createAccounts } from './services/accounts.ts';
import { createAlertViews } from './services/alert-views.ts';
import { createAlerts } from './services/alerts.ts';
import { createApprovals } from './services/approvals.ts';
import { createBackups } from './services/backups.ts';
import { createDigests } from './services/digests.ts';
import { createHome } from './services/home.ts';
import { createIncidents } from './services/incidents.ts';
import { createPlans } from './services/plans.ts';
import { createQueries } from './services/queries.ts';
import { createReports } from './services/reports.ts';
import { createRestoreTests } from './services/restore-tests.ts';
import { createRuns } from './services/runs.ts';
import { createViews } from './services/views.ts';
import type { SlackDeps } from './slack/deps.ts';
import { databaseNow } from './store/aggregates.ts';
import { createCommit } from './store/commit.ts';
import { createDatabase } from './store/database.ts';
import { stuckDeliveries } from './store/deliveries.ts';
import { jobRunsOf, recordHeartbeat } from './store/heartbeats.ts';
import { patient } from './store/patience.ts';
import { requireTables } from './store/ready.ts';
import { requireSessions } from './store/sessions.ts';
import { talliesOf } from './store/tallies.ts';
import { readTemplates } from './templates.ts';

export type App = Awaited<ReturnType<typeof createApp>>;

/** Actions whose proof a gate rests on: a person cannot skip them. */
const GUARDING: ReadonlySet<string> = new Set(['backup.verify', 'pg.restore', 'pg.integrity', 'pg.close']);

/** Runs of a job that are looked at: enough for a p95 of its duration. */
const HEARTBEATS = 50;
const RUN_WORKERS = 4;
const DELIVER_WORKERS = 2;
/** What people in Slack ask for is made up for when PostgreSQL comes back so soon; at a terminal they see it at once. */
const PATIENCE_MS = 10_000;

/** The one place that builds things. Nothing outside is contacted before it is used. */
export async function createApp(config: Config, log: Log, options: { role: 'worker' | 'cli' }) {
  const say = (message: string) => log.warn(message);
  const folder = await readConfigFolder(config.DR_CONFIG, actions);
  const templates = await readTemplates();
  const workDir = join(config.DR_WORK_DIR, hostname());
  await mkdir(workDir, { recursive: true, mode: 0o700 });

  const db = createDatabase(config.DR_DATABASE_URL, { log: say });
  const queue = createQueue(config.DR_DATABASE_URL, { supervise: options.role === 'worker', log: say });
  const commit = createCommit(queue.enqueue);
  const deps = { db: options.role === 'worker' ? patient(db, PATIENCE_MS) : db, commit };

  const clients = createClients(folder.connections);
  const stopping = new AbortController();
  const world: World = {
    db,
    commit,
    clients,
    actions,
    workDir,
    log: (fields, message) => log.info(fields, message),
    shutdown: stopping.signal,
  };

  const incidents = createIncidents(deps);
  const runs = createRuns(deps, {
    guarding: GUARDING,
    irreversible: new Set(
      Object.values(actions).flatMap((action) => (action.class === 'irreversible' ? [action.name] : [])),
    ),
  });
  const approvals = createApprovals(deps, verifySignature);
  const plans = createPlans(deps);
  const queries = createQueries(deps);
  const views = createViews(deps);
  const alerts = createAlerts(deps);
  const alertViews = createAlertViews(deps);
  const backups = createBackups(deps);
  const restoreTests = createRestoreTests({ db: deps.db, enqueue: queue.enqueue });
  const digests = createDigests({ db: deps.db, enqueue: queue.enqueue }, backups);
  const reports = createReports(deps, views, templates.renderReport);

  const slack =
    config.DR_SLACK_MODE === 'off'
      ? null
      : createSlack({ token: config.DR_SLACK_BOT_TOKEN, apiUrl: config.DR_SLACK_API_URL, log: world.log });
  const draft = (view: IncidentView) => draftUpdate(view, lastHeardAt(view.incident));

  const tools: Tools = {
    draft,
    preview: async (incident, runbookId, given) => {
      const meant = await queries.incidentMeant(incident, null);
      if ('kind' in meant) return meant;
      const version = await queries.plan(meant.system);
      const runbook = version?.plan.runbooks[runbookId];
      if (version === undefined || runbook === undefined)
        return refuse('unknown-runbook', { runbook: runbookId, system: meant.system, runbooks: '' });
      const inputs = readInputs(runbook, given);
      return isRefusal(inputs) ? inputs : previewRun(world, meant, version, runbookId, inputs);
    },
    writeReport: (actor, incident) => reports.write(actor, incident),
  };

  /** Puts the folder's plans and people in force. A folder with faults changes nothing. */
  const loadPlans = (by: string, options?: { onlyNew: boolean }) => plans.load(folder.documents, by, options);

  /** Begins to work: the run loop, the clock that finds what is due, and the counts that restores are measured by. */
  async function startWorking(): Promise<{ stop(): Promise<void> }> {
    await sweepRunFolders(world);
    await sweepReadings(workDir);
    await queue.work('run', RUN_WORKERS, (job) => advanceRun(world, verifySignature, job));
    if (slack !== null) {
      const deliver = {
        world,
        slack,
        incidents,
        views,
        alertViews,
        digests,
        guarding: GUARDING,
        draft,
        publicUpdate: templates.renderUpdate,
        slackChannelNamed: channelFinder(slack),
      };
      await queue.work('deliver', DELIVER_WORKERS, (job) => deliverOwner(deliver, job));
    }
    if (config.DR_WATCH === 'on') await startWatching();
    const ticks = startTicks({
      world,
      queue,
      incidents,
      views,
      restoreTests,
      digests,
      draft,
      watch: config.DR_WATCH === 'on',
    });
    const looks = [
      await repeatedly(60_000, () =>
        observeDatabases(world).catch((error: unknown) =>
          log.warn({ err: error }, 'row counts could not be observed'),
        ),
      ),
      await repeatedly(2_000, () =>
        observePrimaries(world).catch((error: unknown) =>
          log.warn({ err: error }, 'primaries could not be observed'),
        ),
      ),
    ];
    return {
      stop: async () => {
        for (const look of looks) clearInterval(look);
        // First, or this process would take back what its own steps hand over.
        void queue.rest();
        stopping.abort();
        await ticks.stop();
      },
    };
  }

  /** Backups are looked at, and restored to see whether they can be. */
  async function startWatching(): Promise<void> {
    const inspector = createInspector({ clients, workDir: world.workDir, shutdown: world.shutdown });
    const heartbeats = (of: typeof db, system: string, backup: string) =>
      jobRunsOf(of, system, backup, HEARTBEATS);
    const alive = () => pingDeadMan(config.DR_DEAD_MAN_URL, world);
    const watch = { world, queue, inspector, heartbeats, alive };
    await queue.work('watch', WATCH_WORKERS, (job) => watchSystem(watch, job));
    await sweepTestFolders(world);
    await queue.work('restore-test', 1, (job) => makeRestoreTest(world, job));
  }

  /** Now, and again every so often; a look that takes longer is not overtaken by the next. */
  async function repeatedly(everyMs: number, look: () => Promise<void>) {
    let busy = false;
    const once = async () => {
      if (busy) return;
      busy = true;
      await look();
      busy = false;
    };
    await once();
    return setInterval(() => void once(), everyMs);
  }

  const slackDeps: SlackDeps | null =
    slack === null
      ? null
      : {
          call: slack.call,
          commands,
          incidents,
          runs,
          approvals,
          alerts,
          alertViews,
          backups,
          restoreTests,
          accounts: createAccounts(deps),
          views,
          queries,
          home: createHome(deps, views, backups),
          tools,
          guarding: GUARDING,
          draft,
          links: (view) => linksOf({ world, slack }, view),
          log: (fields, message) => log.info(fields, message),
        };

  return {
    config,
    slack,
    slackDeps,
    folder,
    db,
    queue,
    commit,
    clients,
    world,
    incidents,
    runs,
    approvals,
    plans,
    queries,
    views,
    backups,
    tools,
    templates,
    loadPlans,
    startWorking,
    signals: {
      backups: async () =>
        signalledBackups(
          (await queries.plans()).map(({ plan }) => plan),
          folder.connections,
          { resolve: resolveSecret, log: world.log },
        ),
      // What a script quotes of its own command line ends on cards and in the log.
      record: ({ reason, ...heartbeat }: Heartbeat) =>
        recordHeartbeat(db, { ...heartbeat, reason: reason === null ? null : scrub(reason) }),
      now: () => databaseNow(db),
      fetch,
      log: world.log,
    },
    tallies: () => talliesOf(db),
    /** What fails again and again while the rest goes on, with the last reason. */
    stuck: async () => [...queue.stuck(), ...(await stuckDeliveries(db).catch(() => []))],
    start: async () => {
      if (options.role === 'worker') await requireSessions(config.DR_DATABASE_URL);
      await requireTables(db);
      await queue.start();
    },
    close: async () => {
      stopping.abort();
      await queue.stop();
      await db.close();
    },
  };
}

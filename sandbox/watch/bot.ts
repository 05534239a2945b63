import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { deliverOwner } from '../../src/jobs/deliver.ts';
import { channelFinder } from '../../src/jobs/deliver-slack.ts';
import { tick } from '../../src/jobs/tick.ts';
import { type Inspector, WATCH_WORKERS, wakeWatches, watchSystem } from '../../src/jobs/watch.ts';
import { createLog } from '../../src/log.ts';
import { migrate } from '../../src/migrate.ts';
import { draftUpdate, lastHeardAt } from '../../src/render/updates.ts';
import { createAlertViews } from '../../src/services/alert-views.ts';
import { createDigests } from '../../src/services/digests.ts';
import { createDatabase } from '../../src/store/database.ts';
import { jobRunsOf, recordHeartbeat } from '../../src/store/heartbeats.ts';
import { endTest, noteTest } from '../../src/store/restore-tests.ts';
import { startAws } from '../aws.ts';
import type { Watched } from '../demo/backups-trials.ts';
import type { BaseWorld } from '../world.ts';
import { connectionsExample, parsePlan, planText, SYSTEMS } from './plans.ts';
import type { Platform, Told } from './platform.ts';

const MINUTE = 60_000;
const HEARTBEATS = 50;
const DELIVER_WORKERS = 2;
const PATIENCE_MS = 60_000;

/**
 * The bot's watch in this process: its store, queue, jobs, rules and deliveries as they are, in front of the pretend Slack
 * and SNS. Only two things are others: the clock of its database is moved, and its sources are simulated, because a month
 * of four platforms cannot be waited for.
 */
export async function startWatchBot(world: BaseWorld, every: string) {
  const aws = await startAws();
  const texts = await Promise.all(SYSTEMS.map((system) => planText(system, every)));
  await writeConfig(world, aws, texts);
  await migrate(world.ownerEnv.DR_DATABASE_OWNER_URL, world.ownerEnv.DR_DATABASE_ROLE);
  await world.startClock();
  const clock = createDatabase(world.bot.superuserUrl, { max: 1 });
  const app = await createApp(readConfig(world.env), createLog('warn'), { role: 'worker' });
  if (app.folder.faults.length > 0) throw new Error(app.folder.faults.join('\n'));
  if (app.slack === null) throw new Error('the demo needs the pretend Slack');
  const { db, queue, slack } = app;
  await queue.start();

  let inspected: readonly Platform[] = [];
  const platformOf = (system: string): Platform => {
    const found = inspected.find(({ plan }) => plan.system === system);
    if (found === undefined) throw new Error(`"${system}" is not simulated`);
    return found;
  };
  const inspector: Inspector = {
    backup: async ({ system }, backup, { now }) => platformOf(system).backup(backup, now),
    system: async ({ system }, { now }) => platformOf(system).around(now),
  };
  let looked = { count: 0, wake: (): void => {} };
  const alive = () => {
    looked.count += 1;
    looked.wake();
  };
  const heartbeats = (of: typeof db, system: string, backup: string) =>
    jobRunsOf(of, system, backup, HEARTBEATS);
  const deps = { world: app.world, queue, inspector, heartbeats, alive };
  await queue.work('watch', WATCH_WORKERS, (job) => watchSystem(deps, job));
  const due = {
    ...app,
    draft: (view: Parameters<typeof draftUpdate>[0]) => draftUpdate(view, lastHeardAt(view.incident)),
  };
  const deliver = {
    ...due,
    slack,
    alertViews: createAlertViews(app),
    digests: createDigests({ db, enqueue: queue.enqueue }, app.backups),
    guarding: new Set<string>(),
    publicUpdate: null,
    slackChannelNamed: channelFinder(slack),
  };
  await queue.work('deliver', DELIVER_WORKERS, (job) => deliverOwner(deliver, job));

  async function setClock(at: Date): Promise<void> {
    await clock.query(
      'update sandbox_clock.clock set offset_ms = round(extract(epoch from $1::timestamptz - clock_timestamp()) * 1000)',
      [at],
    );
  }

  /** The platforms live until a moment, tell the bot what they tell by themselves, and are looked at. */
  async function round(at: Date): Promise<void> {
    await Promise.all(
      inspected.map((platform) => {
        platform.runUntil(at);
        return remember(platform.plan.system, platform.takeTold(at));
      }),
    );
    await setClock(at);
    const all = Promise.withResolvers<void>();
    const late = setTimeout(
      () => all.reject(new Error(`not every system was looked at within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
    looked = { count: 0, wake: () => looked.count === inspected.length && all.resolve() };
    await wakeWatches(app.world, queue);
    await all.promise.finally(() => clearTimeout(late));
  }

  async function remember(system: string, { heartbeats: words, tests }: Told): Promise<void> {
    await Promise.all(words.map((word) => recordHeartbeat(db, word)));
    for (const { backup, ...result } of tests)
      await db.transact(async (tx) => {
        await noteTest(tx, { id: result.id, system, test: result.test, backup, number: 0 });
        await endTest(tx, result);
      });
  }

  async function alerts(): Promise<readonly Alert[]> {
    const { rows } = await db.query<{ state: Alert }>('select state from alerts order by fired_at, id');
    // Escalations and cards that wait: what is due by now, as each second in earnest.
    if (rows.some(({ state }) => state.state === 'open')) await tick(due);
    return rows.map(({ state }) => state);
  }

  async function card({ id, group }: Alert, holds: (text: string) => boolean): Promise<string> {
    const mark = new RegExp(`\\b${group ?? id}\\b`);
    const posted = await world.slack.waitForMessage(
      '#incidents',
      (text, { threadTs }) => threadTs === undefined && mark.test(text) && holds(text),
      { timeoutMs: PATIENCE_MS, what: `the card of ${id}` },
    );
    return world.slack.textOf(posted);
  }

  const watched: Watched = { round, alerts, card };
  return {
    watched,
    plans: texts.map(parsePlan),
    /** Puts the plans in force and the platforms behind the sources. */
    begin: async (at: Date, platforms: readonly Platform[]): Promise<void> => {
      inspected = platforms;
      await setClock(new Date(+at - MINUTE));
      await app.loadPlans('demo');
    },
    takePublished: aws.takePublished,
    stop: async () => {
      await app.close();
      await clock.close();
      await aws.stop();
    },
  };
}

/** As an operator would, with every connection the plans name; only the topic is one that answers. */
async function writeConfig(
  { configDir, folder }: BaseWorld,
  aws: Awaited<ReturnType<typeof startAws>>,
  texts: readonly string[],
): Promise<void> {
  const [key, secret] = [join(folder.path, 'sns-key'), join(folder.path, 'sns-secret')];
  await writeFile(key, aws.credentials.accessKeyId, { mode: 0o600 });
  await writeFile(secret, aws.credentials.secretAccessKey, { mode: 0o600 });
  const topic = {
    topicArn: aws.topicArn,
    region: aws.region,
    endpoint: aws.endpoint,
    accessKeyId: `file:${key}`,
    secretAccessKey: `file:${secret}`,
  };
  const connections = { ...(await connectionsExample()), sns: { 'janua-dr': topic } };
  await writeFile(join(configDir, 'connections.yml'), stringify(connections, { lineWidth: 0 }));
  await Promise.all(
    SYSTEMS.map((system, index) => writeFile(join(configDir, 'plans', `${system}.yml`), texts[index] ?? '')),
  );
}

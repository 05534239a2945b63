import { randomBytes } from 'node:crypto';
import { startAws } from './aws.ts';
import { januaPlan, writeBotConfig } from './bot-config.ts';
import { createClock } from './clock.ts';
import { createSandboxFolder } from './folder.ts';
import { startApp } from './janua/app.ts';
import { createDamage } from './janua/damage.ts';
import { createJanua } from './janua/janua.ts';
import { startWorker } from './janua/worker.ts';
import { type KubernetesOptions, startKubernetes } from './kubernetes/kubernetes.ts';
import { type PostgresCluster, startPostgres } from './postgres.ts';
import { startProber } from './prober.ts';
import { ensurePrograms } from './programs.ts';
import { startRedis } from './redis.ts';
import { type SlackOptions, startSlack } from './slack/index.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export type WorldOptions = {
  /** One line for each thing that is up. */
  log?: (line: string) => void;
  /** The moment the story starts: the newest good backup is 25 minutes older. */
  now?: Date;
  /** Install missing programs without asking. */
  yes?: boolean;
  slack?: SlackOptions;
  kubernetes?: KubernetesOptions;
  plans?: readonly string[];
};

/**
 * Starts the whole pretend world but the bot. Everything is in one temporary folder, listens on 127.0.0.1 only, and is gone
 * after `stop`, after a failed start, and after this process was killed.
 */
export async function startWorld(options: WorldOptions = {}) {
  const { log = () => undefined, now = new Date(), plans = [januaPlan] } = options;
  const programs = await ensurePrograms({ yes: options.yes ?? false });
  const folder = await createSandboxFolder();

  const beginnings: Promise<unknown>[] = [];
  const endings: (() => unknown)[] = [];
  /** `stop` waits for what is still starting: a part that comes up afterwards would be left behind. */
  function watch<T>(starting: Promise<T>): Promise<T> {
    beginnings.push(starting);
    return starting;
  }
  function begin<Part extends { stop(mode?: 'immediate'): unknown }>(name: string, starting: Promise<Part>) {
    const begun = starting.then((part) => {
      endings.unshift(() => part.stop('immediate'));
      log(`${name} is up`);
      return part;
    });
    return watch(begun);
  }
  function follow(name: string, change: Promise<void>): void {
    change.catch((error: unknown) => log(`${name} cannot follow its pods: ${error}`));
  }
  async function stop(): Promise<void> {
    await Promise.allSettled(beginnings);
    for (const end of endings.splice(0)) {
      // One part that cannot stop must not keep the others running.
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => log(`could not stop a part: ${error}`));
    }
    await folder.remove();
  }

  try {
    const [bot, platform, redis, kubernetes, slack] = await Promise.all([
      begin('the bot’s PostgreSQL', startPostgres({ folder, programs, name: 'bot' })).then(createBotDatabase),
      watch(startPlatform()),
      begin('Redis', startRedis({ folder, programs })),
      begin('Kubernetes', startKubernetes(options.kubernetes ?? {})),
      begin('Slack', startSlack(options.slack ?? {})),
    ]);
    const { cluster, aws, janua, damage, app, worker } = platform;

    seedKubernetes();
    endings.unshift(
      kubernetes.control.onPods('janua', 'janua-api', (ready) => follow('janua-api', app.setReady(ready))),
      // A pod that is shutting down still holds its session: only when it is gone is the database free of it.
      kubernetes.control.onPods('janua', 'janua-worker', (_, pods) =>
        follow('janua-worker', worker.setReady(pods.length)),
      ),
    );
    const prober = startProber({ url: `${app.url}/health` });
    endings.unshift(prober.stop);

    const surroundings = {
      folder,
      programs,
      databaseUrl: bot.url,
      janua,
      app,
      redis,
      aws,
      kubernetes,
      slack,
      plans,
    };
    const { configDir, env, sshKeys } = await writeBotConfig(surroundings);
    log(`everything is in ${folder.path}`);

    function seedKubernetes() {
      kubernetes.control.seed({
        namespace: 'janua',
        deployments: [
          {
            name: 'janua-api',
            replicas: 4,
            image: 'janua/api:2.4.0',
            hpa: { minReplicas: 3, maxReplicas: 10 },
          },
          { name: 'janua-worker', replicas: 2, image: 'janua/worker:2.4.0' },
        ],
        secrets: {
          'janua-secrets': {
            DATABASE_URL: janua.url('janua_app'),
            FIELD_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
          },
        },
      });
    }

    return {
      now,
      folder,
      programs,
      bot,
      cluster,
      janua,
      app,
      worker,
      damage,
      prober,
      redis,
      aws,
      kubernetes,
      slack,
      configDir,
      env,
      /** For the bot's migration command alone: the bot itself never gets the owner's password. */
      ownerEnv: { DR_DATABASE_OWNER_URL: bot.ownerUrl, DR_DATABASE_ROLE: 'drbot' },
      sshKeys,
      /** Takes over the bot's clock. Only after the bot's migration. */
      startClock: () => createClock({ adminUrl: bot.superuserUrl }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startPlatform() {
    // What the bot must refuse to swap under, it must be possible to have: prepared transactions and logical slots.
    const settings = { max_prepared_transactions: '10', wal_level: 'logical' };
    const [cluster, aws] = await Promise.all([
      begin('Janua’s PostgreSQL', startPostgres({ folder, programs, name: 'janua', settings })),
      begin('S3 and SNS', startAws()),
    ]);
    const dumping = { cluster, aws, folder, programs, now };
    const janua = await createJanua(dumping);
    log('Janua’s data and backups are there');
    const [app, worker] = await Promise.all([
      begin('janua-api', startApp({ databaseUrl: janua.url('janua_app') })),
      begin('janua-worker', startWorker({ databaseUrl: janua.url('janua_worker') })),
    ]);
    return { cluster, aws, janua, damage: createDamage(dumping, janua), app, worker };
  }
}

/** An empty database and two roles: the owner, who migrates, and the bot's, which has no rights until then. */
async function createBotDatabase(cluster: PostgresCluster) {
  const secrets = { owner: randomBytes(12).toString('hex'), runtime: randomBytes(12).toString('hex') };
  await cluster.psql(
    'postgres',
    `create role drbot_owner login password '${secrets.owner}';
     create role drbot login password '${secrets.runtime}';
     create database drbot owner drbot_owner;`,
  );
  return {
    cluster,
    ownerUrl: cluster.url('drbot', 'drbot_owner', secrets.owner),
    url: cluster.url('drbot', 'drbot', secrets.runtime),
    superuserUrl: cluster.superuserUrl('drbot'),
  };
}

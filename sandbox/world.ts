import { randomBytes } from 'node:crypto';
import { planOf, writeBotConfig } from './bot-config.ts';
import { createClock } from './clock.ts';
import { createSandboxFolder } from './folder.ts';
import { januaConfig } from './janua/config.ts';
import type { Share } from './janua/numbers.ts';
import { type JanuaPlatform, startJanua } from './janua/platform.ts';
import type { KubernetesOptions } from './kubernetes/kubernetes.ts';
import { createParts } from './parts.ts';
import { type PostgresCluster, startPostgres } from './postgres.ts';
import { ensurePrograms } from './programs.ts';
import { type SlackOptions, startSlack } from './slack/index.ts';
import { vezaConfig } from './veza/config.ts';
import { startVeza, type Veza } from './veza/veza.ts';

export type Platform = 'janua' | 'veza';

export type WorldOptions = {
  /** One line for each thing that is up. */
  log?: (line: string) => void;
  /** The moment the story starts: the newest good backup is 25 minutes older. */
  now?: Date;
  /** Install missing programs without asking. */
  yes?: boolean;
  slack?: SlackOptions;
  /** Of each platform's own cluster. */
  kubernetes?: KubernetesOptions;
  /** The shipped ones of the platforms unless told. */
  plans?: readonly string[];
  /** Only Janua unless told. */
  platforms?: readonly Platform[];
  /** For a bot that watches: Janua's backups are as its plan asks. Otherwise the last two are broken and nobody makes more. */
  watched?: boolean;
  /** How much of Janua's rows there are; the whole unless told. */
  share?: Share;
  /** Ends the start early, with nothing left behind. */
  signal?: AbortSignal;
};

/** What a bot needs, whichever platforms it looks after. */
export type BaseWorld = Awaited<ReturnType<typeof startAll>>['base'];
export type World = BaseWorld & JanuaPlatform & { env: Awaited<ReturnType<typeof januaConfig>>['env'] };
export type VezaWorld = BaseWorld & { veza: Veza };

/**
 * Starts the whole pretend world but the bot. Everything is in one temporary folder, listens on 127.0.0.1 only, and is gone
 * after `stop`, after a failed start, and after this process was killed.
 */
export async function startWorld(options?: WorldOptions & { platforms?: readonly ['janua'] }): Promise<World>;
export async function startWorld(
  options: WorldOptions & { platforms: readonly ['veza'] },
): Promise<VezaWorld>;
export async function startWorld(
  options: WorldOptions & { platforms: readonly ['janua', 'veza'] },
): Promise<World & VezaWorld>;
/** Without platforms: a bot's surroundings, for a plan of one's own. */
export async function startWorld(options: WorldOptions & { platforms: readonly [] }): Promise<BaseWorld>;
export async function startWorld(options: WorldOptions = {}): Promise<BaseWorld> {
  const { base, janua, veza } = await startAll(options);
  return { ...base, ...janua, ...(veza && { veza }) };
}

async function startAll(options: WorldOptions) {
  const { log = () => undefined, now = new Date(), platforms = ['janua'], kubernetes = {} } = options;
  const { watched = false, share = 1, signal } = options;
  const plans = options.plans ?? platforms.map(planOf);
  const programs = await ensurePrograms({ yes: options.yes ?? false });
  const folder = await createSandboxFolder();
  const parts = createParts(log);
  const here = { folder, programs, parts, now, kubernetes, watched, share, ...(signal && { signal }) };

  async function stop(): Promise<void> {
    await parts.stop();
    await folder.remove();
  }

  try {
    const [bot, slack, janua, veza] = await Promise.all([
      parts.watch(startBotDatabase()),
      parts.begin('Slack', startSlack(options.slack ?? {})),
      platforms.includes('janua') ? parts.watch(startJanua(here)) : undefined,
      platforms.includes('veza') ? parts.watch(startVeza(here)) : undefined,
    ]);
    const configs = await Promise.all([
      ...(janua ? [januaConfig({ folder, ...janua })] : []),
      ...(veza ? [vezaConfig(folder, veza)] : []),
    ]);
    const surroundings = { folder, programs, databaseUrl: bot.url, slack, platforms: configs, plans };
    const { configDir, env, sshKeys } = await writeBotConfig(surroundings);
    log(`everything is in ${folder.path}`);

    const base = {
      now,
      folder,
      programs,
      bot,
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
    return { base, janua, veza };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startBotDatabase() {
    const cluster = startPostgres({ folder, programs, name: 'bot' });
    return createBotDatabase(await parts.begin('the bot’s PostgreSQL', cluster));
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

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { SandboxFolder } from './folder.ts';
import type { Programs } from './programs.ts';
import { defaultPeople } from './slack/cast.ts';
import { personId, type Slack } from './slack/index.ts';

const run = promisify(execFile);

/** What the bot must be told about one platform: `connections` is its share of connections.yml, `env` the secrets in it. */
export type PlatformConfig = {
  connections: Partial<
    Record<'postgres' | 'kubernetes' | 's3' | 'sns' | 'redis' | 'secrets' | 'vars', Record<string, unknown>>
  >;
  /** The hosts that checks may ask, and the addresses they may post to. */
  http: { allow: readonly string[]; post: readonly string[] };
  env: Record<string, string>;
  /** Addresses that its plan names, and where they are here. */
  addresses?: Readonly<Record<string, string>>;
};

export type BotSurroundings = {
  folder: SandboxFolder;
  programs: Programs;
  databaseUrl: string;
  slack: Slack;
  platforms: readonly PlatformConfig[];
  /** Plan files to copy into the configuration. */
  plans: readonly string[];
};

/** Keys with which people sign votes on the command line; paths of the private halves. */
export type SshKeys = Record<string, string>;

/** The plan that ships for a platform. */
export const planOf = (platform: string) =>
  fileURLToPath(new URL(`../plans/${platform}.yml`, import.meta.url));

/**
 * Writes the folder DR_CONFIG names, as an operator would: plans, people.yml, connections.yml. Secrets are only in `env`,
 * which is the environment of the bot's process.
 */
export async function writeBotConfig(world: BotSurroundings) {
  const configDir = join(world.folder.path, 'config');
  const workDir = join(world.folder.path, 'work');
  await Promise.all([mkdir(join(configDir, 'plans'), { recursive: true }), mkdir(workDir)]);

  const sshKeys = await createSshKeys(world.folder.path, ['ana', 'ben', 'mina']);
  const people = await peopleOf(sshKeys);
  await Promise.all([
    ...world.plans.map((plan) => copyPlan(plan, join(configDir, 'plans', basename(plan)), world.platforms)),
    writeFile(join(configDir, 'people.yml'), stringify({ people }, { lineWidth: 0 })),
    writeFile(join(configDir, 'connections.yml'), stringify(connectionsOf(world), { lineWidth: 0 })),
  ]);

  const { slack } = world;
  const env = {
    ...Object.fromEntries(world.platforms.flatMap((platform) => Object.entries(platform.env))),
    DR_DATABASE_URL: world.databaseUrl,
    DR_CONFIG: configDir,
    DR_WORK_DIR: workDir,
    DR_SLACK_MODE: 'socket',
    DR_SLACK_BOT_TOKEN: slack.botToken,
    DR_SLACK_APP_TOKEN: slack.appToken,
    DR_SLACK_SIGNING_SECRET: slack.signingSecret,
    DR_SLACK_API_URL: slack.apiUrl,
    DR_HTTP_HOST: '127.0.0.1',
    DR_HTTP_PORT: '0',
    // The client programs of the clusters' own version come first.
    PATH: [dirname(world.programs.psql), process.env.PATH ?? ''].join(delimiter),
  };
  return { configDir, env, sshKeys };
}

async function copyPlan(plan: string, to: string, platforms: readonly PlatformConfig[]): Promise<void> {
  let text = await readFile(plan, 'utf8');
  for (const { addresses = {} } of platforms)
    for (const [named, here] of Object.entries(addresses)) text = text.replaceAll(named, here);
  await writeFile(to, text);
}

function connectionsOf({ platforms }: BotSurroundings) {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const { connections } of platforms)
    for (const [kind, named] of Object.entries(connections)) merged[kind] = { ...merged[kind], ...named };
  const http = {
    allow: platforms.flatMap(({ http }) => http.allow),
    post: platforms.flatMap(({ http }) => http.post),
  };
  return { ...merged, http };
}

/** The workspace's people but guests and bots: a guest is nobody the bot answers to. Support may look and not act. */
async function peopleOf(sshKeys: SshKeys) {
  const people = defaultPeople.filter(({ guest, bot }) => guest === undefined && bot !== true);
  const rows = people.map(async ({ key, realName, title }) => {
    const keyFile = sshKeys[key];
    const publicKey = keyFile === undefined ? [] : [(await readFile(`${keyFile}.pub`, 'utf8')).trim()];
    const row = {
      name: realName,
      title,
      slack: [personId(key)],
      email: `${realName.toLowerCase().replace(' ', '.')}@janua.example`,
      sshKeys: publicKey,
      responder: key !== 'dan',
    };
    return [key, row] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** Where ssh-keygen is missing there are no keys, and votes come from Slack alone. */
async function createSshKeys(folder: string, people: readonly string[]): Promise<SshKeys> {
  const keys: SshKeys = {};
  for (const person of people) {
    const file = join(folder, `ssh-${person}`);
    const made = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', file]).then(
      () => true,
      () => false,
    );
    if (made) keys[person] = file;
  }
  return keys;
}

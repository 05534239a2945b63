import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { SandboxAws } from './aws.ts';
import type { SandboxFolder } from './folder.ts';
import type { JanuaApp } from './janua/app.ts';
import type { Janua } from './janua/janua.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import type { Programs } from './programs.ts';
import type { SandboxRedis } from './redis.ts';
import { defaultPeople } from './slack/cast.ts';
import { personId, type Slack } from './slack/index.ts';

const run = promisify(execFile);

/** Everything the bot must be told about. */
export type BotSurroundings = {
  folder: SandboxFolder;
  programs: Programs;
  databaseUrl: string;
  janua: Pick<Janua, 'url'>;
  app: Pick<JanuaApp, 'port' | 'url'>;
  redis: Pick<SandboxRedis, 'url'>;
  aws: SandboxAws;
  kubernetes: Pick<Kubernetes, 'kubeconfig' | 'clusterUid'>;
  slack: Slack;
  /** Plan files to copy into the configuration. */
  plans: readonly string[];
};

export const januaPlan = fileURLToPath(new URL('../plans/janua.yml', import.meta.url));

/** Keys with which people sign votes on the command line; paths of the private halves. */
export type SshKeys = Record<string, string>;

/**
 * Writes the folder DR_CONFIG names, as an operator would: plans, people.yml, connections.yml. Secrets are only in `env`,
 * which is the environment of the bot's process.
 */
export async function writeBotConfig(world: BotSurroundings) {
  const configDir = join(world.folder.path, 'config');
  const workDir = join(world.folder.path, 'work');
  const kubeconfig = join(world.folder.path, 'kubeconfig');
  await Promise.all([mkdir(join(configDir, 'plans'), { recursive: true }), mkdir(workDir)]);

  const sshKeys = await createSshKeys(world.folder.path, ['ana', 'ben']);
  const people = await peopleOf(sshKeys);
  await Promise.all([
    ...world.plans.map((plan) => copyFile(plan, join(configDir, 'plans', basename(plan)))),
    writeFile(join(configDir, 'people.yml'), stringify({ people }, { lineWidth: 0 })),
    writeFile(join(configDir, 'connections.yml'), stringify(connectionsOf(world), { lineWidth: 0 })),
    writeFile(kubeconfig, world.kubernetes.kubeconfig, { mode: 0o600 }),
  ]);

  const { slack, janua, aws } = world;
  const env = {
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
    JANUA_PG_URL: janua.url('dr_restore'),
    JANUA_APP_PG_URL: janua.url('janua_app'),
    JANUA_WORKER_PG_URL: janua.url('janua_worker'),
    JANUA_KUBECONFIG: kubeconfig,
    JANUA_S3_KEY: aws.credentials.accessKeyId,
    JANUA_S3_SECRET: aws.credentials.secretAccessKey,
    JANUA_REDIS_URL: world.redis.url,
    // The client programs of the clusters' own version come first.
    PATH: [dirname(world.programs.psql), process.env.PATH ?? ''].join(delimiter),
  };
  return { configDir, env, sshKeys };
}

function connectionsOf({ aws, kubernetes, app }: BotSurroundings) {
  const account = {
    region: aws.region,
    endpoint: aws.endpoint,
    accessKeyId: 'env:JANUA_S3_KEY',
    secretAccessKey: 'env:JANUA_S3_SECRET',
  };
  return {
    postgres: {
      'janua-primary': {
        url: 'env:JANUA_PG_URL',
        roleUrls: { janua_app: 'env:JANUA_APP_PG_URL', janua_worker: 'env:JANUA_WORKER_PG_URL' },
      },
    },
    kubernetes: {
      janua: { kubeconfig: 'env:JANUA_KUBECONFIG', context: 'janua', uid: kubernetes.clusterUid },
    },
    s3: { 'janua-backups': { bucket: aws.bucket, ...account } },
    sns: { 'janua-dr': { topicArn: aws.topicArn, ...account } },
    redis: { 'janua-sessions': { url: 'env:JANUA_REDIS_URL' } },
    http: { allow: [`127.0.0.1:${app.port}`] },
    vars: { 'janua-url': app.url },
  };
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

import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { leastPrivilege } from '../../sandbox/kubernetes/kubernetes.ts';
import { defaultPeople } from '../../sandbox/slack/cast.ts';
import { defaultScopes, startSlack } from '../../sandbox/slack/index.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { runDoctor } from '../../src/doctor.ts';
import { createLog } from '../../src/log.ts';
import { startFaultyS3 } from '../actions/faulty-s3.ts';

const BOT_USER = 'system:serviceaccount:dr-bot:dr-bot';
const NOWHERE = '127.0.0.1:1';

let world: World;
let bot: Bot;
const environment = { ...process.env };
const mend: (() => unknown)[] = [];

beforeAll(async () => {
  world = await startWorld({ share: 0.1, yes: true });
  bot = await startBot(world);
});

afterEach(async () => {
  for (const step of mend.splice(0).reverse()) await step();
});

afterAll(async () => {
  process.env = environment;
  await bot?.stop();
  await world?.stop();
});

describe('dr doctor', () => {
  test('says ok to everything in a healthy world, without a secret, and exits with 0', async () => {
    const json = await bot.cli(['--json', 'doctor'], { DR_SLACK_MODE: 'socket' });

    expect(JSON.parse(json.stdout)).toEqual({ lines: expect.arrayContaining([expect.anything()]) });
    expect(json).toMatchObject({ code: 0, stdout: expect.not.stringContaining('"ok":false'), stderr: '' });
    expect(json.stdout).toMatch(/: \d+ rights that plans need/);
    expectNoSecrets(json.stdout);
  });

  test('prints what to type and exits with 1 when something is wrong', async () => {
    const plain = await bot.cli(['doctor'], { JANUA_REDIS_URL: `redis://:hunter2hunter2@${NOWHERE}` });

    expect(plain.code).toBe(1);
    expect(plain.stdout).toMatch(
      /^\[fail\] redis janua-sessions: Redis janua-sessions does not answer.*connections\.yml/m,
    );
    expect(plain.stdout).toContain('[skip] Slack: It is off here');
    expectNoSecrets(plain.stdout);
  });

  test('names the scopes, approvers and channels that Slack does not have as they should be', async () => {
    const slack = await startSlack({
      scopes: defaultScopes.filter((scope) => scope !== 'pins:write'),
      people: defaultPeople.map((person) => ({
        ...person,
        ...(person.key === 'ben' && { deactivated: true }),
        ...(person.key === 'mina' && { guest: 'multi-channel' as const }),
      })),
      channels: [{ name: 'incidents', members: ['ana'] }],
    });
    mend.push(() => slack.stop());

    const faults = await doctor({ env: { DR_SLACK_API_URL: slack.apiUrl } });

    expect(faults).toEqual([
      'Slack scopes: Missing: pins:write. Reinstall the app with manifest.yml.',
      '#incidents: The bot is not in #incidents and cannot post. Type there: /invite @dr-bot',
      expect.stringMatching(
        /^approver ben: The Slack account U0000000BEN is deactivated\. .*people\.ben\.slack/,
      ),
      expect.stringMatching(/^approver mina: The Slack account U000000MINA is a guest\./),
    ]);

    slack.revokeTokens();
    const revoked = await doctor({ env: { DR_SLACK_API_URL: slack.apiUrl } });

    expect(revoked).toEqual([
      expect.stringMatching(/^DR_SLACK_BOT_TOKEN: Slack refuses it \(token_revoked\)\. Install the app/),
    ]);

    slack.faults.outage();
    const away = await doctor({ env: { DR_SLACK_API_URL: slack.apiUrl } });

    expect(away).toEqual([
      expect.stringMatching(/^DR_SLACK_BOT_TOKEN: Slack does not answer auth\.test .*slack-status\.com/),
    ]);
  });

  test('an approver outside of the group that a plan asks for is named', async () => {
    const group = { handle: 'dr-approvers', name: 'DR approvers', members: ['ana', 'mina'] };
    const slack = await startSlack({ usergroups: [group] });
    mend.push(() => slack.stop());
    const grouped = (text: string) =>
      text.replace('approvals:\n', 'approvals:\n  slackGroup: dr-approvers\n');

    const faults = await doctor({ env: { DR_SLACK_API_URL: slack.apiUrl }, plan: grouped });
    const without = await doctor({ plan: grouped });

    expect(faults.at(-1)).toBe(
      'group @dr-approvers of janua: Approvers outside of it, whose votes do not count: ben. Add them to the group in Slack.',
    );
    expect(without.at(-1)).toMatch(
      /^group @dr-approvers of janua: Slack has no user group @dr-approvers\. Create it/,
    );
  });

  test('says where a plan, an approver or a host is missing in the folder, and that it is not loaded', async () => {
    const faults = await doctor({
      plan: (text) => text.replace('name: Janua\n', 'name: Janua Two\n'),
      people: (text) =>
        text.replace(/( {2}ben:[\s\S]*?slack:\n) +- U\w+\n/, (_, head: string) =>
          head.replace('slack:\n', 'slack: []\n'),
        ),
      connections: (text) => text.replace(/allow:\n +- .*\n/, 'allow: []\n'),
    });

    expect(faults).toEqual([
      expect.stringMatching(
        /^plan janua: The file differs from janua@\w{7}, which is in force\. Type: dr plan load$/,
      ),
      'people: people.yml differs from the people in force. Type: dr plan load',
      'approver ben: Ben Okoye has no Slack account to vote with. Add one at people.ben.slack in people.yml.',
      expect.stringMatching(
        /^host 127\.0\.0\.1:\d+: .*Add "127\.0\.0\.1:\d+" under http\.allow .*step health/,
      ),
    ]);

    const broken = await doctor({ plan: (text) => text.replace('uses: pg.swap\n', 'uses: pg.swop\n') });

    const later = await doctorLines({
      plan: (text) => text.replace('${vars.janua-url}/login', '${find.key}/login'),
    });
    expect(later).toContainEqual({
      ok: true,
      text: 'janua restore-postgres, step login: Its rights depend on the run and are not checked here.',
    });

    expect(broken).toEqual([expect.stringMatching(/^plan: plans\/janua\.yml:\d+:\d+ .*pg\.swop/)]);
  });

  test('says which approver has no key to vote with from a terminal', async () => {
    const lines = await doctorLines({
      people: (text) => text.replace(/( {2}mina:[\s\S]*?sshKeys:)\n +- .*\n/, '$1 []\n'),
    });

    expect(lines).toContainEqual({
      ok: true,
      text: 'approver mina: Mina Sato cannot vote from a terminal; add a key at people.mina.sshKeys in people.yml.',
    });
  });

  test('gives the rule that a cluster lacks', async () => {
    const rules = (deployments: string[]) => leastPrivilege({ namespace: 'janua', deployments });
    mend.push(() => world.kubernetes.control.setRules(BOT_USER, rules(['janua-api', 'janua-worker'])));
    world.kubernetes.control.setRules(BOT_USER, rules(['janua-api']));

    const faults = await doctor();

    expect(faults).toEqual([
      'cluster janua: The bot may not patch deployments janua-worker in janua (janua restore-postgres, step stop). ' +
        'Type: kubectl --context janua apply -f deploy/kubernetes/role.yaml, whose Role in janua must hold the rule ' +
        '{ apiGroups: [apps], resources: [deployments], resourceNames: [janua-worker], verbs: [patch] }',
    ]);
  });

  test('refuses a cluster with another UID', async () => {
    const faults = await doctor({
      connections: (text) =>
        text.replace(world.kubernetes.clusterUid, '00000000-0000-4000-8000-000000000000'),
    });

    expect(faults).toEqual([
      expect.stringMatching(
        /^cluster janua: .*its UID is .*Correct the kubeconfig or kubernetes\.janua\.uid\.$/,
      ),
    ]);
  });

  test('tells an empty place, other names and a denied bucket from each other', async () => {
    const empty = await doctor({
      plan: (text) => text.replace('prefix: postgres/daily/', 'prefix: postgres/none/'),
    });
    const misnamed = await doctor({ plan: (text) => text.replace('"postgres_janua_{', '"mysql_janua_{') });
    const s3 = await startFaultyS3(world.aws.endpoint);
    mend.push(() => s3.stop());
    s3.faults.status = 403;
    const denied = await doctor({ connections: (text) => text.replaceAll(world.aws.endpoint, s3.endpoint) });

    expect(empty.at(-1)).toMatch(
      /^backup pg-daily of janua: s3:\/\/janua-backups\/postgres\/none\/ holds nothing\. .*location/,
    );
    expect(misnamed.at(-1)).toMatch(
      /^backup pg-daily .*None of the 7 objects .* is called like mysql_janua_\{.*namePattern/,
    );
    expect(denied).toEqual([
      expect.stringMatching(/^backup pg-daily .*HTTP 403.*deploy\/iam\/backup-read\.json/),
    ]);
  });

  test('what it says about the restoring role mends it when typed', async () => {
    await world.cluster.query('postgres', 'alter role dr_restore superuser nocreatedb');
    const superuser = await doctor();
    await world.cluster.query(
      'postgres',
      'alter role dr_restore nosuperuser; revoke janua_owner, pg_signal_backend, pg_monitor from dr_restore',
    );
    const faults = await doctor();
    for (const fault of faults)
      await world.cluster.query('postgres', fault.replace(/^.*As an administrator of that server: /, ''));
    const mended = await doctor();

    expect(superuser).toContainEqual(
      expect.stringMatching(/dr_restore is a superuser.* alter role "dr_restore" nosuperuser;$/),
    );
    expect(faults).toEqual([
      expect.stringMatching(/alter role "dr_restore" createdb;$/),
      expect.stringMatching(/grant pg_signal_backend to "dr_restore";$/),
      expect.stringMatching(/grant pg_monitor to "dr_restore";$/),
      expect.stringMatching(/grant "janua_owner" to "dr_restore"( with inherit true, set true)?;$/),
    ]);
    expect(mended).toEqual([]);
  });

  test('an extension that only an administrator may create needs one, and logins are those they are called', async () => {
    await world.cluster.query('janua', 'create extension amcheck');
    mend.push(() => world.cluster.query('janua', 'drop extension amcheck'));
    const withAdmin = (text: string) =>
      text.replace('url: env:JANUA_PG_URL\n', 'url: env:JANUA_PG_URL\n    adminUrl: env:JANUA_ADMIN_URL\n');
    const wrong = { JANUA_APP_PG_URL: world.env.JANUA_WORKER_PG_URL };

    const faults = await doctor({
      env: wrong,
      plan: (text) => text.replace('owner: janua_owner', 'owner: janua'),
    });
    const without = await doctor();
    const mended = await doctor({
      env: { JANUA_ADMIN_URL: world.cluster.superuserUrl('postgres') },
      connections: withAdmin,
    });

    expect(faults.slice(1)).toEqual([
      'postgres janua-primary: dr_restore finds no role janua, the owner in a plan. As an administrator of that server: create role "janua";',
      'login of janua_app on janua-primary: It logs in as janua_worker. Correct postgres.janua-primary.roleUrls.janua_app in connections.yml.',
    ]);
    expect(without).toEqual([
      'extensions of janua on janua-primary: Only an administrator may create amcheck. Add postgres.janua-primary.adminUrl in connections.yml.',
    ]);
    expect(mended).toEqual([]);
  });

  test('a runtime role that may change the log is mended by dr migrate', async () => {
    await world.bot.cluster.query(
      'drbot',
      'grant update (at), truncate on events to drbot; revoke delete on pgboss.queue from drbot',
    );
    const faults = await doctor();
    await world.bot.cluster.query('drbot', 'revoke update (at) on events from drbot');
    const migrated = await bot.cli(['migrate'], world.ownerEnv);
    const mended = await doctor();

    expect(faults).toEqual([
      expect.stringMatching(
        /^the log: drbot may update, truncate events; it must only append\. Type: .*DR_DATABASE_ROLE=drbot dr migrate$/,
      ),
      expect.stringMatching(
        /^the queue: drbot cannot use the schema pgboss as it should\. Type: .* dr migrate$/,
      ),
    ]);
    expect(migrated.code).toBe(0);
    expect(mended).toEqual([]);
  });

  test('a migration that has not run is named', async () => {
    const rename = (from: string, to: string) =>
      `update dr_migrations set name = '${to}' where name = '${from}'`;
    mend.push(() => world.bot.cluster.query('drbot', rename('001_other', '002_surroundings')));
    await world.bot.cluster.query('drbot', 'grant select on dr_migrations to drbot');
    await world.bot.cluster.query('drbot', rename('002_surroundings', '001_other'));

    const faults = await doctor();

    expect(faults).toEqual([
      expect.stringMatching(/^migrations: Not run yet: 002_surroundings\. Type: .* dr migrate$/),
    ]);
  });

  test('a changed row of the log is named', async () => {
    await world.bot.cluster.psql(
      'drbot',
      `insert into events values (1, now(), 'incident', 'INC-1', 'INC-1', 'incident.declared', '{}', decode(repeat('00', 32), 'hex'), decode(repeat('11', 32), 'hex'))`,
    );
    mend.push(() =>
      world.bot.cluster.psql(
        'drbot',
        `set session_replication_role = replica; delete from events where seq = 1`,
      ),
    );

    const faults = await doctor();

    expect(faults).toEqual([
      expect.stringMatching(/^the chain of the log: event 1 does not match its hash.*security owner\.$/),
    ]);
  });

  test('an empty database, a wrong address and the bot’s own database as a target', async () => {
    const url = new URL(world.bot.url);
    url.pathname = '/postgres';
    const unmigrated = await doctor({ env: { DR_DATABASE_URL: url.href } });
    const unreachable = await doctor({
      env: { DR_DATABASE_URL: `postgres://drbot:hunter2hunter2@${NOWHERE}/drbot` },
    });
    const itself = await doctor({
      env: { JANUA_PG_URL: world.bot.superuserUrl },
      plan: (text) =>
        text.replace('database: janua\n    owner: janua_owner', 'database: drbot\n    owner: drbot_owner'),
    });

    expect(unmigrated[0]).toMatch(
      /^the bot's database: drbot finds no table events, .* Type: .* dr migrate$/,
    );
    expect(unreachable[0]).toMatch(
      /^the bot's database: It does not let the bot in .*ECONNREFUSED.*Check DR_DATABASE_URL/,
    );
    expect(unreachable.filter((fault) => /postgres|cluster|backup|redis/.test(fault))).toEqual([]);
    expect(itself).toContainEqual(
      expect.stringMatching(
        /^database drbot on janua-primary: It is the bot's own database and never a target\./,
      ),
    );
  });

  test('one connection away after another is told, and the others are looked at all the same', async () => {
    const kubeconfig = join(world.folder.path, 'kubeconfig-away');
    await writeFile(
      kubeconfig,
      (await readFile(world.env.JANUA_KUBECONFIG, 'utf8')).replace(/server: .*/, `server: http://${NOWHERE}`),
    );

    const faults = await doctor({
      env: {
        JANUA_PG_URL: `postgres://dr_restore:hunter2hunter2@${NOWHERE}/janua`,
        JANUA_REDIS_URL: `redis://:hunter2hunter2@${NOWHERE}`,
        JANUA_KUBECONFIG: kubeconfig,
      },
      connections: (text) => text.replaceAll(world.aws.endpoint, `http://${NOWHERE}`),
    });

    expect(faults).toEqual([
      expect.stringMatching(/^postgres janua-primary: .*does not answer.*Check that the server runs/),
      expect.stringMatching(/^backup pg-daily .*does not answer/),
      expect.stringMatching(/^cluster janua: .*does not answer.*Check that its API server is up/),
      expect.stringMatching(/^redis janua-sessions: .*does not answer.*connections\.yml/),
    ]);
  });

  test('client programs that are missing, have holes or are older than the server', async () => {
    const folder = join(world.folder.path, 'old-programs');
    await mkdir(folder);
    for (const name of ['psql', 'pg_restore', 'pg_dump']) {
      await writeFile(join(folder, name), '#!/bin/sh\necho "psql (PostgreSQL) 14.2"\n');
      await chmod(join(folder, name), 0o755);
    }

    const old = await doctor({ env: { DR_PG_BIN: folder } });
    const missing = await doctor({ env: { DR_PG_BIN: '/nowhere', PATH: '/nowhere' } });

    expect(old).toEqual([
      expect.stringMatching(
        /^psql, pg_restore 14\.2: Known holes: CVE-.* Upgrade postgresql-client-14 to 14\.\d+ or newer\.$/,
      ),
      expect.stringMatching(
        /^client programs for janua-primary: They are 14\.2, the server is .*postgresql-client-\d+/,
      ),
    ]);
    expect(missing).toEqual([
      expect.stringMatching(
        /^psql, pg_restore: .*not found in DR_PG_BIN.*Install the package postgresql-client/,
      ),
      'ssh-keygen: ssh-keygen was not found. Install openssh-client.',
    ]);
  });

  test('a clock that was moved is a note in the sandbox and a fault anywhere else', async () => {
    await bot.clock.advance(40 * 60_000);

    const sandbox = await doctor();
    const elsewhere = await doctor({ env: { DR_SLACK_MODE: 'off', DR_SLACK_API_URL: '' } });

    expect(sandbox).toEqual([]);
    expect(elsewhere).toEqual([
      expect.stringMatching(
        /^clock: dr_now\(\) is 2400 s off the server's own clock.*create or replace function dr_now/,
      ),
    ]);
  });
});

interface Changes {
  readonly env?: Readonly<Record<string, string>>;
  readonly plan?: (text: string) => string;
  readonly people?: (text: string) => string;
  readonly connections?: (text: string) => string;
}

/** What is not ok in a world changed for this one time. */
async function doctor(changes: Changes = {}): Promise<readonly string[]> {
  return (await doctorLines(changes)).filter(({ ok }) => !ok).map(({ text }) => text);
}

async function doctorLines({ env = {}, plan, people, connections }: Changes) {
  const folder = join(world.folder.path, `config-${Math.random().toString(36).slice(2)}`);
  await cp(world.configDir, folder, { recursive: true });
  await edit(join(folder, 'plans/janua.yml'), plan);
  await edit(join(folder, 'people.yml'), people);
  await edit(join(folder, 'connections.yml'), connections);
  process.env = { ...environment, ...world.env, DR_CONFIG: folder, ...env };
  const app = await createApp(readConfig(process.env), createLog('fatal'), { role: 'cli' });
  try {
    const lines = (await runDoctor(app)).map(({ ok, what, say }) => ({ ok, text: `${what}: ${say}` }));
    for (const { text } of lines) expectNoSecrets(text);
    return lines;
  } finally {
    await app.close();
  }
}

async function edit(path: string, change: ((text: string) => string) | undefined): Promise<void> {
  if (change === undefined) return;
  const before = await readFile(path, 'utf8');
  const after = change(before);
  expect(after, `the change of ${path} changes nothing`).not.toBe(before);
  await writeFile(path, after);
}

function expectNoSecrets(text: string): void {
  const passwords = [
    world.env.JANUA_PG_URL,
    world.env.JANUA_APP_PG_URL,
    world.bot.url,
    world.bot.superuserUrl,
  ].map((url) => new URL(url).password);
  for (const secret of [
    ...passwords,
    'hunter2',
    world.env.JANUA_S3_SECRET,
    world.slack.botToken,
    world.slack.appToken,
  ])
    expect(text).not.toContain(secret);
}

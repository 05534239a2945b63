import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSandboxFolder } from '../../sandbox/folder.ts';
import { startPostgres } from '../../sandbox/postgres.ts';
import { actions } from '../../src/actions/index.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { type Backups, keyOf, plainDump, startBackups } from './backup-setup.ts';
import {
  BOUND_FACTS,
  differences,
  digestOf,
  FAILOVER_FACTS,
  factsOf,
  type Look,
  look,
  pathsOf,
  withAnother,
} from './bound-facts.ts';
import { contextFor } from './context.ts';
import { BOTH, startJanua } from './k8s-setup.ts';
import { readyShop } from './pg-ready.ts';
import { type PgWorld, shopPlan, startPgWorld } from './pg-setup.ts';

const STAMP = '20261121_020004';
const backup = gzipSync(plainDump({ rows: 2_000 }));
const otherBackup = gzipSync(plainDump({ rows: 3_000 }));
const etagOf = (body: Buffer) => createHash('md5').update(body).digest('hex');

/** `bakery` stands just before its swap, `florist` just after. */
let world: PgWorld;
let backups: Backups;
beforeAll(async () => {
  [world, backups] = await Promise.all([startPgWorld(), startBackups()]);
  await backups.put(STAMP, backup);
  await readyShop(world, 'bakery');
  const florist = await readyShop(world, 'florist');
  await florist.swap();
});
afterAll(() => Promise.all([world.stop(), backups.stop()]));

const COPY = { component: 'db', database: 'bakery_run31' };
const OBJECT = { backup: 'pg-daily', key: keyOf(STAMP), etag: etagOf(backup) };
const SQL = 'select count(*) from orders';

/** Each action's parameters, with everything known, as at a gate. */
const PARAMS: Readonly<Record<string, object>> = {
  'backup.find': { backup: 'pg-daily' },
  'backup.fetch': OBJECT,
  'backup.verify': { ...OBJECT, path: '/nowhere', sha256: '91ab' },
  decision: { question: 'Which way?', options: ['left', 'right'].map((value) => ({ value, label: value })) },
  'http.check': { url: 'https://janua.example/health' },
  'k8s.rolloutRestart': BOTH,
  'k8s.scale': { ...BOTH, replicas: 0 },
  'k8s.waitReady': BOTH,
  manual: { instruction: 'Call the data centre' },
  notify: { message: 'It begins' },
  'pg.assert': { component: 'db', sql: SQL, expect: { op: '>', value: 0 } },
  'pg.close': COPY,
  'pg.dropKept': { component: 'db', run: 'RUN-31' },
  'pg.integrity': COPY,
  'pg.lossReport': COPY,
  'pg.query': { component: 'db', sql: SQL },
  'pg.restore': { component: 'db', path: '/nowhere', key: 'daily/a.dump', etag: 'e1', sha256: '91ab' },
  'pg.swap': { component: 'db', scratch: 'bakery_run31', keepAs: 'bakery_before_run31' },
  'pg.swapBack': { component: 'db', run: 'RUN-31' },
  'redis.check': { connection: 'sessions' },
  'sns.publish': { connection: 'janua-dr', subject: 'Outage', message: 'It begins' },
  soak: { for: '15m' },
};
type PgOptions = Parameters<PgWorld['context']>[1] & { readonly database?: string };

/** A real preview of a step in a gate. The parameters given take the place of those above. */
async function preview(uses: string, given: object = {}, pg: PgOptions = {}): Promise<Look> {
  const params = { ...PARAMS[uses], ...given };
  const swapped = uses === 'pg.swapBack' || uses === 'pg.dropKept';
  const { database = swapped ? 'florist' : 'bakery', ...options } = pg;
  if (uses.startsWith('pg.')) return look(uses, world.context(database, options), params);
  if (uses.startsWith('backup.')) return look(uses, await backups.step('it', { phase: 'gate' }), params);
  if (uses.startsWith('k8s.')) return look(uses, (await startJanua()).step('it', { phase: 'gate' }), params);
  const topicArn = 'arn:aws:sns:eu-west-1:1:janua-dr';
  const sns = {
    'janua-dr': { topicArn, region: 'eu-west-1' },
    staff: { topicArn: `${topicArn}-2`, region: 'eu-west-1' },
  };
  const clients = createClients(Connections.parse({ sns }));
  return look(uses, contextFor('it', { clients, phase: 'gate' }), params);
}

const sql = (text: string) => world.cluster.query('postgres', text);

async function identityOf(name: string): Promise<{ oid: string; comment: string }> {
  const [found] = await sql(
    `select oid::text, shobj_description(oid, 'pg_database') as comment from pg_database where datname = '${name}'`,
  );
  return { oid: String(found?.oid), comment: String(found?.comment) };
}

/** Makes a database that is marked and closed as a run's copy is; nothing is in it. */
const copyScript = (name: string, comment: string, oid = '') => `
  create database ${name} owner shop_owner ${oid};
  comment on database ${name} is '${comment}';
  alter database ${name} allow_connections false;`;

/** The same database under another oid. */
async function remake(name: string): Promise<void> {
  const { comment } = await identityOf(name);
  await world.cluster.psql('postgres', `drop database ${name} with (force); ${copyScript(name, comment)}`);
}

/** Changes the mark a run left on a database. */
async function remark(name: string, change: object): Promise<void> {
  const { comment } = await identityOf(name);
  await sql(`comment on database ${name} is '${JSON.stringify({ ...JSON.parse(comment), ...change })}'`);
}

/** Another server with the databases of `bakery`: same names, owner, oids and marks. */
async function anotherServer(): Promise<Changed> {
  const folder = await createSandboxFolder('dr-bound-facts-');
  const other = await startPostgres({ folder, programs: world.programs, name: 'other' });
  onTestFinished(async () => {
    await other.stop('immediate');
    await folder.remove();
  });
  const [live, scratch] = [await identityOf('bakery'), await identityOf('bakery_run31')];
  await other.psql(
    'postgres',
    `create role shop_owner; create database bakery owner shop_owner oid ${live.oid};
     ${copyScript('bakery_run31', scratch.comment, `oid ${scratch.oid}`)}`,
  );
  process.env.PG_TEST_OTHER = other.superuserUrl('postgres');
  const clients = createClients(Connections.parse({ postgres: { shop: { url: 'env:PG_TEST_OTHER' } } }));
  return { pg: { clients } };
}

/** What the look after a change needs: other parameters, another context, and how the change is taken back. */
interface Changed {
  readonly given?: object;
  readonly pg?: PgOptions;
  readonly back?: () => Promise<unknown>;
}
type Change = Changed | (() => Promise<Changed>);

const inPlace = (change: () => Promise<unknown>) => async (): Promise<Changed> => {
  await change();
  return {};
};

/** Another file under the backup's key. */
async function replaced(): Promise<Changed> {
  await backups.put(STAMP, otherBackup);
  return { back: () => backups.put(STAMP, backup) };
}

const renamed =
  (name: string, to: string, more: Changed = {}) =>
  async (): Promise<Changed> => {
    await sql(`alter database ${name} rename to ${to}`);
    return { ...more, back: () => sql(`alter database ${to} rename to ${name}`) };
  };

const ON_ANOTHER_CONNECTION = {
  pg: {
    plan: shopPlan('bakery', { connection: 'shop-admin', restore: { into: 'shop-admin', freeBytes: 1e10 } }),
  },
};

/** How one bound fact, and no other, becomes another one in the world. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  'backup.find': {
    key: async () => {
      const key = await backups.put('20261121_021004', backup);
      return { back: () => backups.aws.remove(key) };
    },
    etag: replaced,
  },
  'backup.fetch': {
    etag: async () => ({ ...(await replaced()), given: { etag: etagOf(otherBackup) } }),
  },
  'http.check': {
    method: { given: { method: 'HEAD' } },
    url: { given: { url: 'https://janua.example/ready' } },
  },
  manual: { instruction: { given: { instruction: 'Call the other data centre' } } },
  'pg.assert': {
    connection: ON_ANOTHER_CONNECTION,
    database: { given: { database: 'bakery_run31' } },
    sql: { given: { sql: 'select 1' } },
    'expect.op': { given: { expect: { op: '>=', value: 0 } } },
    'expect.value': { given: { expect: { op: '>', value: 1 } } },
  },
  'pg.close': { oid: inPlace(() => remake('bakery_run31')) },
  'pg.dropKept': {
    name: renamed('florist_before_run31', 'florist_old'),
    oid: inPlace(() => remake('florist_before_run31')),
    comment: inPlace(() => remark('florist_before_run31', { at: '2026-11-21T03:00:00.000Z' })),
  },
  'pg.query': {
    connection: ON_ANOTHER_CONNECTION,
    database: { pg: { database: 'florist' } },
    sql: { given: { sql: 'select 1' } },
  },
  'pg.restore': {
    connection: ON_ANOTHER_CONNECTION,
    database: { pg: { run: 'RUN-32' } },
    owner: { pg: { plan: shopPlan('bakery', { owner: 'shop_worker' }) } },
    key: { given: { key: 'daily/b.dump' } },
    etag: { given: { etag: 'e2' } },
    sha256: { given: { sha256: '4fcd' } },
  },
  'pg.swap': {
    connection: ON_ANOTHER_CONNECTION,
    systemIdentifier: anotherServer,
    owner: async () => {
      await sql('alter database bakery owner to stranger');
      return { back: () => sql('alter database bakery owner to shop_owner') };
    },
    'live.name': renamed('bakery', 'patisserie', { pg: { database: 'patisserie' } }),
    'live.oid': inPlace(async () => {
      await sql('drop database bakery with (force)');
      await sql('create database bakery owner shop_owner');
    }),
    kept: { given: { keepAs: 'bakery_old' } },
    'scratch.name': renamed('bakery_run31', 'bakery_copy', { given: { scratch: 'bakery_copy' } }),
    'scratch.oid': inPlace(() => remake('bakery_run31')),
    'scratch.comment': inPlace(() => remark('bakery_run31', { sha256: '4fcd' })),
  },
  'pg.swapBack': {
    'kept.name': renamed('florist_before_run31', 'florist_old'),
    'kept.oid': inPlace(() => remake('florist_before_run31')),
    'kept.comment': inPlace(() => remark('florist_before_run31', { at: '2026-11-21T04:00:00.000Z' })),
    losesWrites: inPlace(() =>
      world.cluster.query('florist', 'insert into orders (customer_id, total) values (1, 1)'),
    ),
  },
  'redis.check': { connection: { given: { connection: 'cache' } } },
  'sns.publish': { topic: { given: { connection: 'staff' } } },
};

test('every action and every fact of a swap has its row', () => {
  const rows = Object.keys({ ...BOUND_FACTS, ...FAILOVER_FACTS });
  expect(rows.sort()).toEqual(Object.keys(actions).sort());
  expect(Object.keys(PARAMS).sort()).toEqual(Object.keys(BOUND_FACTS).sort());
  expect(pathsOf(Object.keys(CHANGES['pg.swap'] ?? {}))).toEqual(pathsOf(BOUND_FACTS['pg.swap'] ?? []));
});

test.each(Object.keys(PARAMS))('%s binds what its row says, and each of it alone counts', async (uses) => {
  const { bound, digest } = await preview(uses);
  const facts = [...factsOf(bound).keys()];

  const others = facts.map((path) => digestOf(uses, withAnother(bound, path)));

  expect(pathsOf(facts)).toEqual(pathsOf(BOUND_FACTS[uses] ?? []));
  expect(new Set([digest, ...others]).size).toBe(1 + facts.length);
});

const rows = Object.entries(CHANGES).flatMap(([uses, changes]) =>
  Object.entries(changes).map(([fact, change]) => ({ uses, fact, change })),
);

test.each(rows)(
  'an approval of $uses has another fingerprint when $fact alone is another one',
  async (row) => {
    const { uses, fact, change } = row;
    const before = await preview(uses);

    const { given, pg, back } = typeof change === 'function' ? await change() : change;
    const after = await preview(uses, given, pg).finally(back);

    expect(differences(before, after)).toEqual([fact]);
    expect(after.digest).not.toBe(before.digest);
  },
);

import { connect } from 'node:net';
import { Client } from 'pg';
import { z } from 'zod';
import { prefix } from '../janua/dumps.ts';
import { tables } from '../janua/janua.ts';
import type { World } from '../world.ts';
import type { Line, Source } from './facts.ts';

const ASK_MS = 1_000;
const namespace = 'janua';

/** The line of Janua's database. */
export const JANUA = 'database janua';

const Deployment = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({ readyReplicas: z.number().default(0) }).default({ readyReplicas: 0 }),
});
const Autoscaler = z.object({
  spec: z.object({
    scaleTargetRef: z.object({ name: z.string() }),
    minReplicas: z.number(),
    maxReplicas: z.number(),
  }),
});

/** The parts of Janua's world as the page shows them, each asked directly and none through the bot. */
export function sourcesOf(world: World): Source[] {
  return [cluster(world), databases(world), backups(world), health(world), redis(world)];
}

export type Workload = z.infer<typeof Deployment>;

export const workloadsOf = ({ kubernetes }: Pick<World, 'kubernetes'>): Workload[] =>
  kubernetes.control.list('deployments', namespace).map((object) => Deployment.parse(object));

function cluster(world: World): Source {
  const port = Number(new URL(world.kubernetes.url).port);
  return {
    title: 'CLUSTER janua',
    name: 'API server',
    async look() {
      const api: Line[] = (await connects(port))
        ? []
        : [{ id: 'api-server', name: 'API server', value: 'does not answer', state: 'bad' }];
      const scalers = world.kubernetes.control
        .list('horizontalpodautoscalers', namespace)
        .map((object) => Autoscaler.parse(object).spec);
      const workloads = workloadsOf(world).map((workload) => {
        const { name } = workload.metadata;
        const scaler = scalers.find(({ scaleTargetRef }) => scaleTargetRef.name === name);
        return workloadLine(workload, scaler ? ` · HPA ${scaler.minReplicas}–${scaler.maxReplicas}` : '');
      });
      return [...api, ...workloads];
    },
  };
}

function workloadLine({ metadata: { name }, spec, status }: Workload, scaled: string): Line {
  const [ready, wanted] = [status.readyReplicas, spec.replicas];
  const state = ready !== wanted ? 'busy' : wanted === 0 ? 'bad' : 'ok';
  return { id: name, name, value: `${ready} of ${wanted} ready${scaled}`, state };
}

const Database = z.object({
  name: z.string(),
  bytes: z.number(),
  open: z.boolean(),
  restoring: z.boolean(),
});
type Database = z.infer<typeof Database>;

const DATABASES = `
  select datname as name, pg_database_size(oid)::float8 as bytes, datallowconn as open,
         exists (select from pg_stat_activity a where a.datid = d.oid and application_name in ('dr-bot', 'pg_restore')) as restoring
    from pg_database d
   where not datistemplate and datname <> 'postgres'
   order by datname <> 'janua', datname`;

function databases(world: World): Source {
  return {
    title: 'DATABASES',
    name: 'PostgreSQL',
    async look() {
      const rows = await ask(world.cluster.superuserUrl('postgres'), DATABASES);
      const all = z.array(Database).parse(rows);
      // A session in a database would stand in the way of its renaming: none is opened while Janua is stopped for it.
      const countable = workloadsOf(world).every(({ spec }) => spec.replicas > 0);
      const lines = await Promise.all(
        all.map(async (database) =>
          database.name === 'janua' && database.open && countable
            ? countLines(database, world)
            : [sizeLine(database)],
        ),
      );
      return lines.flat();
    },
  };
}

function sizeLine({ name, bytes, open, restoring }: Database): Line {
  const notes = [...(restoring ? ['restoring'] : []), ...(open ? [] : ['closed'])];
  const value = [sizeOf(bytes), ...notes].join(' · ');
  return { id: `database ${name}`, name, value, state: restoring ? 'busy' : 'plain' };
}

const Counted = z.array(z.object({ name: z.string(), rows: z.coerce.number() }));

async function countLines({ name }: Database, world: World): Promise<Line[]> {
  const counted = await countTables(world);
  const missing = tables.filter((table) => !counted.has(table));
  const sum = [...counted.values()].reduce((all, rows) => all + rows, 0);
  const lost = missing.length === 0 ? '' : ` · missing: ${missing.join(', ')}`;
  const least = Object.values(world.janua.truth.rowsInNewestGood).reduce((all, rows) => all + rows, 0);
  return [
    {
      id: `database ${name}`,
      name,
      value: `${sum.toLocaleString('en')} rows in ${counted.size} tables${lost}`,
      state: missing.length > 0 || sum < least ? 'bad' : 'ok',
    },
    ...tables.map((table): Line => {
      const rows = counted.get(table);
      const value = rows === undefined ? 'missing' : `${rows.toLocaleString('en')} rows`;
      return { id: `table ${table}`, name: `${name}.${table}`, value, state: rows ? 'plain' : 'bad' };
    }),
  ];
}

/** Asked as the application: the bot knows its sessions, and may end them. */
export async function countTables(world: Pick<World, 'janua'>): Promise<Map<string, number>> {
  const url = world.janua.url('janua_app');
  const there = z
    .array(z.object({ name: z.string() }))
    .parse(await ask(url, "select tablename as name from pg_tables where schemaname = 'public'"));
  const wanted = tables.filter((table) => there.some(({ name }) => name === table));
  if (wanted.length === 0) return new Map();
  const counts = wanted.map((table) => `select '${table}' as name, count(*) as rows from ${table}`);
  const counted = Counted.parse(await ask(url, counts.join(' union all ')));
  return new Map(counted.map(({ name, rows }) => [name, rows]));
}

function backups({ aws }: World): Source {
  return {
    title: `BACKUPS s3://${aws.bucket}/${prefix}`,
    name: 'S3',
    async look() {
      const objects = await aws.list(prefix);
      const all = objects.map(({ key, bytes }) => ({ name: key.slice(prefix.length), bytes }));
      // The time is in the name: the newest backup comes first, and what is none comes last.
      const ofBackups = all.filter(({ name }) => formatOf(name).length > 0).toReversed();
      const others = all.filter(({ name }) => formatOf(name).length === 0);
      return [...ofBackups, ...others].map(({ name, bytes }): Line => {
        const value = [sizeOf(bytes), ...formatOf(name)].join(' · ');
        return { id: `object ${name}`, name, value, state: 'plain' };
      });
    },
  };
}

function formatOf(name: string): string[] {
  if (name.endsWith('.dump')) return ['custom'];
  return name.endsWith('.sql.gz') ? ['plain.gz'] : [];
}

const Health = z.object({ status: z.string(), reason: z.string().optional() });

function health({ app }: World): Source {
  const url = `${app.url}/health`;
  return {
    title: 'HEALTH',
    name: url,
    async look() {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
      const { status, reason = status } = Health.parse(await answer.json());
      return [
        { id: 'health', name: url, value: `${answer.status} ${reason}`, state: answer.ok ? 'ok' : 'bad' },
      ];
    },
  };
}

function redis({ redis: server }: World): Source {
  return {
    title: 'REDIS',
    name: 'janua-sessions',
    async look() {
      if (!(await server.answers())) throw new Error('Redis does not answer.');
      return [{ id: 'redis', name: 'janua-sessions', value: 'answers', state: 'ok' }];
    },
  };
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({
    connectionString: url,
    application_name: 'sandbox page',
    connectionTimeoutMillis: ASK_MS,
    query_timeout: ASK_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(ASK_MS, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('connect', () => answer(true));
  });
}

function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${units[power]}`;
}

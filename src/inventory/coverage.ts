import type { z } from 'zod';
import { KeptMark, readMark, ScratchMark } from '../actions/pg-target.ts';
import { type Coverage, type Seen, seen } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { Watch } from '../domain/plan-backup.ts';
import { attempt } from './attempt.ts';
import type { Look, Sources } from './look.ts';

type Uncovered = Coverage['uncovered'][number];
type Volumes = z.infer<typeof Watch>['coverage']['volumes'][number];
type Named = { readonly name: string; readonly comment: string | null };
type Known = Pick<Plan, 'components' | 'backups' | 'watch'>;

const DATABASES = `
  select datname as name, shobj_description(oid, 'pg_database') as comment from pg_database
   where not datistemplate and datname <> 'postgres' order by 1`;

const TIME_LIMIT_MS = 5_000;

/** What lies in the places the plan names and is in no part of it (R18). A place that cannot be read is told first. */
export async function inspectCoverage(deps: Sources, plan: Known, look: Look): Promise<Seen<Coverage>> {
  const { postgres, volumes, ignore } = plan.watch.coverage;
  const found = await Promise.all([
    ...postgres.map((connection) =>
      attempt(`PostgreSQL ${connection}`, look.signal, () => databasesOf(deps, plan, connection, look)),
    ),
    ...volumes.map((place) =>
      attempt(`Cluster ${place.cluster}`, look.signal, () => volumesOf(deps, plan, place, look)),
    ),
  ]);
  const ignored = ignore.map(globOf);
  const uncovered: Uncovered[] = [];
  for (const place of found) {
    if (place.state === 'unreadable') return place;
    uncovered.push(...place.value.filter(({ name }) => !ignored.some((glob) => glob.test(name))));
  }
  return seen({ uncovered });
}

async function databasesOf(
  { clients }: Sources,
  { components }: Known,
  connection: string,
  { signal }: Look,
): Promise<readonly Uncovered[]> {
  const options = { signal, timeoutMs: TIME_LIMIT_MS };
  const found = await clients.postgres.query<Named>(connection, 'postgres', DATABASES, [], options);
  const known = components
    .filter((component) => [component.connection, component.standby?.connection].includes(connection))
    .map(({ database }) => database);
  return found
    .filter((database) => !known.includes(database.name) && !isOwnCopy(database))
    .map(({ name }) => ({ kind: 'database', name, where: connection }));
}

/** Restored copies and databases that a swap put aside carry the mark of their run. */
function isOwnCopy(database: Named): boolean {
  return readMark(ScratchMark, database) !== undefined || readMark(KeptMark, database) !== undefined;
}

async function volumesOf(
  { clients }: Sources,
  { backups }: Known,
  { cluster, namespace }: Volumes,
  { signal }: Look,
): Promise<readonly Uncovered[]> {
  const found = await clients.kubernetes.listVolumes(cluster, namespace, { signal });
  const known = backups.flatMap(({ locations }) =>
    // `namespace/claim`, and after a comma what else people should know.
    locations.flatMap((location) => (location.source === 'pvc' ? location.ref.split(',', 1) : [])),
  );
  return found
    .filter((name) => !known.includes(name) && !known.includes(`${namespace}/${name}`))
    .map((name) => ({ kind: 'volume', name, where: `${cluster}/${namespace}` }));
}

/** `*` stands for anything. */
function globOf(pattern: string): RegExp {
  const pieces = pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`);
}

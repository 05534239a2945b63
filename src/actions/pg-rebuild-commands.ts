import type { ActionContext } from './action.ts';
import { kubectlPlace } from './k8s-workload.ts';
import type { StandbyLook } from './pg-standby-look.ts';
import type { Pair } from './pg-standby-pair.ts';

/** How the rebuilt standby reaches the new primary. */
export interface Source {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly sslmode: string | null;
}

export function sourceOf(
  { clients }: ActionContext,
  pair: Pair,
  { replicator, sslmode }: Pick<StandbyLook, 'replicator' | 'sslmode'>,
): Source {
  const { hostname, port } = new URL(clients.postgres.urlFor(pair.standby, pair.database));
  const unknown = unknownSource(pair);
  return {
    host: hostname.replace(/^\[|\]$/g, '') || unknown.host,
    port: port || unknown.port,
    user: replicator ?? unknown.user,
    sslmode,
  };
}

/** For a page that is printed before the day: what only the servers know is left to be filled in. */
export function unknownSource({ standby }: Pair): Source {
  return { host: `<host of ${standby}>`, port: '5432', user: '<replication role>', sslmode: null };
}

/**
 * Makes the old primary the standby of the new one: shell commands, one a line. They end at the first failure, and the old
 * primary is marked as a standby by the very command that rewinds it: whatever happens, it never starts as a second primary.
 */
export function rebuildCommands(pair: Pair, { host, port, user, sslmode }: Source): readonly string[] {
  const { slot, component } = pair;
  // "prefer" is what it does anyway.
  const options = sslmode === null || sslmode === 'prefer' ? '' : ` sslmode=${sslmode}`;
  const { server } = component;
  const start = `pg_ctl --pgdata="$PGDATA" --wait --log="$HOME/postgresql.log" start`;
  return [
    `# On the host of the old primary, as the user PostgreSQL runs as. PGDATA names its data folder; the password of ${user} is in ~/.pgpass.`,
    ...(server === undefined
      ? []
      : [
          `# In Kubernetes: in a pod of the same image that mounts the volume of ${server.statefulSet}, which stays at 0 replicas.`,
        ]),
    'set -eu',
    `NEW='host=${host} port=${port} user=${user}${options}'`,
    `pg_ctl --pgdata="$PGDATA" status && pg_ctl --pgdata="$PGDATA" --mode=fast stop`,
    `psql "$NEW dbname=postgres" -c "select pg_create_physical_replication_slot('${slot}', true) where not exists (select from pg_replication_slots where slot_name = '${slot}')"`,
    `pg_rewind --write-recovery-conf --target-pgdata="$PGDATA" --source-server="$NEW dbname=postgres"`,
    `echo "primary_slot_name = '${slot}'" >> "$PGDATA/postgresql.auto.conf"`,
    ...(server === undefined
      ? [start]
      : [
          `# Then, when that pod is gone: kubectl scale statefulset ${server.statefulSet} ${kubectlPlace(server)} --replicas=1`,
        ]),
    `# If pg_rewind refuses: empty "$PGDATA", then pg_basebackup --pgdata="$PGDATA" --dbname="$NEW" --slot=${slot} --write-recovery-conf, and start.`,
  ];
}

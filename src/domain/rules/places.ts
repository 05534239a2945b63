import type { Backup, Location } from '../plan-backup.ts';
import type { Check } from './check.ts';
import type { Place } from './say.ts';

/** The names of the places that are read, for the sentences of what could not be. */

/** The first location: where runbooks restore from. */
export function primaryOf({ backup }: Pick<Check, 'backup'>): Location {
  const [primary] = backup.locations;
  if (primary === undefined) throw new Error(`${backup.id}: a backup without a location`);
  return primary;
}

export function placeOf(location: Location): Place {
  switch (location.source) {
    case 's3':
      return { name: `S3 bucket "${location.connection}"`, shared: `S3 in ${location.failureDomain}` };
    case 'directory':
      return same(`the folder ${location.path}`);
    case 'pgbackrest':
      return same(`pgBackRest "${location.stanza}"`);
    case 'pg-archiver':
      return same(`PostgreSQL "${location.connection}"`);
    case 'redis':
      return same(`Redis "${location.connection}"`);
    default:
      return same(`${location.source} "${location.ref}"`);
  }
}

/** The server a write-ahead log is asked of, and whatever else has its own tool. */
export function toolOf({ backup }: Pick<Check, 'backup'>, source: Location['source']): Place {
  const location = backup.locations.find((each) => each.source === source);
  return placeOf(location ?? primaryOf({ backup }));
}

/** Who tells of the runs: the cluster, a tool that knows its own, or whoever sends heartbeats. */
export function producerOf(backup: Backup): Place {
  const { producer } = backup;
  if (producer?.kind === 'cronJob') return same(`Kubernetes "${producer.cluster}"`);
  const primary = primaryOf({ backup });
  return TELL_OF_RUNS.includes(primary.source) ? placeOf(primary) : same('the record of heartbeats');
}

const TELL_OF_RUNS: readonly Location['source'][] = ['pgbackrest', 'redis'];

export function standbyOf({ component }: Pick<Check, 'component'>): Place {
  return same(`the standby of ${component.name}`);
}

export function same(name: string): Place {
  return { name, shared: name };
}

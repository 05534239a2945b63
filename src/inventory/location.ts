import type { JobRun, Listing, Seen, Wal } from '../domain/inventory.ts';
import { seen } from '../domain/inventory.ts';
import type { Backup, Location } from '../domain/plan-backup.ts';
import { attempt } from './attempt.ts';
import { listDirectory } from './directory.ts';
import type { Look, Sources } from './look.ts';
import { gapInArchive, listStanza, readStanza, runsOfStanza } from './pgbackrest.ts';
import { listSnapshot, runsOfRedis } from './redis.ts';
import { listBucket } from './s3.ts';
import { readArchiver } from './wal.ts';

/** What one place tells; what such a place never tells is left out. */
export interface Parts {
  readonly listing?: Seen<Listing>;
  /** Tools know their own runs. */
  readonly runs?: Seen<readonly JobRun[]>;
  readonly wal?: Seen<Wal>;
  /** A segment that is missing in the archive beside the backups. */
  readonly gap?: Seen<string | null>;
}

export async function readLocation(
  deps: Sources,
  backup: Backup,
  location: Location,
  look: Look,
): Promise<Parts> {
  const system = systemOf(location);
  const read = <Value>(answer: () => Promise<Value>) => attempt(system, look.signal, answer);
  switch (location.source) {
    case 's3':
      return { listing: await read(() => listBucket(deps, backup, location, look)) };
    case 'directory':
      return { listing: await read(() => listDirectory(backup, location, look)) };
    case 'pg-archiver':
      return { wal: await read(() => readArchiver(deps, location, look)) };
    case 'pgbackrest': {
      const stanza = await read(() => readStanza(deps, location, look));
      return {
        listing: map(stanza, (found) => listStanza(found, backup, look)),
        runs: map(stanza, (found) => runsOfStanza(found, look)),
        gap: map(stanza, gapInArchive),
      };
    }
    case 'redis': {
      const state = await read(() => deps.clients.redis.persistence(location.connection, look));
      return {
        listing: map(state, (found) => listSnapshot(found, backup, look)),
        runs: map(state, (found) => runsOfRedis(found, look)),
      };
    }
    default: {
      const reason = `no source yet: ${system} (${location.ref.slice(0, 100)})`;
      return { listing: { state: 'unreadable', cause: 'no-source', reason } };
    }
  }
}

function map<From, To>(part: Seen<From>, to: (value: From) => To): Seen<To> {
  return part.state === 'seen' ? seen(to(part.value)) : part;
}

const SYSTEMS = {
  s3: 'S3',
  directory: 'The folder',
  pgbackrest: 'pgBackRest',
  'pg-archiver': 'PostgreSQL',
  redis: 'Redis',
  rds: 'RDS',
  'aws-backup': 'AWS Backup',
  elasticsearch: 'Elasticsearch',
  cloudwatch: 'CloudWatch',
  'secrets-manager': 'Secrets Manager',
  acm: 'ACM',
  minio: 'MinIO',
  git: 'Git',
  pvc: 'a volume',
  manual: 'work by hand',
} satisfies Record<Location['source'], string>;

/** What people call the source of a location. */
export const systemOf = ({ source }: Pick<Location, 'source'>): string => SYSTEMS[source];

import { z } from 'zod';
import { DurationMs } from './duration.ts';

/** What a plan says of its backups: where they are, how often they come, how long they stay, and how they are proved. */

export const Id = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'expected a short name: lower case letters, digits and "-", like "restore-postgres"',
  );
/** Row ids of the source documents (REQUIREMENTS.md) that a part of the plan answers. */
export const Provenance = z
  .array(z.string().regex(/^([JSAV]-\d{2,3}|C-\d{2})$/, 'expected a row id like "J-51"'))
  .optional();

/** Five fields of cron, judged in its time zone. `grace` is what a run may take beyond its usual duration. */
export const Schedule = z.strictObject({
  cron: z.string().max(60),
  timeZone: z.string().default('UTC'),
  grace: DurationMs.default(30 * 60_000),
});
export type Schedule = z.infer<typeof Schedule>;

const Where = {
  id: Id,
  role: z.enum(['primary', 'copy', 'archive']),
  /** What is lost together: a region, a cluster, a host. */
  failureDomain: Id,
  provenance: Provenance,
};

/** Sources the bot reads. `bucketKeys` are below the prefix; a pattern names them. */
const S3Location = z.strictObject({
  ...Where,
  source: z.literal('s3'),
  connection: Id,
  prefix: z.string().max(500),
});
const DirectoryLocation = z.strictObject({
  ...Where,
  source: z.literal('directory'),
  path: z.string().startsWith('/').max(500),
});
const PgBackRestLocation = z.strictObject({
  ...Where,
  source: z.literal('pgbackrest'),
  stanza: Id,
  /** A configuration file of pgBackRest on the worker. */
  config: z.string().startsWith('/').max(500),
});
/** WAL as the server itself tells it: pg_stat_archiver. */
const ArchiverLocation = z.strictObject({ ...Where, source: z.literal('pg-archiver'), connection: Id });
/** Snapshots of Redis: LASTSAVE and INFO persistence. */
const RedisLocation = z.strictObject({ ...Where, source: z.literal('redis'), connection: Id });
/** Known to the plan and read by nothing yet: judged "not known: no source yet". */
const LaterLocation = z.strictObject({
  ...Where,
  source: z.enum([
    'rds',
    'aws-backup',
    'elasticsearch',
    'cloudwatch',
    'secrets-manager',
    'acm',
    'minio',
    'git',
    'pvc',
    'manual',
  ]),
  ref: z.string().max(300),
});

export const Location = z.discriminatedUnion('source', [
  S3Location,
  DirectoryLocation,
  PgBackRestLocation,
  ArchiverLocation,
  RedisLocation,
  LaterLocation,
]);
export type Location = z.infer<typeof Location>;
export type LocationOf<Source extends Location['source']> = Extract<Location, { readonly source: Source }>;

/** Who makes it. A Kubernetes CronJob's runs are read; the others speak by heartbeats, or are known by what they leave. */
const Producer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cronJob'), cluster: Id, namespace: Id, name: z.string().max(60) }),
  z.strictObject({
    kind: z.enum(['script', 'rds', 'aws-backup', 'lambda', 'database', 'replication', 'external']),
    name: z.string().max(120),
  }),
]);
export type Producer = z.infer<typeof Producer>;

const Copies = z.number().int().min(1).max(10_000);
/** How many of each period are kept, and how old anything may get (CCPA, J-148). */
const Retention = z.strictObject({
  hourly: Copies.optional(),
  daily: Copies.optional(),
  weekly: Copies.optional(),
  monthly: Copies.optional(),
  yearly: Copies.optional(),
  maxAge: DurationMs.optional(),
});
export type Retention = z.infer<typeof Retention>;
export const TIERS = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Tier = (typeof TIERS)[number];

const Share = z.number().positive().max(10);

/** What must hold where it is kept. Only what is written is checked. */
const Protection = z.strictObject({
  versioning: z.boolean().optional(),
  lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), for: DurationMs }).optional(),
  encryption: z.enum(['AES256', 'aws:kms']).optional(),
  /** The key's id or alias; one of another environment is a fault (J-142). */
  key: z.string().max(300).optional(),
  /** The key must be younger, or turned within this time (J-141). */
  keyRotation: DurationMs.optional(),
  publicAccess: z.literal('blocked').optional(),
  /** Nobody may take backups away with the credentials that write them. */
  writerDelete: z.literal('denied').optional(),
});

/** Limits of the alerts. What is left out has the default of its rule, or follows from schedule and objectives. */
const Alerts = z.strictObject({
  /** Critical when the newest good one began longer ago (R2). */
  age: DurationMs.optional(),
  /** Shares of the middle of the last seven (R6). */
  size: z.strictObject({ warning: Share, critical: Share }).default({ warning: 0.2, critical: 0.5 }),
  /** A copy may be missing in another place for so long (R11). */
  copyWithin: DurationMs.optional(),
  /** Share of the usual duration's p95 (R8). */
  duration: Share.default(1.5),
  /** WAL that waits (R9): bytes in the slot, and segments ready to be archived. */
  slotBytes: z.number().int().positive().optional(),
  readySegments: z.number().int().positive().optional(),
});

/** How the producer speaks to the bot. What it says is a signal and never proof. */
const Heartbeat = z
  .strictObject({
    /** A secret of connections.yml: who knows it may send heartbeats for this backup. */
    token: Id.optional(),
    every: DurationMs.optional(),
    /** A notice of this SNS connection whose subject or message has these words in it (J-38). */
    sns: z
      .strictObject({
        connection: Id,
        success: z.string().min(3).max(200),
        failure: z.string().min(3).max(200).optional(),
      })
      .optional(),
  })
  .refine(
    ({ token, sns }) => token !== undefined || sns !== undefined,
    'expected "token", "sns" or both: else nobody can speak for this backup',
  );

export const Backup = z.strictObject({
  id: Id,
  component: Id,
  kind: z.enum(['logical', 'physical', 'wal', 'snapshot', 'sync', 'export', 'git']),
  /** As people call it: "daily dump". */
  title: z.string().max(60).optional(),
  producer: Producer.optional(),
  /** Left out for what is written all the time: WAL, replication. */
  schedule: Schedule.optional(),
  /** The first is where runbooks restore from. */
  locations: z.array(Location).min(1).max(6),
  /** `{YYYYmmdd_HHMMSS}` is the time, `{*}` anything; the rest is literal. Below the prefix or the folder. */
  namePattern: z.string().min(1).max(200).optional(),
  timeZone: z.string().default('UTC'),
  /** Smaller objects are refused as empty (X3). */
  minBytes: z.number().int().nonnegative().default(1024),
  retention: Retention.optional(),
  /** Storage classes by age, youngest first (J-151). */
  classes: z
    .array(z.strictObject({ until: DurationMs.optional(), class: z.string().max(30) }))
    .max(6)
    .optional(),
  protection: Protection.prefault({}),
  alerts: Alerts.prefault({}),
  heartbeat: Heartbeat.optional(),
  /** What is in it, in people's words; and what is known to be missing. */
  contents: z.array(z.string().max(200)).max(20).default([]),
  /** Why the plan deviates from its sources, shown in /dr backups show. */
  note: z.string().max(400).optional(),
  provenance: Provenance,
});
export type Backup = z.infer<typeof Backup>;

/** A restore that nobody waits for, into a place of its own, on a schedule: the only proof that a backup is one. */
export const RestoreTest = z.strictObject({
  id: Id,
  title: z.string().min(3).max(80),
  backup: Id,
  schedule: Schedule.optional(),
  afterEachBackup: z.boolean().default(false),
  /** Longer is a missed objective; left out: the component's RTO. */
  within: DurationMs.optional(),
  /** Each must give one row whose first column is true. */
  queries: z
    .array(z.strictObject({ title: z.string().max(80), sql: z.string().max(2000) }))
    .max(40)
    .default([]),
  provenance: Provenance,
});
export type RestoreTest = z.infer<typeof RestoreTest>;

/** The region that takes over (R16). What is left out is not looked at. */
export const DrRegion = z.strictObject({
  name: z.string().max(40),
  failureDomain: Id,
  health: z.url().optional(),
  images: z.array(z.string().max(300)).max(40).default([]),
  secrets: z.array(z.string().max(200)).max(40).default([]),
  dnsZone: z.string().max(200).optional(),
  provenance: Provenance,
});

/** How the watch works for this system and whom it tells. */
export const Watch = z.strictObject({
  every: DurationMs.default(5 * 60_000),
  /** A check that hangs is cut off and reported. */
  timeout: DurationMs.default(30_000),
  channel: z.string().optional(),
  /** Whom a critical alert is told when nobody answered it for so long. */
  escalate: z
    .array(z.strictObject({ after: DurationMs, to: Id }))
    .max(10)
    .default([]),
  /** An SNS connection that gets critical alerts. */
  sns: Id.optional(),
  /** Places in which nothing may be that no plan knows (R18). */
  coverage: z
    .strictObject({
      postgres: z.array(Id).default([]),
      volumes: z.array(z.strictObject({ cluster: Id, namespace: Id })).default([]),
      ignore: z.array(z.string().max(100)).default([]),
    })
    .prefault({}),
  digest: Schedule.optional(),
  provenance: Provenance,
});

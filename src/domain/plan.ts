import { z } from 'zod';
import { DurationMs } from './duration.ts';
import { Backup, DrRegion, Id, Provenance, RestoreTest, Watch } from './plan-backup.ts';

export type { Backup };

/**
 * The plan language: what one system's YAML file may say. Everything is a strict object, so that a misspelt key is an
 * error with its place and never a silent default.
 */

/** A name in PostgreSQL as it is written there; SQL quotes it. */
export const DB_NAME = /^[A-Za-z_][\w-]{0,62}$/;
const DbName = z.string().regex(DB_NAME, 'expected a name of PostgreSQL like "janua"');
const PersonId = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a person id of people.yml, like "ana"');
export const Severity = z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']);
export type Severity = z.infer<typeof Severity>;

/** Weakest first: `reversible` needs two people, `irreversible` two people other than the requester (DESIGN §5). */
export const ActionClass = z.enum(['read', 'reversible', 'irreversible']);
export type ActionClass = z.infer<typeof ActionClass>;

const Objectives = z.strictObject({ rto: DurationMs, rpo: DurationMs, provenance: Provenance });

const Writer = z.strictObject({
  cluster: Id,
  namespace: Id,
  deployment: Id,
});
export type Writer = z.infer<typeof Writer>;

/** The server that takes over, and how much may be lost with it. Its limits are part of what is approved. */
const Standby = z.strictObject({
  connection: Id,
  /** The replication slot it uses on its primary (`primary_slot_name`); a rebuilt standby gets one of the same name. */
  slot: z.string().regex(/^[a-z0-9_]{1,63}$/, 'expected a replication slot like "janua_standby"'),
  /** More than this between the last sight of the primary and the standby refuses the promotion. */
  maxLag: z.strictObject({ bytes: z.number().int().nonnegative(), time: DurationMs }),
});

const Component = z.strictObject({
  id: Id,
  name: z.string().min(1).max(60),
  /** `external`: nothing is done with it here. */
  kind: z.enum([
    'postgres',
    'redis',
    'kubernetes',
    'elasticsearch',
    'files',
    'config',
    'secrets',
    'certificates',
    'external',
  ]),
  /** How much hangs on it; its objectives say how soon it must be back. */
  tier: z.enum(['critical', 'important', 'other']).optional(),
  /** What is lost together with it: a region, a cluster, a host. */
  failureDomain: Id.optional(),
  /** Whose duty it is, where it is not ours. */
  responsibility: z.string().max(300).optional(),
  /** Why it is not backed up, on purpose. */
  noBackup: z.string().max(300).optional(),
  connection: Id.optional(),
  database: DbName.optional(),
  owner: DbName.optional(),
  appRoles: z.array(DbName).default([]),
  objectives: Objectives.optional(),
  dependsOn: z.array(Id).default([]),
  ephemeral: z.boolean().default(false),
  writers: z.array(Writer).default([]),
  /** The workload the server itself runs as: scaled to 0, it can take no write (pg.fence). */
  server: z.strictObject({ cluster: Id, namespace: Id, statefulSet: Id }).optional(),
  standby: Standby.optional(),
  /** A table whose rows form a hash chain, checked by pg.integrity (J-116). */
  auditChain: z
    .strictObject({
      table: z.string(),
      order: DbName,
      prev: DbName,
      hash: DbName,
      canon: z.string().max(2000),
    })
    .optional(),
  /** Where a restored copy is built. The live server needs known free space (DESIGN §4). */
  restore: z
    .strictObject({
      into: Id,
      freeBytes: z.number().int().positive().optional(),
      maxConnections: z.number().int().positive().optional(),
    })
    .optional(),
  provenance: Provenance,
});
export type Component = z.infer<typeof Component>;

/** A timer holds 24 days at most, and a step that takes a week is no step. */
const LONGEST_TIMEOUT_MS = 7 * 86_400_000;

const StepBase = {
  id: Id,
  title: z.string().min(3).max(80),
  uses: z.string().regex(/^[a-z0-9]+(\.[a-zA-Z0-9]+)?$/, 'expected an action like "backup.find"'),
  with: z.record(z.string(), z.json()).default({}),
  when: z.string().max(200).optional(),
  timeout: DurationMs.refine((ms) => ms <= LONGEST_TIMEOUT_MS, 'expected at most "7d"').optional(),
  expected: DurationMs.optional(),
  /** A plan may raise the class an action has, never lower it. */
  class: ActionClass.optional(),
  /** Facts of the incident that this step's end establishes. */
  records: z
    .strictObject({
      /** Service works again, with the evidence: ends the RTA clock. */
      verified: z.string().optional(),
      /** The point in time that was recovered: RPA is measured from it. */
      recoveryPoint: z.strictObject({ at: z.string(), evidence: z.string() }).optional(),
      loss: z.strictObject({ rows: z.string(), text: z.string() }).optional(),
    })
    .optional(),
  provenance: Provenance,
};
export const Step = z.strictObject(StepBase);
export type Step = z.infer<typeof Step>;

export const Gate = z.strictObject({
  gate: Id,
  title: z.string().min(3).max(80),
  /** What stops working while the gate is open, in users' words: printed on the approval card. */
  impact: z.string().min(3).max(300),
  /** What is lost, for the card: usually the summary of a loss report. */
  loss: z.string().max(300).optional(),
  /** The point in time this gate goes back to. */
  recoveryPoint: z.string().max(100).optional(),
  /** Name an approver must type where the gate cannot be undone. */
  confirmName: z.string().max(100).optional(),
  steps: z.array(Step).min(1).max(40),
  provenance: Provenance,
});
export type Gate = z.infer<typeof Gate>;

const Input = z.strictObject({
  label: z.string().min(2).max(60),
  hint: z.string().max(150).optional(),
  type: z.enum(['text', 'time', 'choice']),
  options: z.array(z.strictObject({ value: Id, label: z.string().max(75) })).optional(),
  default: z.string().max(200).optional(),
  required: z.boolean().default(false),
});
export type Input = z.infer<typeof Input>;

export const Runbook = z.strictObject({
  title: z.string().min(3).max(80),
  component: Id,
  expected: DurationMs.optional(),
  /** Marks the runbook that an incident's form offers first. */
  scenario: z.string().max(200).optional(),
  inputs: z.record(Id, Input).default({}),
  steps: z
    .array(z.union([Gate, Step]))
    .min(1)
    .max(60),
  provenance: Provenance,
});
export type Runbook = z.infer<typeof Runbook>;

/** An approval that lasts for days is a key left in the door. */
const ApprovalTime = DurationMs.refine((ms) => ms <= 4 * 3_600_000, 'an approval lasts at most 4h');

const Approvals = z.strictObject({
  approvers: z.array(PersonId).min(1),
  /** A Slack user group handle an approver must also be in. */
  slackGroup: z.string().optional(),
  requesterCounts: z.boolean().default(true),
  approveWithin: ApprovalTime.default(15 * 60_000),
  openWithin: ApprovalTime.default(10 * 60_000),
  remindEvery: DurationMs.default(5 * 60_000),
  /** People told when nobody has approved for `escalateAfter`. */
  escalateTo: z.array(PersonId).default([]),
  escalateAfter: DurationMs.default(10 * 60_000),
  provenance: Provenance,
});

const SeverityWords = z.strictObject({ label: z.string().max(40), means: z.string().max(75) });

export const Plan = z.strictObject({
  system: Id,
  name: z.string().min(1).max(40),
  environment: z.enum(['PRODUCTION', 'STAGING', 'SANDBOX']).default('PRODUCTION'),
  owner: z.string().min(1).max(80),
  review: z.strictObject({ last: z.iso.date(), every: DurationMs, provenance: Provenance }).optional(),
  controls: z.array(z.string()).default([]),
  objectives: Objectives,
  /** Which instant starts the RTO clock (J-05). */
  clock: z.enum(['occurred', 'detected', 'declared']).default('declared'),
  components: z.array(Component).min(1),
  backups: z.array(Backup).default([]),
  restoreTests: z.array(RestoreTest).default([]),
  drRegion: DrRegion.optional(),
  watch: Watch.prefault({}),
  severities: z.record(Severity, SeverityWords).optional(),
  defaultSeverity: Severity.default('SEV2'),
  channels: z
    .strictObject({
      incidents: z.string().default('incidents'),
      perIncident: z.enum(['channel', 'thread']).default('channel'),
    })
    .prefault({}),
  updates: z
    .strictObject({
      every: DurationMs.default(30 * 60_000),
      bySeverity: z.partialRecord(Severity, DurationMs).default({}),
      draftBefore: DurationMs.default(5 * 60_000),
      title: z.string().max(80).optional(),
      closing: z.string().max(300).optional(),
      provenance: Provenance,
    })
    .prefault({}),
  report: z
    .strictObject({ dueWithin: DurationMs.default(48 * 3_600_000), provenance: Provenance })
    .prefault({}),
  approvals: Approvals,
  runbooks: z.record(Id, Runbook),
  provenance: Provenance,
});
export type Plan = z.infer<typeof Plan>;

export function isGate(entry: Step | Gate): entry is Gate {
  return 'gate' in entry;
}

/** One step in running order, with the gate it belongs to, if any. Numbers on cards count these from 1. */
export interface PlacedStep {
  readonly step: Step;
  readonly gate: Gate | null;
  readonly number: number;
}

/** Steps of a runbook in running order, gates flattened. */
export function stepsOf(runbook: Runbook): readonly PlacedStep[] {
  const flat = runbook.steps.flatMap((entry): readonly { step: Step; gate: Gate | null }[] =>
    isGate(entry) ? entry.steps.map((step) => ({ step, gate: entry })) : [{ step: entry, gate: null }],
  );
  return flat.map(({ step, gate }, index) => ({ step, gate, number: index + 1 }));
}

export function gatesOf(runbook: Runbook): readonly Gate[] {
  return runbook.steps.filter(isGate);
}

const RANK: Record<ActionClass, number> = { read: 0, reversible: 1, irreversible: 2 };

export function strictestClass(classes: readonly ActionClass[]): ActionClass {
  return classes.reduce<ActionClass>((worst, next) => (RANK[next] > RANK[worst] ? next : worst), 'read');
}

/** Ids of the backups that runbooks restore from: only those lessen a loss (C-15). */
export function restoredBy({ runbooks }: Pick<Plan, 'runbooks'>): ReadonlySet<unknown> {
  const steps = Object.values(runbooks).flatMap((runbook) => stepsOf(runbook));
  return new Set(
    steps.filter(({ step }) => step.uses.startsWith('backup.')).map(({ step }) => step.with.backup),
  );
}

export function componentOf(plan: Plan, id: string): Component | undefined {
  return plan.components.find((component) => component.id === id);
}

/** The interval between status updates for a severity, in milliseconds. */
export function updateEveryMs(plan: Plan, severity: Severity): number {
  return plan.updates.bySeverity[severity] ?? plan.updates.every;
}

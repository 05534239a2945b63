import type { Alert } from './alert.ts';
import type { AlertHealth } from './alert-events.ts';
import type { Approval } from './approval.ts';
import type { EventOutline, LoggedEvent } from './events.ts';
import type { Incident } from './incident.ts';
import type { Artifact, RestoreTestResult } from './inventory.ts';
import type { People } from './people.ts';
import type { Backup, Component, Plan, Runbook } from './plan.ts';
import type { Run } from './run.ts';
import type { Health, RuleId, Verdict } from './verdict.ts';

/** Everything a surface of one incident is rendered from. Loaded in one go, so that a card never mixes two moments. */
export interface IncidentView {
  readonly incident: Incident;
  readonly plan: Plan;
  /** `janua@4f2c1a9`: system and the first seven letters of the plan's digest. */
  readonly planVersion: string;
  readonly people: People;
  /** Newest first: the active run, or the last one. */
  readonly runs: readonly RunView[];
  /** Its log with that of its runs and approvals, oldest first. */
  readonly events: readonly EventOutline[];
  readonly now: Date;
}

export interface RunView {
  readonly run: Run;
  readonly runbook: Runbook;
  /** Every approval of the run, newest first. */
  readonly approvals: readonly Approval[];
}

/** A post-incident report or a timeline also tells what the log contains. */
export interface ReportView extends IncidentView {
  readonly events: readonly LoggedEvent[];
  readonly audit: { readonly events: number; readonly verified: boolean; readonly head: string };
}

/** Everything the surfaces of one alert are rendered from. */
export interface AlertView {
  readonly alert: Alert;
  /** The newest look at what it is about; the last one before it closed. */
  readonly verdict: Verdict;
  readonly plan: Plan;
  readonly people: People;
  readonly systemName: string;
  readonly backup: Backup | null;
  readonly component: Component | null;
  /** When the watch last looked at this system, and when it will again. */
  readonly checkedAt: Date | null;
  readonly nextCheckAt: Date | null;
  /** When a restore test of this backup last succeeded. */
  readonly lastRestoreProved: string | null;
  readonly newestGood: Pick<Artifact, 'key' | 'takenAt' | 'bytes'> | null;
  /** All that share its card, this one included; empty where it has one of its own. */
  readonly members: readonly AlertView[];
  readonly now: Date;
}

/** One backup on the screen of all (CARDS §10). Spans in milliseconds. */
export interface BackupLine {
  readonly system: string;
  readonly systemName: string;
  readonly backup: string;
  readonly title: string;
  readonly health: Health;
  readonly ageMs: number | null;
  readonly ageLimitMs: number | null;
  /** What is lost if it fails now; null where no runbook restores from it, or where it is not known. */
  readonly lossMs: number | null;
  /** What is wrong, or why it is not known; null while it is ok. */
  readonly text: string | null;
  /** The newest against the middle of the last seven: 0.24 is 24% more. */
  readonly sizeTrend: number | null;
  readonly restored: { readonly at: Date; readonly durationMs: number } | null;
  readonly lastGoodAt: Date | null;
  readonly acknowledged: boolean;
}

export interface BackupsModel {
  readonly now: Date;
  /** When the watch last ran; null before its first round. */
  readonly lastRanAt: Date | null;
  readonly lines: readonly BackupLine[];
  readonly healthyShown: boolean;
  /** The one system it is about; null for all. */
  readonly system: string | null;
  readonly systems: readonly { readonly id: string; readonly name: string }[];
}

/** A restore test that can be asked for. */
export interface TestChoice {
  readonly system: string;
  readonly systemName: string;
  readonly test: string;
  readonly title: string;
  readonly backup: string;
  readonly lastAt: Date | null;
}

/** A restore test that was made. */
export interface RestoreTestShown {
  readonly result: RestoreTestResult;
  readonly systemName: string;
  readonly backup: string;
  /** What it may take; null where the plan sets no time. */
  readonly withinMs: number | null;
}

/** A week of backups of one system. */
export interface Digest {
  readonly system: string;
  readonly systemName: string;
  readonly from: Date;
  readonly now: Date;
  readonly lastRanAt: Date | null;
  readonly lines: readonly BackupLine[];
  /** Alerts that were open at any time of the week, newest first. */
  readonly alerts: readonly DigestAlert[];
  readonly tests: readonly RestoreTestShown[];
  /** Backups whose size went away from the middle of the last seven. */
  readonly sizes: readonly { readonly backup: string; readonly bytes: number; readonly share: number }[];
}

export interface DigestAlert {
  readonly id: string;
  readonly rule: RuleId;
  readonly backup: string | null;
  readonly title: string;
  readonly health: AlertHealth;
  readonly firedAt: Date;
  readonly closedAt: Date | null;
}

/** What App Home shows to one person. */
export interface HomeModel {
  readonly now: Date;
  readonly people: People;
  /** Null for somebody whom people.yml does not name. */
  readonly person: string | null;
  /** Names of the systems whose plans name this person an approver. */
  readonly approverOf: readonly string[];
  /** Approvals that wait for this person, the one that ends first in front. */
  readonly waiting: readonly Approval[];
  readonly open: readonly IncidentView[];
  /** The last that ended, newest first. */
  readonly ended: readonly IncidentView[];
  readonly backups: BackupsModel;
  readonly plans: number;
}

/** How much is going on, for who watches the bot itself. */
export interface Tallies {
  /** Of open incidents, active runs, open approvals and open alerts. Nothing for what there is none of. */
  readonly counts: readonly {
    readonly what: 'incidents' | 'runs' | 'approvals' | 'alerts';
    readonly system: string;
    /** Of alerts alone. */
    readonly severity: string | null;
    readonly count: number;
  }[];
  /** Seconds since the watch last judged the backups of each system. */
  readonly watched: readonly { readonly system: string; readonly seconds: number }[];
}

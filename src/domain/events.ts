import type { AlertEvent } from './alert-events.ts';
import type { ApprovalEvent } from './approval-events.ts';
import type { Json } from './canonical.ts';
import type { Severity } from './plan.ts';
import type { Fact, Output, Question } from './step.ts';

/**
 * Facts, appended and never edited. A new kind of fact is a new member here, and the compiler shows every place to
 * fill in. Instants inside bodies are ISO text in UTC, so that a body is the same bytes wherever it is read.
 */
export type Iso = string;

export type IncidentStatus = 'investigating' | 'identified' | 'monitoring' | 'resolved' | 'cancelled';
export const ROLES = ['commander', 'deputy', 'scribe', 'liaison'] as const;
export type Role = (typeof ROLES)[number];

export interface UpdateText {
  readonly status: Exclude<IncidentStatus, 'cancelled'>;
  readonly impact: string;
  readonly changed: string;
  readonly next: string;
  readonly expectedBack: string | null;
}

export type IncidentEvent =
  | {
      readonly kind: 'incident.declared';
      readonly system: string;
      readonly title: string;
      readonly severity: Severity;
      readonly impact: string | null;
      readonly occurredAt: Iso | null;
      readonly detectedAt: Iso | null;
      readonly declaredAt: Iso;
      readonly plan: string;
      readonly updateEveryMs: number;
      readonly draftBeforeMs: number;
    }
  | { readonly kind: 'incident.edited'; readonly changes: IncidentEdit }
  | {
      readonly kind: 'incident.severity-changed';
      readonly from: Severity;
      readonly to: Severity;
      readonly updateEveryMs: number;
    }
  | {
      readonly kind: 'incident.status-changed';
      readonly from: IncidentStatus;
      readonly to: IncidentStatus;
      readonly what: string;
    }
  | {
      readonly kind: 'incident.role-assigned';
      readonly role: Role;
      readonly person: string | null;
      readonly previous: string | null;
    }
  | { readonly kind: 'incident.note-added'; readonly text: string }
  | {
      readonly kind: 'incident.channel-linked';
      readonly channel: string;
      readonly name: string;
      readonly thread: string | null;
    }
  | { readonly kind: 'incident.update-drafted'; readonly dueAt: Iso }
  | { readonly kind: 'incident.update-snoozed'; readonly until: Iso; readonly reason: string }
  | {
      readonly kind: 'incident.update-published';
      readonly number: number;
      readonly text: UpdateText;
      readonly dueAt: Iso;
      readonly publishedAt: Iso;
      readonly nextAt: Iso;
      readonly automatic: boolean;
      readonly missed: readonly Iso[];
    }
  | { readonly kind: 'incident.verified'; readonly at: Iso; readonly evidence: string; readonly run: string }
  | {
      readonly kind: 'incident.recovery-point-found';
      readonly at: Iso;
      readonly evidence: string;
      readonly run: string;
    }
  | {
      readonly kind: 'incident.loss-measured';
      readonly rows: number | null;
      readonly text: string;
      readonly run: string;
    }
  | {
      readonly kind: 'incident.resolved';
      readonly at: Iso;
      readonly rootCause: string;
      readonly dataLost: string;
      readonly reportOwner: string;
      readonly reportDueAt: Iso;
      readonly unknownDetected: string | null;
    }
  | { readonly kind: 'incident.cancelled'; readonly reason: string }
  | {
      readonly kind: 'incident.action-item-added';
      readonly text: string;
      readonly owner: string;
      readonly due: string;
    }
  | { readonly kind: 'incident.lesson-added'; readonly text: string }
  | {
      readonly kind: 'incident.report-written';
      readonly revision: number;
      readonly sha256: string;
      readonly bytes: number;
    };

export interface IncidentEdit {
  readonly title?: string;
  readonly impact?: string;
  readonly occurredAt?: Iso;
  readonly detectedAt?: Iso;
}

export type RunEvent =
  | {
      readonly kind: 'run.started';
      readonly incident: string;
      readonly system: string;
      readonly component: string;
      readonly runbook: string;
      readonly mode: 'live' | 'drill';
      readonly plan: string;
      readonly inputs: Readonly<Record<string, string>>;
      readonly requestedBy: string;
      readonly approvers: readonly string[];
      readonly reason: string | null;
      readonly startedAt: Iso;
    }
  | {
      readonly kind: 'step.started';
      readonly step: string;
      readonly attempt: number;
      readonly params: Json;
      readonly at: Iso;
    }
  | {
      readonly kind: 'step.finished';
      readonly step: string;
      readonly attempt: number;
      readonly summary: string;
      readonly output: Output;
      readonly facts: readonly Fact[];
      readonly at: Iso;
      /** How the end became known: by the attempt itself, by looking after a crash, or by a person. */
      readonly known: 'run' | 'observed' | 'answered' | 'ruled';
    }
  | {
      readonly kind: 'step.failed';
      readonly step: string;
      readonly attempt: number;
      readonly code: string;
      readonly reason: string;
      readonly details: readonly string[];
      readonly at: Iso;
    }
  | {
      readonly kind: 'step.postponed';
      readonly step: string;
      readonly attempt: number;
      readonly reason: string;
      readonly tries: number;
      readonly until: Iso;
    }
  | {
      readonly kind: 'step.waiting';
      readonly step: string;
      readonly attempt: number;
      readonly note: string;
      readonly until: Iso;
      readonly memory: Json;
    }
  | {
      readonly kind: 'step.asked';
      readonly step: string;
      readonly attempt: number;
      readonly question: Question;
      readonly at: Iso;
    }
  | {
      readonly kind: 'step.uncertain';
      readonly step: string;
      readonly attempt: number;
      readonly seen: readonly string[];
      readonly howToTell: string | null;
      readonly at: Iso;
    }
  | {
      readonly kind: 'step.skipped';
      readonly step: string;
      readonly reason: string;
      readonly byPerson: boolean;
      readonly at: Iso;
    }
  | { readonly kind: 'step.retried'; readonly step: string; readonly look: boolean }
  | {
      readonly kind: 'step.ruled';
      readonly step: string;
      readonly happened: boolean;
      readonly saw: string;
      readonly person: string;
    }
  | { readonly kind: 'gate.asked'; readonly gate: string; readonly approval: string; readonly digest: string }
  | {
      readonly kind: 'gate.blocked';
      readonly gate: string;
      readonly reasons: readonly string[];
      readonly at: Iso;
    }
  | { readonly kind: 'gate.retried'; readonly gate: string }
  | {
      readonly kind: 'gate.opened';
      readonly gate: string;
      readonly approval: string;
      readonly digest: string;
      readonly at: Iso;
    }
  | {
      readonly kind: 'gate.closed';
      readonly gate: string;
      readonly outcome: 'done' | 'undone';
      readonly at: Iso;
    }
  | { readonly kind: 'undo.started'; readonly gate: string; readonly reason: string; readonly at: Iso }
  | {
      readonly kind: 'step.undone';
      readonly step: string;
      readonly summary: string;
      readonly facts: readonly Fact[];
      readonly at: Iso;
    }
  | { readonly kind: 'step.undo-failed'; readonly step: string; readonly reason: string; readonly at: Iso }
  | {
      readonly kind: 'run.abort-requested';
      readonly person: string;
      readonly reason: string;
      readonly at: Iso;
    }
  | {
      readonly kind: 'run.finished';
      readonly outcome: RunOutcome;
      readonly cleaned: readonly string[];
      readonly at: Iso;
    };

export type RunOutcome = 'done' | 'aborted' | 'undone';

export type { AlertEvent } from './alert-events.ts';
export type { ApprovalCard, ApprovalEvent, VoteProof } from './approval-events.ts';

export type DomainEvent = IncidentEvent | RunEvent | ApprovalEvent | AlertEvent;

export type StreamType = 'incident' | 'run' | 'approval' | 'alert';

export interface Stream {
  readonly type: StreamType;
  readonly id: string;
}

export interface Actor {
  /** A row of people.yml; null for the bot itself and for people nobody has mapped. */
  readonly person: string | null;
  readonly via: 'slack' | 'cli' | 'bot';
  /** Slack user id, or the operating-system user of a terminal. */
  readonly account: string | null;
}

export const BOT: Actor = { person: null, via: 'bot', account: null };

/** An event as it stands in the log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly at: Date;
  readonly stream: Stream;
  readonly incident: string | null;
  readonly actor: Actor;
  readonly event: DomainEvent;
}

/** What happened and when, without its contents. */
export type EventOutline = Pick<LoggedEvent, 'at' | 'stream'> & {
  readonly event: Pick<DomainEvent, 'kind'>;
};

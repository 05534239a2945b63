import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import type {
  Actor,
  ApprovalEvent,
  DomainEvent,
  IncidentEvent,
  LoggedEvent,
  RunEvent,
  Stream,
} from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import type { Plan, Runbook } from '../../src/domain/plan.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import type { IncidentView } from '../../src/domain/views.ts';
import { people, samplePlan } from './sample-plan.ts';

/** An instant of the sample day: `at('02:12:04')`. */
export const at = (time: string): string => `2026-11-21T${time}.000Z`;

export const INCIDENT = 'INC-2026-014';
export const RUN = 'RUN-31';
export const APPROVAL = 'APR-57';
export const DIGEST = '6'.repeat(64);

/** The texts that come from people and backups, so that a test can make all of them hostile, empty or very long. */
export interface Texts {
  readonly title: string;
  readonly impact: string;
  readonly note: string;
  readonly fact: string;
}
export const TEXTS: Texts = {
  title: 'Sign-in fails for most customers',
  impact: 'All regions. Login and token refresh return 500.',
  note: 'A migration deleted rows in four tables',
  fact: '`…20261121_020004.dump`, 2 refused',
};

export interface Story {
  incident(event: IncidentEvent, time: string, person?: string | null): LoggedEvent;
  run(event: RunEvent, time?: string, person?: string | null): LoggedEvent;
  approval(event: ApprovalEvent, time?: string, person?: string | null, id?: string): LoggedEvent;
  /** Every event so far, oldest first. */
  readonly log: readonly LoggedEvent[];
  view(now: string): IncidentView;
  readonly texts: Texts;
  readonly runbook: Runbook;
}

/** An incident told by real events: `state = fold(events)`, as in the store. */
export function createStory(options: { texts?: Partial<Texts>; plan?: Plan; runbook?: string } = {}): Story {
  const plan = options.plan ?? samplePlan();
  const runbookId = options.runbook ?? 'restore-postgres';
  const runbook = plan.runbooks[runbookId];
  if (runbook === undefined) throw new Error(`the sample plan has no runbook "${runbookId}"`);
  const log: LoggedEvent[] = [];
  let incident: Incident | null = null;
  let run: Run | null = null;
  const approvals = new Map<string, Approval>();

  const append = (stream: Stream, event: DomainEvent, time: string, person: string | null): LoggedEvent => {
    const actor: Actor = { person, via: person === null ? 'bot' : 'slack', account: null };
    const logged = { seq: log.length + 1, at: new Date(at(time)), stream, incident: INCIDENT, actor, event };
    log.push(logged);
    return logged;
  };

  return {
    log,
    runbook,
    texts: { ...TEXTS, ...options.texts },
    incident(event, time, person = null) {
      incident = applyIncident(incident, event, at(time), INCIDENT, person);
      return append({ type: 'incident', id: INCIDENT }, event, time, person);
    },
    run(event, time = timeOf(event), person = null) {
      run = applyRun(run, event, RUN);
      return append({ type: 'run', id: RUN }, event, time, person);
    },
    approval(event, time = timeOf(event), person = null, id = APPROVAL) {
      approvals.set(id, applyApproval(approvals.get(id) ?? null, event, id));
      return append({ type: 'approval', id }, event, time, person);
    },
    view(now) {
      if (incident === null) throw new Error('the story has no incident yet');
      const runs = run === null ? [] : [{ run, runbook, approvals: [...approvals.values()].reverse() }];
      return {
        incident,
        plan,
        planVersion: 'janua@4f2c1a9',
        people,
        runs,
        events: log,
        now: new Date(at(now)),
      };
    },
  };
}

function timeOf(event: DomainEvent): string {
  const found =
    'at' in event
      ? event.at
      : 'startedAt' in event
        ? event.startedAt
        : 'requestedAt' in event
          ? event.requestedAt
          : undefined;
  if (found === undefined) throw new Error(`${event.kind} carries no time: give one`);
  return found.slice(11, 19);
}

export type Options = NonNullable<Parameters<typeof createStory>[0]>;

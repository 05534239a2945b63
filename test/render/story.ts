import { type Approval, applyApproval } from '../../src/domain/approval.ts';
import type { ApprovalEvent, IncidentEvent, LoggedEvent, RunEvent } from '../../src/domain/events.ts';
import { applyIncident, type Incident } from '../../src/domain/incident.ts';
import { applyRun, type Run } from '../../src/domain/run.ts';
import type { ReportView } from '../../src/domain/views.ts';
import { UNTIL_ASKED } from './story-begin.ts';
import { SINCE_ASKED } from './story-end.ts';
import { people, plan } from './story-plan.ts';
import { at, INC, type Told } from './story-words.ts';

export { people, plan } from './story-plan.ts';
export { at, card, digest, person, ran, said, type Told } from './story-words.ts';

/** The night of INC-2026-014 (CARDS), told as events and folded: every surface of these tests is rendered from it. */
export const TOLD: readonly Told[] = [...UNTIL_ASKED, ...SINCE_ASKED];

/** The view as it stood at a time: everything told by then, folded. */
export function viewAt(now: string, told: readonly Told[] = TOLD): ReportView {
  const until = Date.parse(now.includes('T') ? now : at(now));
  const events: LoggedEvent[] = told
    .map(([time, actor, type, id, event], index) => ({
      seq: 101 + index,
      at: new Date(at(time)),
      stream: { type, id },
      incident: INC,
      actor,
      event,
    }))
    .filter((logged) => logged.at.getTime() <= until);
  let incident: Incident | null = null;
  const runs = new Map<string, Run>();
  const approvals = new Map<string, Approval>();
  for (const { stream, event, at: when, actor } of events) {
    if (stream.type === 'incident')
      incident = applyIncident(incident, event as IncidentEvent, when.toISOString(), stream.id, actor.person);
    if (stream.type === 'run')
      runs.set(stream.id, applyRun(runs.get(stream.id) ?? null, event as RunEvent, stream.id));
    if (stream.type === 'approval')
      approvals.set(
        stream.id,
        applyApproval(approvals.get(stream.id) ?? null, event as ApprovalEvent, stream.id),
      );
  }
  if (incident === null) throw new Error(`nothing is told by ${now}`);
  return {
    incident,
    plan,
    planVersion: 'janua@4f2c1a9',
    people,
    runs: [...runs.values()].reverse().flatMap((run) => {
      const runbook = plan.runbooks[run.runbook];
      return runbook === undefined
        ? []
        : [
            {
              run,
              runbook,
              approvals: [...approvals.values()].filter((approval) => approval.run === run.id).reverse(),
            },
          ];
    }),
    now: new Date(until),
    events,
    audit: { events: events.length, verified: true, head: '4c1e09ab'.padEnd(64, '0') },
  };
}

/** The story up to a time, and then something else. */
export function toldUntil(time: string, ...more: readonly Told[]): readonly Told[] {
  return [...TOLD.filter(([when]) => at(when) <= at(time)), ...more];
}

import { REQUIRED_VOTES } from '../../domain/approval.ts';
import { measure } from '../../domain/measure.ts';
import type { IncidentView } from '../../domain/views.ts';
import { plainInk } from '../escape.ts';
import { between, capital, clock, duration, instant, notKnown } from '../format.ts';
import { callName } from '../names.ts';
import { runState } from '../run-state.ts';
import { type MarkName, ROLE_WORDS, STATUS_WORDS } from '../words.ts';
import { heading, localTime, row, wrap } from './layout.ts';

/** Where an incident stands, for `dr status` (CARDS §16). */
export function renderStatus(view: IncidentView, timeZone?: string): string {
  const { incident, plan, people, now } = view;
  const day = incident.declaredAt;
  const name = (person: string | null) => (person === null ? 'nobody' : callName(people, person));
  const roles = (['commander', 'deputy', 'scribe', 'liaison'] as const).map(
    (role) => `${ROLE_WORDS[role]} ${name(incident.roles[role])}`,
  );
  return [
    heading(
      incident.id,
      plan.name,
      incident.severity,
      incident.id.startsWith('DRILL-') ? 'DRILL' : plan.environment,
    ),
    ...wrap(plainInk.quote(incident.title)),
    `${STATUS_WORDS[incident.status].word} since ${instant(incident.statusSince, day)}${localTime(incident.statusSince, timeZone)}`,
    ...rtoRow(view, timeZone),
    ...rpoRow(view),
    ...updateRow(view, timeZone),
    ...runRows(view),
    ...approvalRows(view, timeZone),
    ...row('Waiting', `${duration(measure(view).waitingForPeopleMs)} spent waiting for people`),
    ...row('People', capital(roles.join(', '))),
    ...(incident.impact === null ? [] : row('Affected', plainInk.quote(incident.impact))),
    `As of ${clock(now, day)} UTC`,
  ].join('\n');
}

function rtoRow(view: IncidentView, timeZone: string | undefined): readonly string[] {
  const { rtaMs, rtoMs, clockStart, why } = measure(view);
  const label = `RTO ${duration(rtoMs)}`;
  if (rtaMs !== null)
    return row(
      label,
      `RTA ${duration(rtaMs)}, ${rtaMs <= rtoMs ? 'met' : `missed by ${duration(rtaMs - rtoMs)}`}`,
      rtaMs <= rtoMs ? 'done' : 'failed',
    );
  if (clockStart === null || view.incident.updates.nextAt === null)
    return row(label, notKnown(why.rta ?? ''), 'uncertain');
  const due = new Date(Date.parse(clockStart) + rtoMs);
  const left = between(view.now, due);
  const when = `due ${instant(due, view.incident.declaredAt)}${localTime(due, timeZone)}`;
  return left < 0
    ? row(label, `${when}, missed by ${duration(-left)}, still counting`, 'failed')
    : row(label, `${when}, ${duration(left)} left`, 'done');
}

function rpoRow(view: IncidentView): readonly string[] {
  const { rpaMs, rpoMs, why } = measure(view);
  const label = `RPO ${duration(rpoMs)}`;
  if (rpaMs !== null)
    return row(
      label,
      `RPA ${duration(rpaMs)}, ${rpaMs <= rpoMs ? 'met' : `missed by ${duration(rpaMs - rpoMs)}`}`,
      rpaMs <= rpoMs ? 'done' : 'failed',
    );
  const foreseen = view.runs[0]?.approvals[0]?.card.lossMs ?? null;
  return foreseen === null
    ? row(label, notKnown(why.rpa ?? ''), 'uncertain')
    : row(label, `a restore now loses ${duration(foreseen)}`, foreseen <= rpoMs ? 'done' : 'failed');
}

function updateRow({ incident, people, now }: IncidentView, timeZone: string | undefined): readonly string[] {
  const { nextAt, draftBeforeMs, draftedFor } = incident.updates;
  if (nextAt === null) return [];
  const day = incident.declaredAt;
  const late = between(nextAt, now);
  if (late > 0)
    return row('Next update', `late by ${duration(late)} (due ${instant(nextAt, day)})`, 'warning');
  const id = incident.roles.liaison ?? incident.roles.deputy ?? incident.roles.commander;
  const reader = id === null ? 'the channel' : callName(people, id);
  const draft =
    draftedFor === nextAt
      ? `draft is with ${reader}`
      : `draft to ${reader} at ${instant(new Date(Date.parse(nextAt) - draftBeforeMs), day)}`;
  return row('Next update', `${instant(nextAt, day)}${localTime(nextAt, timeZone)}, ${draft}`);
}

function runRows({ runs }: IncidentView): readonly string[] {
  const [newest] = runs;
  if (newest === undefined) return row('Run', 'none yet. To start one: dr run');
  const { words, mark, at, total } = runState(newest);
  const where = at === null ? '' : `, step ${at.number} of ${total}`;
  return row(
    'Run',
    `${newest.run.id} ${newest.run.runbook}, ${words}${words.includes('step') ? '' : where}`,
    mark,
  );
}

function approvalRows({ runs, incident }: IncidentView, timeZone: string | undefined): readonly string[] {
  const mark: MarkName = 'waiting';
  return runs
    .flatMap(({ approvals }) => approvals)
    .filter(({ status }) => status.is === 'open')
    .flatMap(({ id, votes, approveBy }) =>
      row(
        'Approval',
        `${id}, ${votes.length} of ${REQUIRED_VOTES}, until ${instant(approveBy, incident.declaredAt)}${localTime(approveBy, timeZone)}; dr approve ${id}`,
        mark,
      ),
    );
}

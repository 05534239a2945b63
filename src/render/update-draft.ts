import { REQUIRED_VOTES } from '../domain/approval.ts';
import type { Iso, UpdateText } from '../domain/events.ts';
import type { Incident } from '../domain/incident.ts';
import { gatesOf, stepsOf } from '../domain/plan.ts';
import { gateState, stepState } from '../domain/run.ts';
import type { IncidentView, RunView } from '../domain/views.ts';
import { oneLine, plainInk } from './escape.ts';
import { between, count, duration, exactInstant, instant } from './format.ts';
import { callName } from './names.ts';
import { runState } from './run-state.ts';
import { OUTCOME_WORDS, STATUS_WORDS } from './words.ts';

const NO_NEWS = 'No new information since';

/** True for the honest update that says that nothing changed. */
export function isNoNews(text: UpdateText): boolean {
  return text.changed.startsWith(NO_NEWS);
}

/** When people last heard: the newest published update, else the declaration. */
export function lastHeardAt({ updates, declaredAt }: Incident): Date {
  return new Date(updates.published.at(-1)?.publishedAt ?? declaredAt);
}

/**
 * The words of an update from state alone: what is recorded since `since`, what comes next, never an estimate of when
 * service is back. When nothing is recorded it says so, and how far the work is.
 */
export function draftUpdate(view: IncidentView, since: Date = lastHeardAt(view.incident)): UpdateText {
  const { incident } = view;
  const news = newsSince(view, since);
  return {
    status: incident.status === 'cancelled' ? 'resolved' : incident.status,
    impact: impactOf(incident),
    changed:
      news.length > 0
        ? news.map((line) => `${line.replace(/\.$/, '')}.`).join(' ')
        : `${NO_NEWS} ${instant(since, incident.declaredAt)}. ${presentOf(view)}`,
    next: nextOf(view),
    expectedBack: expectedBackOf(incident),
  };
}

function impactOf({ verified, occurredAt, declaredAt, impact, title, loss }: Incident): string {
  const what = sentence(impact ?? title);
  const lost =
    loss?.rows == null ? '' : loss.rows === 0 ? ' No rows lost.' : ` ${count(loss.rows, 'row')} lost.`;
  if (verified !== null) {
    const length =
      occurredAt === null ? '' : `, ${duration(between(occurredAt, verified.at))} after it began`;
    return `Ended ${instant(verified.at, declaredAt)}${length}. It was: ${what}${lost}`;
  }
  return occurredAt === null ? what : `Since ${instant(occurredAt, declaredAt)}: ${what}`;
}

/** Recorded facts of the time since the last update, most important first. */
function newsSince(view: IncidentView, since: Date): readonly string[] {
  const { incident } = view;
  const isNew = (at: Iso | null | undefined): at is Iso => at != null && Date.parse(at) > since.getTime();
  const at = (instantOf: Iso) => exactInstant(instantOf, incident.declaredAt);
  const lines: string[] = [];
  if (isNew(incident.verified?.at) && incident.verified !== null)
    lines.push(
      `The service was verified at ${at(incident.verified.at)}: ${oneLine(incident.verified.evidence)}`,
    );
  if (isNew(incident.statusSince) && incident.statusSince !== incident.declaredAt)
    lines.push(statusNews(view));
  for (const { run } of view.runs)
    if (isNew(run.finishedAt) && run.outcome !== null)
      lines.push(`${run.id} is over: ${OUTCOME_WORDS[run.outcome].word}`);
  for (const runView of view.runs) lines.push(...turnNews(view, runView, isNew));
  // Of a run that is over, and after which another began, its end and its turns say enough.
  const told = view.runs.filter(({ run }, index) => index === 0 || run.outcome === null);
  for (const runView of told) lines.push(...stepNews(runView, isNew), ...approvalNews(view, runView, isNew));
  for (const { run, runbook } of told) {
    if (isNew(run.startedAt))
      lines.push(`${callName(view.people, run.requestedBy)} started ${run.id}, ${oneLine(runbook.title)}`);
  }
  return lines;
}

function statusNews({ incident }: IncidentView): string {
  const cause = incident.resolved?.rootCause ?? (incident.status === 'identified' ? incident.cause : null);
  return `The status is now ${STATUS_WORDS[incident.status].word}${cause === null ? '' : `. Cause: ${plainInk.quote(cause)}`}`;
}

/** An abort, a gate that opened, an undo: the turns of a run. */
function turnNews(
  { people }: IncidentView,
  { run, runbook }: RunView,
  isNew: (at: Iso) => boolean,
): readonly string[] {
  const aborted =
    run.abort !== null && isNew(run.abort.at)
      ? [
          `${callName(people, run.abort.person)} asked to abort ${run.id}: ${plainInk.quote(run.abort.reason)}`,
        ]
      : [];
  const gates = gatesOf(runbook).flatMap(({ gate, title }) => {
    const { opened, closed, undo } = gateState(run, gate);
    if (opened === null) return [];
    if (undo !== null && (closed === null || isNew(opened.at)))
      return [
        `${plainInk.quote(title)} ${closed === null ? 'is being' : 'was'} undone: ${oneLine(undo.reason)}`,
      ];
    return isNew(opened.at) && closed === null ? [`${plainInk.quote(title)} began`] : [];
  });
  return [...aborted, ...gates];
}

function stepNews({ run, runbook }: RunView, isNew: (at: Iso) => boolean): readonly string[] {
  const placed = stepsOf(runbook).map(({ step, number }) => ({
    title: oneLine(step.title),
    number,
    status: stepState(run, step.id).status,
  }));
  const stopped = placed.flatMap(({ title, number, status }) => {
    if (status.is === 'failed' && isNew(status.at))
      return [`Step ${number} ${title} failed: ${oneLine(status.reason)}`];
    if (status.is === 'uncertain' && isNew(status.at))
      return [`Step ${number} ${title} is uncertain: nobody knows yet whether it happened`];
    return status.is === 'asked' && isNew(status.since)
      ? [`Step ${number} ${title} waits for an answer`]
      : [];
  });
  const done = placed.flatMap(({ title, number, status }) =>
    status.is === 'done' && isNew(status.at) ? [{ title, number, summary: status.summary }] : [],
  );
  const last = done.at(-1);
  if (last === undefined) return stopped;
  const many = done.length === 1 ? '' : `${count(done.length, 'step')} of ${run.id} finished, the last: `;
  return [
    ...stopped,
    `${many}${many === '' ? `Step ${last.number}` : `step ${last.number}`} ${last.title}, done: ${oneLine(last.summary)}`,
  ];
}

function approvalNews(
  { people }: IncidentView,
  { approvals }: RunView,
  isNew: (at: Iso) => boolean,
): readonly string[] {
  return approvals.flatMap(({ id, card, status, votes, requestedAt }) => {
    const title = plainInk.quote(card.title);
    if (status.is === 'vetoed' && isNew(status.at))
      return [`${callName(people, status.person)} vetoed ${title}: ${plainInk.quote(status.reason)}`];
    if (status.is === 'void' && isNew(status.at))
      return [`The approval of ${title} no longer counts: ${oneLine(status.reason)}`];
    if (status.is === 'expired' && isNew(status.at)) return [`The approval of ${title} expired`];
    const newest = votes.at(-1);
    if (newest !== undefined && isNew(newest.at))
      return [`${title} has ${votes.length} of ${REQUIRED_VOTES} approvals (${id})`];
    return status.is === 'open' && isNew(requestedAt) ? [`Approval was asked for ${title} (${id})`] : [];
  });
}

/** Where the work stands, in one sentence. */
function presentOf(view: IncidentView): string {
  const [newest] = view.runs;
  if (newest === undefined || newest.run.outcome !== null) {
    return isBack(view.incident) ? 'Watching goes on.' : 'The search for the cause goes on.';
  }
  const { settled, total, words, at } = runState(newest);
  const note = at === null ? null : stepState(newest.run, at.step.id).status;
  const detail = note?.is === 'waiting' ? `: ${oneLine(note.note)}` : '';
  return `${newest.run.id}: ${words}${detail}, ${settled} of ${total} steps finished (${Math.floor((100 * settled) / total)}%).`;
}

function isBack({ status, verified }: Incident): boolean {
  return status === 'monitoring' || verified !== null;
}

/** What happens now, and who does it. */
function nextOf(view: IncidentView): string {
  const { incident, people, runs } = view;
  const commander = incident.roles.commander;
  const who = commander === null ? '' : ` (${callName(people, commander)})`;
  if (incident.resolved !== null) {
    return `The report by ${callName(people, incident.resolved.reportOwner)}, due ${instant(incident.resolved.reportDueAt, incident.declaredAt)}.`;
  }
  const active = runs.find(({ run }) => run.outcome === null);
  if (active !== undefined) return nextOfRun(view, active);
  if (isBack(incident)) return `Watch, then resolve${who}.`;
  return incident.status === 'identified'
    ? `Start the recovery${who}.`
    : `Find the cause and choose a runbook${who}.`;
}

function nextOfRun(view: IncidentView, active: RunView): string {
  const { people, incident } = view;
  const { is, at } = runState(active);
  const step = at === null ? 'the run' : `step ${at.number} ${oneLine(at.step.title)}`;
  const status = at === null ? null : stepState(active.run, at.step.id).status;
  switch (is) {
    case 'waiting-approval': {
      const open = active.approvals.find((approval) => approval.status.is === 'open');
      if (open === undefined) return 'Two people approve the next steps.';
      const loss = incident.loss?.rows ? ` ${count(incident.loss.rows, 'row')} would be lost.` : '';
      return `Two people approve ${plainInk.quote(open.card.title)} (${open.id} has ${open.votes.length} of ${REQUIRED_VOTES}, until ${instant(open.approveBy, incident.declaredAt)}).${loss}`;
    }
    case 'asked': {
      const assignee =
        status?.is === 'asked' && status.question.kind === 'manual' ? status.question.assignee : null;
      return `${assignee === null ? 'A responder' : callName(people, assignee)} answers ${step}.`;
    }
    case 'waiting':
      return status?.is === 'waiting' || status?.is === 'postponed'
        ? `Look again at ${step} at ${instant(status.until, incident.declaredAt)}.`
        : `Finish ${step}.`;
    case 'failed':
    case 'uncertain':
    case 'blocked':
    case 'vetoed':
    case 'undo-failed':
      return `A person chooses how to go on after ${step}.`;
    case 'undoing':
    case 'aborting':
      return `The bot takes back what ${active.run.id} began.`;
    default:
      return `Finish ${step}, then the rest of ${active.run.id}.`;
  }
}

/** Only what a check proved or a person typed; an earlier estimate is repeated with the time it was given. */
function expectedBackOf({ verified, declaredAt, updates }: Incident): string | null {
  if (verified !== null) return `back since ${instant(verified.at, declaredAt)}`;
  const last = updates.published.at(-1);
  const said = last?.text.expectedBack ?? null;
  if (last === undefined || said === null || said.includes('(said ')) return said;
  return `${said} (said ${instant(last.publishedAt, declaredAt)})`;
}

function sentence(text: string): string {
  const clean = oneLine(text);
  return /[.!?…]$/.test(clean) ? clean : `${clean}.`;
}

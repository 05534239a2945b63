import { ROLES } from '../domain/events.ts';
import { measure } from '../domain/measure.ts';
import { stepsOf } from '../domain/plan.ts';
import { stepState } from '../domain/run.ts';
import type { ReportView } from '../domain/views.ts';
import { markdownCode, markdownInk, markdownQuote, markdownUser } from './escape.ts';
import { between, capital, count, duration, fullInstant, notKnown, number } from './format.ts';
import { bullets, table } from './markdown.ts';
import { fullName } from './names.ts';
import { approvalsPart, refusedClicksPart } from './report-approvals.ts';
import { communicationPart } from './report-communication.ts';
import { lessonsAbout, reportGaps } from './report-gaps.ts';
import { impactPart, keyTimesPart, objectivesPart } from './report-measures.ts';
import { runsPart } from './report-runs.ts';
import { runState } from './run-state.ts';
import { fillTemplate } from './template.ts';
import { timelineLines } from './timeline.ts';
import { dueDate } from './timeline-incident.ts';
import { ROLE_WORDS, STATUS_WORDS, severityWords } from './words.ts';

/**
 * The post-incident report as Markdown, from the log alone: the same events give the same bytes once the incident is
 * over, and writing the report adds nothing to its own content. What nobody knows is said, with what to do about it.
 */
export function renderReport(view: ReportView, template: string): string {
  const { incident, plan, people } = view;
  const gaps = reportGaps(view);
  const fields = {
    id: incident.id,
    drill: incident.id.startsWith('DRILL-'),
    title: markdownUser(incident.title, 200),
    summary: summaryOf(view),
    facts: factsPart(view),
    key_times: keyTimesPart(view),
    objectives: objectivesPart(view),
    impact: impactPart(view),
    timeline: timelinePart(view),
    root_cause:
      incident.resolved === null ? missing(unresolved(view)) : markdownQuote(incident.resolved.rootCause),
    not_prevented: saidOrMissing(view, 'prevention'),
    monitoring_gaps: saidOrMissing(view, 'monitoring'),
    resolution: resolutionPart(view),
    runs: runsPart(view),
    approvals: approvalsPart(view),
    refused_clicks: refusedClicksPart(view),
    communication: communicationPart(view),
    action_items:
      incident.actionItems.length === 0
        ? missing('no action item has been added')
        : table(
            ['#', 'Action', 'Owner', 'Due'],
            incident.actionItems.map(({ text, owner, due }, index) => [
              String(index + 1),
              markdownUser(text),
              markdownUser(fullName(people, owner)),
              dueDate(due),
            ]),
          ),
    lessons: lessonsPart(view),
    completeness: completenessOf(gaps),
    audit: auditLine(view),
    plan: markdownCode(view.planVersion),
    owner:
      incident.resolved === null
        ? notKnown(unresolved(view))
        : `${markdownUser(fullName(people, incident.resolved.reportOwner))}, due ${fullInstant(incident.resolved.reportDueAt)}`,
    system: markdownUser(plan.name),
  };
  return fillTemplate('report/post-incident.md', template, fields);
}

function missing(reason: string): string {
  return `_Still missing: ${reason}._`;
}

function unresolved({ incident }: ReportView): string {
  return incident.status === 'cancelled' ? 'the incident was cancelled' : 'the incident is not resolved yet';
}

/** One paragraph a reader can stop after. */
function summaryOf(view: ReportView): string {
  const { incident, plan } = view;
  const measures = measure(view);
  const affected =
    measures.usersAffectedMs === null
      ? `How long users were affected is not known: ${measures.why.usersAffected}.`
      : `Users were affected for ${duration(measures.usersAffectedMs)}.`;
  const back =
    measures.rtaMs === null
      ? `The time to recover is not known: ${measures.why.rta}.`
      : `Service was verified ${duration(measures.rtaMs)} after the clock started, against an objective of ${duration(measures.rtoMs)}.`;
  const loss =
    measures.rpaMs === null
      ? `How much data was at stake is not known: ${measures.why.rpa}.`
      : `The last recoverable point lay ${duration(measures.rpaMs)} before the disruption, against an objective of ${duration(measures.rpoMs)}.`;
  const waiting = `${capital(duration(measures.waitingForPeopleMs))} of the recovery passed waiting for people.`;
  return `${markdownUser(plan.name)}, ${incident.severity}: ${markdownInk.quote(incident.title)}. ${affected} ${back} ${loss} ${waiting}`;
}

function factsPart({ incident, plan, people, planVersion }: ReportView): string {
  const { resolved, occurredAt, declaredAt } = incident;
  const end = resolved?.at ?? (incident.status === 'cancelled' ? incident.statusSince : null);
  const from = occurredAt ?? declaredAt;
  const roles = ROLES.map((role) => {
    const holder = incident.roles[role];
    return `${ROLE_WORDS[role]} ${holder === null ? 'nobody' : markdownUser(fullName(people, holder))}`;
  });
  return table(
    ['Fact', 'Value'],
    [
      ['Incident', incident.id],
      ['System', `${markdownUser(plan.name)}, ${plan.environment}, plan ${markdownCode(planVersion)}`],
      ['Severity', `${incident.severity}, ${markdownUser(severityWords(plan, incident.severity).label)}`],
      ['Status', STATUS_WORDS[incident.status].word],
      ['Start', occurredAt === null ? 'not known: the time it began is missing' : fullInstant(occurredAt)],
      ['End', end === null ? 'not known: the incident goes on' : fullInstant(end)],
      [
        'Duration',
        end === null
          ? 'not known: the incident goes on'
          : `${duration(between(from, end))}${occurredAt === null ? ', counted from the declaration' : ''}`,
      ],
      [
        'Declared by',
        incident.declaredBy === null
          ? 'not known: the person is not in people.yml'
          : markdownUser(fullName(people, incident.declaredBy)),
      ],
      ['Roles', roles.join('; ')],
      ['Channel', incident.channel === null ? 'none' : markdownCode(`#${incident.channel.name}`)],
    ],
  );
}

/** Writing a report is no part of what it tells. */
function timelinePart(view: ReportView): string {
  const lines = timelineLines(view.events, view, markdownInk).filter(({ seq }) => !isAboutReport(view, seq));
  return table(
    ['Time', 'What happened', 'Event'],
    lines.map(({ time, text, seq }) => [time, text, String(seq)]),
  );
}

function isAboutReport({ events }: ReportView, seq: number): boolean {
  return events.some((logged) => logged.seq === seq && logged.event.kind === 'incident.report-written');
}

/** How the service came back: each run in a sentence, and the proof. */
function resolutionPart(view: ReportView): string {
  const { incident, runs } = view;
  const sentences = [...runs].reverse().map((runView) => {
    const { run, runbook } = runView;
    const { words, total } = runState(runView);
    const counted = (is: 'done' | 'skipped') =>
      stepsOf(runbook).filter(({ step }) => stepState(run, step.id).status.is === is).length;
    const skipped = counted('skipped') === 0 ? '' : `, ${counted('skipped')} skipped`;
    const took = run.finishedAt === null ? '' : ` after ${duration(between(run.startedAt, run.finishedAt))}`;
    return `${run.id}, ${markdownUser(runbook.title)}: ${words}${took}, ${counted('done')} of ${count(total, 'step')} done${skipped}.`;
  });
  const proof =
    incident.verified === null
      ? 'No check has verified the service.'
      : `Verified at ${fullInstant(incident.verified.at)} by ${incident.verified.run}: ${markdownUser(incident.verified.evidence)}.`;
  return bullets([...(sentences.length === 0 ? ['No runbook was run.'] : sentences), proof]);
}

function saidOrMissing({ incident }: ReportView, topic: 'prevention' | 'monitoring'): string {
  const said = lessonsAbout(incident, topic);
  const label = capital(topic);
  return said.length > 0
    ? said.map((text) => markdownQuote(text)).join('\n\n')
    : missing(`nobody has written it; add a lesson that begins with "${label}:"`);
}

function lessonsPart({ incident }: ReportView): string {
  const lessons = lessonsAbout(incident, null);
  return lessons.length === 0
    ? missing('no lesson has been recorded')
    : bullets(lessons.map((text) => markdownUser(text)));
}

function completenessOf({ complete, total, missing: gaps }: ReturnType<typeof reportGaps>): string {
  if (gaps.length === 0) return `All ${total} parts are complete.`;
  return `${complete} of ${total} parts are complete. Still missing:\n\n${bullets(gaps)}`;
}

/** Counts the incident's own events, so that a report of the same facts reads the same whenever it is written. */
function auditLine({ events, audit }: ReportView): string {
  const own = events.filter(({ event }) => event.kind !== 'incident.report-written');
  const range =
    own.length === 0 ? '' : `, numbers ${number(own[0]?.seq ?? 0)} to ${number(own.at(-1)?.seq ?? 0)}`;
  return audit.verified
    ? `Log verified: ${count(own.length, 'event')} of this incident${range}; the chain of hashes is unbroken. Check it again with ${markdownCode('dr audit verify')}.`
    : `**The log could not be verified.** ${count(own.length, 'event')} of this incident${range}, but the chain of hashes is broken: nothing in this report is proved. Keep the database as it is and run ${markdownCode('dr audit verify')}.`;
}

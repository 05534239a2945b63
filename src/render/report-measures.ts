import { measure } from '../domain/measure.ts';
import type { ReportView } from '../domain/views.ts';
import { markdownInk, markdownQuote, markdownUser } from './escape.ts';
import { between, duration, fullInstant, notKnown } from './format.ts';
import { table } from './markdown.ts';
import { lossWords } from './timeline-incident.ts';

/** Began, detected and declared are three instants; recovery started, restored and resolved follow. */
export function keyTimesPart({ incident, runs }: ReportView): string {
  const { occurredAt, detectedAt, declaredAt, verified, resolved } = incident;
  const firstRun = runs.at(-1)?.run;
  const sinceStart = (at: string) =>
    occurredAt === null ? notKnown('the time it began is missing') : duration(between(occurredAt, at));
  const row = (what: string, at: string | null, none: string, source: string) =>
    at === null
      ? [what, notKnown(none), notKnown(none), source]
      : [what, fullInstant(at), sinceStart(at), source];
  const noDetection =
    resolved?.unknownDetected == null ? 'nobody has entered it' : markdownUser(resolved.unknownDetected);
  return table(
    ['Moment', 'Time', 'After the beginning', 'Source'],
    [
      [
        'Began',
        occurredAt === null ? notKnown('nobody has entered it') : fullInstant(occurredAt),
        'the beginning',
        'entered by a person',
      ],
      row('Detected', detectedAt, noDetection, 'entered by a person'),
      row('Declared', declaredAt, '', 'the log'),
      row(
        'Recovery started',
        firstRun?.startedAt ?? null,
        'no runbook was run',
        firstRun === undefined ? 'the log' : `start of ${firstRun.id}`,
      ),
      row(
        'Service restored',
        verified?.at ?? null,
        'no check has verified the service',
        verified === null ? 'the log' : `${verified.run}: ${markdownUser(verified.evidence)}`,
      ),
      row('Resolved', resolved?.at ?? null, 'the incident is not resolved', 'the log'),
    ],
  );
}

/** Objectives against what was measured, with the evidence; time spent waiting for people stands apart. */
export function objectivesPart(view: ReportView): string {
  const { incident, plan } = view;
  const { rtaMs, rpaMs, rtoMs, rpoMs, waitingForPeopleMs, usersAffectedMs, why, clockStart } = measure(view);
  const verified =
    incident.verified === null
      ? 'none'
      : `${incident.verified.run}: ${markdownUser(incident.verified.evidence)}`;
  const point =
    incident.recoveryPoint === null
      ? 'none'
      : `${fullInstant(incident.recoveryPoint.at)}, ${markdownUser(incident.recoveryPoint.evidence)}`;
  const work = rtaMs === null ? notKnown(why.rta ?? '') : duration(Math.max(0, rtaMs - waitingForPeopleMs));
  const result = table(
    ['Measure', 'Objective', 'Achieved', 'Verdict', 'Evidence'],
    [
      [
        'Time to recover (RTA, objective RTO)',
        duration(rtoMs),
        span(rtaMs, why.rta),
        verdict(rtaMs, rtoMs),
        verified,
      ],
      [
        'Recovery point (RPA, objective RPO)',
        duration(rpoMs),
        span(rpaMs, why.rpa),
        verdict(rpaMs, rpoMs),
        point,
      ],
    ],
  );
  const times = table(
    ['Time', 'Length'],
    [
      ['Waiting for people, within the time to recover', duration(waitingForPeopleMs)],
      ['Work of the bot and its steps, within the time to recover', work],
      [
        'Users affected, from the beginning to the verified service',
        span(usersAffectedMs, why.usersAffected),
      ],
    ],
  );
  const clock = `The RTO clock starts when the disruption was ${plan.clock} (plan)${clockStart === null ? '; that time is missing.' : `: ${fullInstant(clockStart)}.`}`;
  return `${result}\n\n${clock}\n\n${times}`;
}

/** What people noticed and what they lost. */
export function impactPart({ incident, runs }: ReportView): string {
  const { impact, title, loss, resolved } = incident;
  const measured = loss === null ? notKnown('it was not measured') : lossWords(loss, markdownInk);
  const broken = [
    ...new Set(
      runs.flatMap(({ approvals }) =>
        approvals.filter(({ status }) => status.is === 'used').map(({ card }) => card.impact),
      ),
    ),
  ];
  return [
    `What people noticed:\n\n${markdownQuote(impact ?? title)}`,
    broken.length === 0
      ? ''
      : `During the recovery itself: ${broken.map((text) => markdownUser(text)).join('; ')}.`,
    `Data lost, as measured: ${measured}.`,
    resolved === null ? '' : `Data lost, as stated at the end:\n\n${markdownQuote(resolved.dataLost)}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function span(ms: number | null, why: string | null): string {
  return ms === null ? notKnown(why ?? 'it was not measured') : duration(ms);
}

function verdict(ms: number | null, target: number): string {
  if (ms === null) return 'not known';
  return ms <= target ? 'met' : `**missed** by ${duration(ms - target)}`;
}

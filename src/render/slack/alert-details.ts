import type { LoggedEvent } from '../../domain/events.ts';
import type { Backup } from '../../domain/plan.ts';
import { RULES } from '../../domain/verdict.ts';
import type { AlertView } from '../../domain/views.ts';
import { slackCode } from '../escape.ts';
import { clock, count, dualInstant, duration, fullInstant, instant, quantity, size } from '../format.ts';
import { HEALTH_WORDS } from '../words.ts';
import { groupLines } from './alert-group.ts';
import {
  answeredLine,
  closedLine,
  headline,
  onCall,
  seenFacts,
  sentence,
  smallPrint,
  subject,
  wordsOf,
} from './alert-lines.ts';
import { section, sections, type View, view } from './blocks.ts';
import { inQuotes, machine, personName } from './text.ts';

/** Everything that is known of an alert; of a group, one line each. `log` holds its own events, oldest first. */
export function renderAlertDetails(
  alertView: AlertView,
  log: readonly Pick<LoggedEvent, 'at' | 'event'>[] = [],
): View {
  const { alert, members } = alertView;
  const facts = seenFacts(alertView);
  if (members.length > 0)
    return view(
      'notice',
      alert.id,
      {},
      section(`*${count(members.length, 'backup alert')} that fired together*`),
      ...sections(...groupLines(alertView)),
      smallPrint(alertView),
    );
  const history = log.flatMap(({ at, event }) => {
    const words = historyLine(alertView, event);
    return words === null ? [] : [`${clock(at, alert.firedAt)} ${words}`];
  });
  return view(
    'notice',
    alert.id,
    {},
    section(...stateLines(alertView)),
    section(...ruleLines(alertView)),
    facts.length === 0 ? null : section('*Seen*', ...facts.map((fact) => sentence(fact))),
    section('*Backups*', newestLine(alertView), restoreLine(alertView)),
    ...sections(
      '*History*',
      `${clock(alert.firedAt, alert.firedAt)} fired: ${HEALTH_WORDS[alert.first.health].word}, ${machine(wordsOf(alert.first), 200)}`,
      ...history,
      onCall(alertView),
    ),
    smallPrint(alertView),
  );
}

function stateLines(alertView: AlertView): readonly (string | null)[] {
  const { alert, verdict } = alertView;
  if (alert.state === 'closed') return [closedLine(alertView)];
  return [
    headline(alertView),
    sentence(wordsOf(verdict)),
    `Since ${dualInstant(verdict.since ?? alert.firedAt, alert.firedAt)}.`,
    verdict.consequence === null ? null : sentence(verdict.consequence),
    answeredLine(alertView),
  ];
}

function ruleLines(alertView: AlertView): readonly (string | null)[] {
  const {
    alert,
    verdict: { measure },
    backup,
  } = alertView;
  return [
    `*Rule ${alert.rule} ${RULES[alert.rule]}* · ${subject(alertView)}`,
    measure === null
      ? null
      : `Measured: ${measure.kind} ${quantity(measure.value, measure.unit)}, limit ${quantity(measure.limit, measure.unit)}`,
    ...(backup === null ? [] : planLines(backup)),
  ];
}

function planLines({ schedule, locations, alerts, provenance = [] }: Backup): readonly (string | null)[] {
  const { age, size: share, duration: slow, copyWithin } = alerts;
  const limits = [
    ...(age === undefined ? [] : [`age ${duration(age)}`]),
    ...(copyWithin === undefined ? [] : [`copied within ${duration(copyWithin)}`]),
    `size ±${quantity(share.warning, 'share')} warns, ±${quantity(share.critical, 'share')} is critical`,
    `duration ${quantity(slow, 'share')} of the usual`,
  ];
  return [
    schedule === undefined
      ? null
      : `Schedule: ${slackCode(schedule.cron)} ${machine(schedule.timeZone)}, grace ${duration(schedule.grace)}`,
    `Places: ${locations.map(({ id, role, source }) => `${slackCode(id)} (${role}, ${source})`).join(', ')}`,
    `Limits: ${limits.join(' · ')}`,
    provenance.length === 0 ? null : `Asked for by ${provenance.join(', ')}`,
  ];
}

function newestLine({ newestGood }: AlertView): string {
  return newestGood === null
    ? 'Newest good: not known, none was found'
    : `Newest good: ${slackCode(newestGood.key, 300)}, taken ${fullInstant(newestGood.takenAt)}, ${size(newestGood.bytes)}`;
}

function restoreLine({ lastRestoreProved }: AlertView): string {
  return lastRestoreProved === null
    ? 'Restore: never proved'
    : `Restore: proved ${fullInstant(lastRestoreProved)}`;
}

/** One line for one event of an alert; null where it says nothing that is not above. */
function historyLine({ people, alert }: AlertView, event: LoggedEvent['event']): string | null {
  switch (event.kind) {
    case 'alert.worsened':
    case 'alert.eased':
      return `${event.kind === 'alert.eased' ? 'eased' : 'worse'}: ${HEALTH_WORDS[event.health].word}, ${machine(wordsOf(event.told), 200)}`;
    case 'alert.acknowledged':
      return `acknowledged by ${personName(people, event.by)} until ${instant(event.until, alert.firedAt)}${event.note === null ? '' : `: ${inQuotes(event.note)}`}`;
    case 'alert.acknowledgement-ended':
      return `acknowledgement of ${personName(people, event.by)} ended`;
    case 'alert.snoozed':
      return `snoozed by ${personName(people, event.by)} until ${instant(event.until, alert.firedAt)}: ${inQuotes(event.reason)}`;
    case 'alert.snooze-ended':
      return 'snooze ended';
    case 'alert.escalated':
      return `${personName(people, event.to)} was told`;
    case 'alert.incident-declared':
      return `${event.incident} declared from this alert`;
    case 'alert.incident-ended':
      return `${event.incident} is over, and this still holds`;
    case 'alert.closed':
      return `closed: ${machine(event.because, 200)}`;
    default:
      return null;
  }
}

import { isAnswered } from '../../domain/alert.ts';
import { RULES } from '../../domain/verdict.ts';
import type { AlertView } from '../../domain/views.ts';
import { slackCode } from '../escape.ts';
import { capital, day, dualInstant, duration, instant, size } from '../format.ts';
import { HEALTH_WORDS } from '../words.ts';
import { renderAlertGroup } from './alert-group.ts';
import {
  answeredLine,
  closedLine,
  declareButton,
  declaredFrom,
  detailsButton,
  headline,
  nameOf,
  onCall,
  seenFacts,
  sentence,
  smallPrint,
  stateWord,
  subject,
  tellsLoss,
  wordsOf,
} from './alert-lines.ts';
import {
  actions,
  type Block,
  button,
  header,
  image,
  type Message,
  menu,
  message,
  type Picture,
  section,
} from './blocks.ts';
import { type Links, label } from './text.ts';

/**
 * The one card of an alert, or of those that fired together, rewritten in place: what is wrong, what it would cost, who looks
 * after it, and what to press (CARDS §10).
 */
export function renderAlertCard(view: AlertView, links: Links = {}, picture: Picture | null = null): Message {
  if (view.members.length > 0) return renderAlertGroup(view, links);
  return message(
    fallback(view),
    header(label(`Backup alert · ${view.systemName} · ${stateWord(view)}`)),
    ...(view.alert.state === 'closed' ? [section(closedLine(view), wasLine(view))] : openBlocks(view, links)),
    picture === null ? null : image(picture),
    view.alert.state === 'closed' ? actions(detailsButton(view)) : buttons(view, links),
    smallPrint(
      view,
      view.alert.id,
      `Rule ${view.alert.rule} ${RULES[view.alert.rule]}`,
      subject(view),
      onCall(view),
    ),
  );
}

function fallback(view: AlertView): string {
  const { alert, verdict } = view;
  if (alert.state === 'closed')
    return `Closed: ${nameOf(view)}, ${sentence(alert.closedBecause ?? 'it holds again', 120)}`;
  const consequence = verdict.consequence === null ? '' : ` ${sentence(verdict.consequence, 70)}`;
  return `${capital(stateWord(view))}: ${nameOf(view)}, ${sentence(verdict.title, 60)} ${sentence(wordsOf(verdict), 60)}${consequence}`;
}

function wasLine({ alert, verdict }: AlertView): string {
  return `It was ${HEALTH_WORDS[alert.health].word}: ${sentence(verdict.title, 120)}`;
}

function openBlocks(view: AlertView, links: Links): readonly Block[] {
  const { alert, verdict, now } = view;
  // Where a rule cannot tell since when it is so, the watch has only seen it since then.
  const since =
    verdict.since === null
      ? `First seen ${dualInstant(alert.firedAt, now)}`
      : `Since ${dualInstant(verdict.since, now)}`;
  const facts = [...seenFacts(view).map((fact) => sentence(fact, 240)), newestGoodLine(view)];
  return [
    section(
      headline(view),
      `${sentence(wordsOf(verdict))} ${since}.`,
      nextLook(view),
      answeredLine(view),
      declaredFrom(alert.incident, links)[0],
    ),
    ...(verdict.consequence === null ? [] : [section(`*${sentence(verdict.consequence)}*${rpo(view)}`)]),
    ...(facts.every((line) => line === null) ? [] : [section(...facts)]),
  ];
}

/** What cannot be looked at is never shown as healthy: the reader is told what becomes of it. */
function nextLook({ alert, verdict, nextCheckAt }: AlertView): string | null {
  if (verdict.health !== 'unknown') return null;
  if (alert.health === 'critical') return 'Treated as critical: two checks in a row could not look.';
  const when = nextCheckAt === null ? '' : `, ${instant(nextCheckAt, alert.firedAt)}`;
  return `Treated as critical after the next check${when}.`;
}

/** Beside what would be lost, and beside nothing else. */
function rpo({ plan, component, verdict }: AlertView): string {
  if (!tellsLoss(verdict)) return '';
  return ` RPO ${duration((component?.objectives ?? plan.objectives).rpo)}.`;
}

function newestGoodLine({ alert, newestGood, lastRestoreProved }: AlertView): string | null {
  if (newestGood === null) return null;
  // A size that is not as usual is a doubt about just this one.
  const label = alert.rule === 'R6' ? 'Newest, in doubt' : 'Newest good';
  return `${label}: ${slackCode(newestGood.key, 150)}, ${size(newestGood.bytes)}, ${provedBy(lastRestoreProved, newestGood.takenAt)}.`;
}

/** A restore from before this backup was taken has proved another one. */
function provedBy(lastProof: string | null, takenAt: Date): string {
  if (lastProof === null) return 'never proved by a restore';
  return takenAt > new Date(lastProof)
    ? `an earlier one proved by a restore ${day(lastProof)}`
    : `restore proved ${day(lastProof)}`;
}

/** Where the plan has a test of this backup, and somebody can look at it. */
function restoreTestButton(view: AlertView) {
  const { alert, verdict, plan } = view;
  const test = plan.restoreTests.find(({ backup }) => backup === alert.backup);
  if (test === undefined || verdict.health === 'unknown') return null;
  return button(
    'restore-test.choose',
    'Run restore test',
    { system: alert.system, choice: test.id },
    { says: `Run restore test for ${alert.id}, ${nameOf(view)}` },
  );
}

function buttons(view: AlertView, links: Links): Block | null {
  const { alert } = view;
  const ids = { alert: alert.id };
  const says = (verb: string) => ({ says: `${verb} ${alert.id}, ${nameOf(view)}` });
  if (alert.incident !== null) return actions(declaredFrom(alert.incident, links)[1], detailsButton(view));
  if (isAnswered(alert)) return actions(declareButton(view), restoreTestButton(view), detailsButton(view));
  return actions(
    button('alert.acknowledge', 'Acknowledge', ids, { style: 'primary', ...says('Acknowledge') }),
    declareButton(view),
    restoreTestButton(view),
    menu(['Snooze', { do: 'alert.snooze', ...ids }], ['Details', { do: 'alert.details', ...ids }]),
  );
}

import type { AlertEvent, Told } from '../../domain/alert-events.ts';
import type { Measure } from '../../domain/verdict.ts';
import type { AlertView } from '../../domain/views.ts';
import { instant, quantity } from '../format.ts';
import { HEALTH_WORDS, MARKS } from '../words.ts';
import { closedLine, nameOf, sentence, spoken, wordsOf } from './alert-lines.ts';
import { type Message, message, section } from './blocks.ts';
import { machine, mention } from './text.ts';

/** A reply under the card of an alert: it rings where the card that is rewritten does not. */
export interface AlertPost {
  readonly message: Message;
  /** Also shown in the channel. */
  readonly broadcast: boolean;
  /** People whom the message calls: they must be members of the channel. */
  readonly mention: readonly string[];
}

/** The reply that is posted once for an event; null where an event has none. `was` is what was told before it. */
export function postOfAlert(view: AlertView, event: AlertEvent, was: Told | null = null): AlertPost | null {
  const { alert, verdict, people } = view;
  const { word } = HEALTH_WORDS[alert.health];
  const reply = (text: string, called: readonly string[], broadcast = false): AlertPost => ({
    message: message(
      `${alert.id} ${nameOf(view)}: ${spoken(text)}`,
      section([...called.map((person) => mention(people, person)), text].join(' ')),
    ),
    broadcast,
    mention: called,
  });
  switch (event.kind) {
    case 'alert.worsened':
      return reply(`Worse: ${changes(event.told, was)}.`, [], true);
    case 'alert.acknowledgement-ended': {
      const why = alert.worseSince === event.at ? ', because it got worse. Now' : '. Still';
      return reply(
        `Your acknowledgement ended${why} ${word}: ${value(verdict.measure) ?? machine(wordsOf(verdict), 300)}.`,
        [event.by],
      );
    }
    case 'alert.escalated': {
      const since = instant(alert.criticalSince ?? alert.firedAt, alert.firedAt);
      return reply(
        `${MARKS.critical.emoji} *critical: ${sentence(verdict.title, 120)}* ${sentence(wordsOf(verdict))} Nobody has answered since ${since}.`,
        [event.to],
      );
    }
    case 'alert.incident-ended':
      return reply(
        `${event.incident} is over, and this still holds: ${value(verdict.measure) ?? machine(wordsOf(verdict), 300)}.`,
        [],
        alert.snoozed === null,
      );
    case 'alert.closed':
      return reply(closedLine(view), [], true);
    default:
      return null;
  }
}

/** `age 31 h (was 26 h)`, with the severity where that rose too. */
function changes(told: Told, was: Told | null): string {
  const number = value(told.measure);
  const before = was?.measure?.kind === told.measure?.kind ? was?.measure : null;
  const grew = before == null ? '' : ` (was ${quantity(before.value, before.unit)})`;
  const what = number === null ? machine(wordsOf(told), 300) : `${number}${grew}`;
  return was === null || was.health === told.health
    ? what
    : `${HEALTH_WORDS[told.health].word} (was ${HEALTH_WORDS[was.health].word}), ${what}`;
}

/** `age 31 h`; null where there is no number that says something by itself. */
function value(measure: Measure | null): string | null {
  return measure === null || measure.kind === 'count'
    ? null
    : `${measure.kind} ${quantity(measure.value, measure.unit)}`;
}

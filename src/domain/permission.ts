import type { Actor } from './events.ts';
import { isResponder, type People } from './people.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Who may use a command or a button (DESIGN §5). Votes have their own, stricter rules in approval-decide.ts. */
export type Who = 'anyone' | 'responder' | 'approver';

/**
 * Null when the actor may. `approvers` is the present list of the system at hand; without one, every system's approvers
 * count. Guests are stopped at the Slack edge and may only read.
 */
export function refusalOf(
  who: Who,
  actor: Actor,
  people: People,
  approvers: readonly string[],
  what: string,
): Refusal | null {
  if (who === 'anyone') return null;
  const person = actor.person;
  if (person === null)
    return refuse('not-permitted', { what, who: 'responders', hint: 'You are not in people.yml.' });
  if (who === 'approver') {
    return approvers.includes(person) ? null : refuse('not-permitted', { what, who: 'approvers' });
  }
  return isResponder(people, person) || approvers.includes(person)
    ? null
    : refuse('not-permitted', { what, who: 'responders' });
}

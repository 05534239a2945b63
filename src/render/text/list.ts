import type { Incident } from '../../domain/incident.ts';
import { plainInk } from '../escape.ts';
import { between, duration, fullInstant } from '../format.ts';
import { STATUS_WORDS } from '../words.ts';
import { wrap } from './layout.ts';

/** Incidents, newest first, two lines each. */
export function renderList(incidents: readonly Incident[], now: Date): string {
  if (incidents.length === 0) return 'No open incidents. To open one: dr declare';
  return incidents
    .flatMap(({ id, severity, system, status, declaredAt, title }) => [
      ...wrap(
        `${id}  ${severity}  ${system}  ${STATUS_WORDS[status].word}, declared ${fullInstant(declaredAt)}, ${duration(between(declaredAt, now))} ago`,
        '',
        '  ',
      ),
      ...wrap(plainInk.quote(title), '  '),
    ])
    .join('\n');
}

/** Open incidents that may be the same fault, for `dr declare`. */
export function renderSimilar(similar: readonly Incident[], now: Date): string {
  return [
    'An incident like this one is already open. Nothing was declared.',
    renderList(similar, now),
    ...wrap('Join it, or declare a new one with --new if it is another fault.'),
  ].join('\n');
}

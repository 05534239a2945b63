import type { UpdateText } from '../../domain/events.ts';
import type { IncidentView } from '../../domain/views.ts';
import type { Links } from './text.ts';

/** What a message needs beyond the state of the incident. */
export interface Surroundings {
  /** Addresses of messages already posted. */
  readonly links: Links;
  /** Actions whose proof a later gate rests on: such a step is never skipped. */
  readonly guarding: ReadonlySet<string>;
  /** The update that is posted if nobody acts, for the draft. */
  readonly draft: UpdateText | null;
  /** A published update as outsiders read it; null where nobody outside is told. */
  readonly publicUpdate: ((text: UpdateText, view: IncidentView) => string) | null;
}

export const NO_SURROUNDINGS: Surroundings = {
  links: {},
  guarding: new Set(),
  draft: null,
  publicUpdate: null,
};

import type { Clients } from '../clients/index.ts';
import type { Subject } from '../domain/rules/index.ts';

/** What the inventories read with. */
export interface Sources {
  readonly clients: Clients;
}

/** Tells one content from another: a replaced object has the same key. */
export interface ShapeId {
  readonly key: string;
  /** Its ETag; where there is none, its size and the time it was stored. */
  readonly version: string;
}

/** One look: the moment it is judged by, and what cuts it off. */
export interface Look {
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** What is looked at of a subject of the rules: all that it takes is in its backup. */
export type Looked = Pick<Subject, 'backup'>;

import type { Json } from './canonical.ts';

/** One fact, as a person reads it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What a finished step leaves for later steps (`${find.key}`). Never a secret. */
export type Output = Readonly<Record<string, Json>>;

/** What a step asks a person. */
export type Question =
  | {
      readonly kind: 'manual';
      readonly instruction: string;
      readonly assignee: string | null;
      readonly evidence: 'none' | 'text' | 'link';
    }
  | {
      readonly kind: 'decision';
      readonly question: string;
      readonly options: readonly Option[];
    };

export interface Option {
  readonly value: string;
  readonly label: string;
  /** Choosing it ends the run: nothing of what follows is for this case. */
  readonly ends?: boolean | undefined;
}

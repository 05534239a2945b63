import { nearest } from './nearest.ts';

/** A fault that the shape alone does not show, with the path of the value in the file. */
export interface PlanFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly level: 'error' | 'warning';
}

export function error(path: readonly (string | number)[], message: string): PlanFault {
  return { path, message, level: 'error' };
}

export function unknown(what: string, got: string, known: readonly string[]): string {
  const near = nearest(got, known);
  return `there is no ${what} "${got}"${near === undefined ? '.' : `; did you mean "${near}"?`} Known: ${known.join(', ') || 'none'}`;
}

import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';

/**
 * The mark a step leaves on an object of the cluster, in the same patch as its effect: by it a later attempt knows what
 * was done, and a worker that slept knows that it came too late. One object bears the mark of one step, the newest.
 */
const ATTEMPT = 'dr-bot/attempt';
const PREVIOUS = 'dr-bot/attempt-previous';
const WROTE = 'dr-bot/attempt-wrote';

/** Anything that bears annotations. */
export interface Marked {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Mark {
  readonly attempt: number;
  readonly undone: boolean;
  /** What the object was before this step, as the action wrote it down. */
  readonly previous: string | undefined;
  /** What this step made of it. */
  readonly wrote: string | undefined;
}

/** The mark of this step, whichever attempt left it; undefined where there is none or that of another step. */
export function markOf(context: ActionContext, { annotations }: Marked): Mark | undefined {
  const stem = stemOf(context);
  const value = annotations[ATTEMPT];
  if (!value?.startsWith(stem)) return undefined;
  const [attempt, undone] = value.slice(stem.length).split('/');
  return {
    attempt: Number(attempt),
    undone: undone === UNDONE,
    previous: annotations[PREVIOUS],
    wrote: annotations[WROTE],
  };
}

/** The mark of an effect that stands: this step made it and did not take it back. */
export function standingMark(context: ActionContext, marked: Marked): Mark | undefined {
  const mark = markOf(context, marked);
  return mark?.undone === false ? mark : undefined;
}

/** The annotations that go with the effect of this attempt. */
export function marksFor(
  { key }: ActionContext,
  previous: string,
  wrote: string | null = null,
): Readonly<Record<string, string | null>> {
  return { [ATTEMPT]: key, [PREVIOUS]: previous, [WROTE]: wrote };
}

/**
 * The annotations that go with an undo, also where there was nothing to take back: a worker that slept through it must
 * not act afterwards.
 */
export function undoneMarksFor(
  context: ActionContext,
  previous: string | null,
): Readonly<Record<string, string | null>> {
  return {
    [ATTEMPT]: `${stemOf(context)}${context.step.attempt}/${UNDONE}`,
    [PREVIOUS]: previous,
    [WROTE]: null,
  };
}

const UNDONE = 'undone';

/**
 * Throws where a newer attempt or the undo of this step has been here, or where any step has since this attempt first
 * looked. A worker that slept finds out here: its patch meets a conflict, and it looks again.
 */
export function assertNotSuperseded(context: ActionContext, first: Marked, now: Marked): void {
  const mark = markOf(context, now);
  const own = context.step.attempt;
  const outdated = mark !== undefined && (mark.undone ? mark.attempt >= own : mark.attempt > own);
  const left = now.annotations[ATTEMPT];
  const overtaken = left !== first.annotations[ATTEMPT] && left !== context.key;
  if (!outdated && !overtaken) return;
  throw new AppError(
    'claim-lost',
    `\`${now.name}\` bears the mark ${left}, so ${context.key} came too late and left it alone.`,
  );
}

function stemOf({ run, step }: ActionContext): string {
  return `${run.id}/${step.id}/`;
}

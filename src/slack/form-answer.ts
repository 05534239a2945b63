import type { Actor } from '../domain/events.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import type { View } from '../render/slack/blocks.ts';
import type { Carried } from '../render/slack/ids.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { plainRefusal, refusalLine } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import type { Fields } from './payload.ts';

/** What a submitted form answers: errors under fields, another view, or the end of the dialog. */
export type FormAnswer =
  | { readonly errors: Readonly<Record<string, string>> }
  | { readonly view: View }
  /** What takes longer than Slack waits: a loading view at once, the real one when it is made. */
  | { readonly view: View; readonly later: () => Promise<View> }
  | 'close';

export interface Submission {
  readonly deps: SlackDeps;
  readonly actor: Actor;
  readonly carried: Carried;
  readonly fields: Fields;
  readonly metadata: string;
}

export type FormHandler = (submission: Submission) => Promise<FormAnswer>;

/** A form that records one thing and closes. A refusal of what was typed stands under `field`. */
export function records(
  field: string,
  act: (submission: Submission) => Promise<object | Refusal>,
): FormHandler {
  return async (submission) => outcome(submission.deps, await act(submission), field);
}

/** A refusal of what was typed stands under its field; everything else closes the form in words. */
export async function outcome(deps: SlackDeps, result: object | Refusal, field: string): Promise<FormAnswer> {
  if (!isRefusal(result)) return 'close';
  const underField = [
    'text-unreadable',
    'input-invalid',
    'name-does-not-match',
    'evidence-missing',
    'choice-unknown',
    'resolve-incomplete',
    'usage',
  ].includes(result.code);
  if (!underField) return refused(deps, result);
  return { errors: { [field]: plainRefusal(result, await deps.queries.people()) } };
}

export async function refused(deps: SlackDeps, refusal: Refusal): Promise<FormAnswer> {
  return notice(refusalLine(refusal, await deps.queries.people()), 'Not recorded');
}

export function notice(line: string, title = 'dr-bot'): { readonly view: View } {
  return { view: renderNotice(title, [line]) };
}

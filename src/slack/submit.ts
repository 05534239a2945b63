import { setTimeout as sleep } from 'node:timers/promises';
import { escapeSlack, slackQuote } from '../render/escape.ts';
import type { View } from '../render/slack/blocks.ts';
import { renderLoading, renderNotice } from '../render/slack/modals.ts';
import type { SlackDeps } from './deps.ts';
import { faultWords } from './faults.ts';
import { type FormAnswer, notice } from './form-answer.ts';
import { handleForm } from './forms.ts';
import { fieldsOf, type ViewSubmission } from './payload.ts';

/**
 * The answer to a submitted form within the time Slack waits. What takes longer goes on behind a loading view, which
 * then says how it ended; a fault leaves the form open with everything that was typed.
 */
export async function answerForm(
  deps: SlackDeps,
  body: ViewSubmission,
  withinMs: number,
): Promise<FormAnswer> {
  const faulty = (error: unknown) => faultWords(deps, error, 'form');
  const answered = handleForm(deps, body).catch((error: unknown) => staying(body, faulty(error)));
  const inTime = await Promise.race([answered, sleep(Math.max(0, withinMs), null, { ref: false })]);
  const answer = inTime ?? {
    view: renderLoading('Recording', 'What you sent is being recorded.'),
    later: async () => endOf(body, await answered),
  };
  if (answer === 'close' || !('later' in answer)) return answer;
  const later = () => answer.later().catch((error: unknown) => renderNotice('Not finished', [faulty(error)]));
  return { view: answer.view, later };
}

/** Words under the first field, so that nothing that was typed is lost; a dialog without fields is replaced by them. */
export function staying(body: ViewSubmission, words: string): FormAnswer {
  const [field] = Object.keys(body.view.state.values);
  return field === undefined ? notice(words, 'Not recorded') : { errors: { [field]: words } };
}

/** How a form ended whose place a loading view has taken: what was refused is given back. */
async function endOf(body: ViewSubmission, answer: FormAnswer): Promise<View> {
  if (answer === 'close') return renderNotice('Recorded', ['What you sent is recorded.']);
  if ('later' in answer) return answer.later();
  if ('view' in answer) return answer.view;
  const typed = Object.values(fieldsOf(body.view.state)).map((text) => slackQuote(text, 1_500));
  return renderNotice('Not recorded', [...Object.values(answer.errors).map(escapeSlack), ...typed]);
}

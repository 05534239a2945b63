import { AppError } from '../errors.ts';
import type { Message } from '../render/slack/blocks.ts';
import type { SlackDeps } from './deps.ts';

/** What people are told when the bot itself fails or is slow (CARDS §13): what happened, what it means, what to do. */

export type Doing = 'command' | 'click' | 'form';

/** The database did not take the request, so it is certain that nothing was done. */
export const DATABASE_AWAY: Readonly<Record<Doing, string>> = {
  command:
    'The bot cannot reach its own database. Your command was not carried out. It is back when /dr status answers; for a restore without it see docs/operations.md "By hand".',
  click:
    'Your click could not be saved, so it does not count. The bot\'s database does not answer. Press again in a minute; for a restore without it see docs/operations.md "By hand".',
  form: "The bot's database does not answer. Nothing was recorded, and what you typed is still here. Send it again in a minute.",
};

const WORKING_AFTER_MS = 2_000;

/** Words for whatever was thrown while somebody waits, and a line in the log with the same reference. */
export function faultWords({ log }: Pick<SlackDeps, 'log'>, error: unknown, doing: Doing): string {
  const ref = Math.random().toString(16).slice(2, 6);
  log({ err: error, ref }, 'a handler failed');
  const what =
    error instanceof AppError && error.code === 'database-unreachable'
      ? "The bot's database stopped answering"
      : 'Something broke in the bot';
  return `${what} (ref ${ref}). Your ${doing} may not have been carried out; /dr status shows what is recorded.`;
}

/** Runs a handler. What it throws is told to the person who waits; then true. */
export async function guarded(
  deps: Pick<SlackDeps, 'log'>,
  doing: Doing,
  say: (message: Message) => Promise<unknown>,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    await say({ text: faultWords(deps, error, doing), blocks: [] }).catch(() => {});
    return true;
  }
}

/** Says after two seconds that work goes on, so that nobody types or presses again. */
export async function patiently<Result>(
  say: (message: Message) => Promise<unknown>,
  what: string,
  work: Promise<Result>,
): Promise<Result> {
  const text = `Working on ${what}. The answer comes here.`;
  const working = setTimeout(() => void say({ text, blocks: [] }).catch(() => {}), WORKING_AFTER_MS);
  return work.finally(() => clearTimeout(working));
}

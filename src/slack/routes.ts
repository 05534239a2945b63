import type { App } from '@slack/bolt';
import type { Message } from '../render/slack/blocks.ts';
import { handlePress } from './buttons.ts';
import { handleCommand } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { handleEvent } from './events.ts';
import { handleForm } from './forms.ts';
import { BlockActions, keyOf, SlashCommand, ViewSubmission } from './payload.ts';

const SKEW_SECONDS = 300;
/** Time in which the inbox row must be written; Slack gives up after three seconds. */
const INBOX_MS = 1_500;

/** `new`: do it. `repeated`: it was here before. `away`: the database did not take it in time. */
type Taken = 'new' | 'repeated' | 'away';

/**
 * One listener a kind: Bolt asks every listener for every request, so fifty buttons as fifty listeners would cost three
 * times the CPU (SLACK.md §6). Order of each: remember it, acknowledge, then act; answers go to the person alone.
 */
export function startRouting(app: App, deps: SlackDeps): void {
  app.use(async (args) => {
    const { signature, timestamp } = args.context;
    if (typeof signature !== 'string' || signature === '') return args.next();
    const skew = Math.abs(Date.now() / 1000 - Number(timestamp));
    const late = skew > SKEW_SECONDS;
    const repeated = !late && (await take(deps, `signature/${signature}`, 'request')) === 'repeated';
    if (!late && !repeated) return args.next();
    deps.log({ skew }, 'a replayed or wrongly timed request was dropped');
    // Answered all the same: an unanswered one would be sent again.
    if ('ack' in args && typeof args.ack === 'function') await args.ack();
  });

  app.command(/.*/, async ({ ack, body, respond }) => {
    const command = SlashCommand.parse(body);
    const taken = await take(deps, keyOf.command(command), 'command');
    if (taken === 'away') return ack(DATABASE_AWAY);
    await ack();
    if (taken === 'repeated') return;
    await guarded(
      deps,
      (message) => respond(ephemeral(message)),
      () => handleCommand(deps, command, (message) => respond(ephemeral(message)).then(() => {})),
    );
  });

  app.action(/.*/, async ({ ack, body, respond }) => {
    const parsed = BlockActions.safeParse(body);
    if (!parsed.success) return ack();
    const taken = await take(deps, keyOf.action(parsed.data), 'action');
    await ack();
    const say = (message: Message) => tell(deps, parsed.data, message, respond);
    if (taken === 'away') return say(DATABASE_AWAY);
    if (taken === 'repeated') return;
    await guarded(deps, say, () => handlePress(deps, parsed.data, say));
  });

  app.view(/.*/, async ({ ack, body }) => {
    const parsed = ViewSubmission.safeParse(body);
    if (!parsed.success) return ack();
    const taken = await take(deps, keyOf.view(parsed.data), 'view');
    if (taken === 'repeated') return ack();
    const answer = taken === 'away' ? { errors: {} } : await handleForm(deps, parsed.data);
    if (answer === 'close') return ack();
    if ('errors' in answer) return ack({ response_action: 'errors', errors: answer.errors });
    await ack({ response_action: 'update', view: answer.view as never });
    if ('later' in answer)
      await deps.call('interactive', 'views.update', {
        view_id: parsed.data.view.id,
        view: await answer.later(),
      });
  });

  app.event(/.*/, async ({ event, body }) => {
    if ((await take(deps, `event/${body.event_id}`, 'event')) === 'new') await handleEvent(deps, event);
  });

  // The only place of this layer that catches: whatever went wrong is said, never swallowed.
  app.error(async (error) => {
    deps.log({ err: error }, 'a Slack request could not be handled');
  });
}

async function take(deps: SlackDeps, key: string, kind: string): Promise<Taken> {
  const away = new Promise<Taken>((resolve) => setTimeout(() => resolve('away'), INBOX_MS).unref());
  const taken = deps.accounts.firstTime(key, kind).then(
    (first): Taken => (first ? 'new' : 'repeated'),
    (error: unknown): Taken => {
      deps.log({ err: error }, 'the inbox did not take a request');
      return 'away';
    },
  );
  return Promise.race([taken, away]);
}

const DATABASE_AWAY: Message = {
  text: "Your click could not be saved, so it does not count. The bot's database does not answer. Press again in a minute; for a restore without it see docs/operations.md, By hand.",
  blocks: [],
};

/** Runs a handler; what it throws is told to the person with a reference, and thrown on for the log. */
async function guarded(
  deps: SlackDeps,
  say: (message: Message) => Promise<unknown>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const ref = Math.random().toString(16).slice(2, 6);
    deps.log({ err: error, ref }, 'a handler failed');
    const text = `Something broke in the bot (ref ${ref}). Your command may not have been carried out; /dr status shows what is recorded.`;
    await say({ text, blocks: [] }).catch(() => {});
  }
}

function ephemeral(message: Message) {
  const { text, blocks } = message;
  return blocks.length === 0
    ? { response_type: 'ephemeral' as const, text }
    : { response_type: 'ephemeral' as const, text, blocks: blocks as never };
}

/** To the person alone: by the press's own address, else as an ephemeral message. */
async function tell(
  deps: SlackDeps,
  body: BlockActions,
  message: Message,
  respond: ((message: never) => Promise<unknown>) | undefined,
): Promise<void> {
  const { text, blocks } = message;
  const content = blocks.length === 0 ? { text } : { text, blocks };
  if (body.channel == null || respond === undefined) return;
  const thread = body.message?.thread_ts === undefined ? {} : { thread_ts: body.message.thread_ts };
  await deps
    .call('interactive', 'chat.postEphemeral', {
      channel: body.channel.id,
      user: body.user.id,
      ...content,
      ...thread,
    })
    .catch(async (error: unknown) => {
      deps.log({ err: error }, 'an ephemeral answer could not be shown; trying the other way');
      await respond({ response_type: 'ephemeral', replace_original: false, ...content } as never);
    });
}

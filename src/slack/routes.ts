import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '@slack/bolt';
import type { Message } from '../render/slack/blocks.ts';
import { givenBack } from '../render/slack/given-back.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { handlePress } from './buttons.ts';
import { handleCommand } from './commands.ts';
import type { SlackDeps } from './deps.ts';
import { replaceDialog } from './dialogs.ts';
import { EVENTS } from './events.ts';
import { DATABASE_AWAY, guarded } from './faults.ts';
import { BlockActions, decodeText, keyOf, SlashCommand, ViewSubmission } from './payload.ts';
import { answerForm, staying } from './submit.ts';

const SKEW_SECONDS = 300;
/** Time in which the inbox row must be written; Slack gives up after three seconds. */
const INBOX_MS = 1_500;
/** Time in which a form must be answered, the inbox row included. */
const ANSWER_MS = 2_400;

/** `new`: do it. `repeated`: it was here before. `away`: the database did not take it in time. */
type Taken = 'new' | 'repeated' | 'away';

export interface Routing {
  /** Resolves in a moment in which nothing is being carried out, or when the time is over. */
  idle(withinMs: number): Promise<void>;
}

/**
 * One listener a kind: Bolt asks every listener for every request, so fifty buttons as fifty listeners would cost three
 * times the CPU (SLACK.md §6). Order of each: remember it, acknowledge, then act; answers go to the person alone.
 */
export function startRouting(app: App, deps: SlackDeps): Routing {
  const inHand = new Set<Promise<void>>();
  app.use(async ({ next }) => {
    const handled = next();
    const settled = handled.catch(() => {}).finally(() => inHand.delete(settled));
    inHand.add(settled);
    return handled;
  });

  // The same signed bytes hold the same keys, so the inbox knows a replay; here only its time is looked at.
  app.use(async (args) => {
    const { timestamp } = args.context;
    const skew = Math.abs(Date.now() / 1000 - Number(timestamp));
    if (typeof timestamp !== 'string' || skew <= SKEW_SECONDS) return args.next();
    deps.log({ skew }, 'a wrongly timed request was dropped');
    // Answered all the same: an unanswered one would be sent again.
    if ('ack' in args && typeof args.ack === 'function') await args.ack();
  });

  app.command(/.*/, async ({ ack, body, respond }) => {
    const command = SlashCommand.parse(body);
    const say = async (message: Message) => void (await respond(ephemeral(message)));
    const giveBack = async () => {
      for (const part of givenBack(decodeText(command.text))) await say(part);
    };
    const taken = await take(deps, keyOf.command(command), 'command');
    if (taken === 'away') {
      await ack(ephemeral({ text: DATABASE_AWAY.command, blocks: [] }));
      return giveBack();
    }
    await ack();
    if (taken === 'repeated') return;
    const failed = await guarded(deps, 'command', say, () => handleCommand(deps, command, say));
    if (failed) await giveBack();
  });

  app.action(/.*/, async ({ ack, body, respond }) => {
    const parsed = BlockActions.safeParse(body);
    if (!parsed.success) return ack();
    const taken = await take(deps, keyOf.action(parsed.data), 'action');
    await ack();
    const say = (message: Message) => tell(deps, parsed.data, message, respond);
    if (taken === 'away') return say({ text: DATABASE_AWAY.click, blocks: [] });
    if (taken === 'repeated') return;
    await guarded(deps, 'click', say, () => handlePress(deps, parsed.data, say));
  });

  app.view(/.*/, async ({ ack, body }) => {
    const parsed = ViewSubmission.safeParse(body);
    if (!parsed.success) return ack();
    const slackWaitsUntil = Date.now() + ANSWER_MS;
    const taken = await take(deps, keyOf.view(parsed.data), 'view');
    if (taken === 'repeated') return ack();
    const answer =
      taken === 'away'
        ? staying(parsed.data, DATABASE_AWAY.form)
        : await answerForm(deps, parsed.data, slackWaitsUntil - Date.now());
    if (answer === 'close') return ack();
    if ('errors' in answer) return ack({ response_action: 'errors', errors: answer.errors });
    await ack({ response_action: 'update', view: answer.view as never });
    if ('later' in answer) await replaceDialog(deps, parsed.data.view.id, await answer.later());
  });

  // Slack takes an event as answered before this runs, so nobody waits, and it is known whether it is new.
  for (const [type, handle] of Object.entries(EVENTS))
    app.event(type, async ({ event, body }) =>
      handle(deps, event, () => deps.accounts.firstTime(`event/${body.event_id}`, 'event')),
    );

  // The only place of this layer that catches: whatever went wrong is said, never swallowed.
  app.error(async (error) => {
    deps.log({ err: error }, 'a Slack request could not be handled');
  });

  return {
    idle: async (withinMs) => {
      const late = sleep(withinMs, 'late', { ref: false });
      while (inHand.size > 0 && (await Promise.race([Promise.all(inHand), late])) !== 'late');
    },
  };
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

function ephemeral({ blocks, ...message }: Message) {
  const response = { response_type: 'ephemeral' as const, ...message };
  return blocks.length === 0 ? response : { ...response, blocks: blocks as never };
}

/** To the person alone: as an ephemeral message, else by the press's own address; in a dialog, in its place. */
async function tell(
  deps: SlackDeps,
  body: BlockActions,
  message: Message,
  respond: ((message: never) => Promise<unknown>) | undefined,
): Promise<void> {
  // A form keeps what was typed into it; only a dialog that is read is replaced.
  if (body.view?.callback_id === 'notice')
    return replaceDialog(deps, body.view.id, renderNotice('dr-bot', [message.text]));
  // App Home has no place for an answer, so it stands beside it, in the bot's direct messages.
  if (body.view?.type === 'home')
    return void (await deps.call('interactive', 'chat.postMessage', { channel: body.user.id, ...message }));
  if (body.channel == null || respond === undefined) return;
  const { response_type: _, ...content } = ephemeral(message);
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
      await respond({ ...ephemeral(message), replace_original: false } as never);
    });
}

import { ApiError } from './api-error.ts';
import { type Interactive, type Option, Suggestions } from './block-elements.ts';
import type { Block } from './block-kit.ts';
import type { Delivery } from './delivery.ts';
import { escapeTyped } from './escape.ts';
import { toApiMessage, toApiView } from './payloads.ts';
import type { createRespond } from './respond.ts';
import { type Store, slackbotId } from './store.ts';
import type { Channel, Json, Message, OpenView, Receipt, User } from './types.ts';
import { clearViews, initialState, popView } from './view-stack.ts';

interface Deps {
  readonly store: Store;
  readonly delivery: Delivery;
  readonly respond: ReturnType<typeof createRespond>;
  readonly url: string;
  readonly shouldEscape: boolean;
}

/** Where an element sits: in a message or in a view. */
export type Place = { readonly message: Message } | { readonly view: OpenView };
export type Interactions = ReturnType<typeof createInteractions>;

/** Turns what a person does into Slack's payloads, and the ack into what the person sees. */
export function createInteractions({ store, delivery, respond, url, shouldEscape }: Deps) {
  const who = (user: User): Json => ({
    team: { id: store.team.id, domain: store.team.domain },
    user: { id: user.id, username: user.key, name: user.key, team_id: user.teamId },
    api_app_id: store.bot.appId,
    token: 'sandbox',
    is_enterprise_install: false,
    enterprise: null,
  });
  const responseUrl = (user: User, channel: string, ts?: string): string =>
    `${url}/response/${store.issueResponseUrl(user.id, channel, ts)}`;

  function fromSlackbot(user: User, channel: string, text: string): void {
    if (user.offline) return;
    store.addMessage({ channel, user: slackbotId, text, ephemeralTo: user.id });
  }

  async function command(user: User, channel: Channel, typed: string): Promise<Receipt> {
    const [name = '', ...rest] = typed.trim().split(/\s+/);
    const text = typed.trim().slice(name.length).trim();
    const receipt = await delivery.deliver({
      type: 'slash_commands',
      payload: {
        token: 'sandbox',
        team_id: store.team.id,
        team_domain: store.team.domain,
        channel_id: channel.id,
        channel_name: channelName(channel),
        user_id: user.id,
        user_name: user.key,
        command: name,
        text: rest.length > 0 && shouldEscape ? escapeTyped(store, text) : text,
        api_app_id: store.bot.appId,
        is_enterprise_install: 'false',
        response_url: responseUrl(user, channel.id),
        trigger_id: store.issueTrigger(user.id, false),
      },
    });
    if (!receipt.acked) {
      fromSlackbot(user, channel.id, `${name} failed with the error "${receipt.error}"`);
      return receipt;
    }
    try {
      respond.fromCommandAck(channel.id, user.id, receipt.payload);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      fromSlackbot(
        user,
        channel.id,
        `${name} failed with the error "invalid_command_response" (${error.code})`,
      );
    }
    return receipt;
  }

  /** The state an app is told: of the view, or of this person's choices in the message. */
  function stateOf(user: User, place: Place): OpenView['state'] {
    if ('view' in place) return place.view.state;
    const { channel, ts, blocks } = place.message;
    const key = `${channel}:${ts}:${user.id}`;
    return initialState({ blocks: [...blocks] }, store.selections.get(key) ?? {});
  }

  function setState(user: User, place: Place, block: Block, element: Interactive, value: Json): void {
    const values = stateOf(user, place);
    const next = { ...values, [block.block_id]: { ...values[block.block_id], [element.action_id]: value } };
    if ('view' in place) place.view.state = next;
    else store.selections.set(`${place.message.channel}:${place.message.ts}:${user.id}`, next);
    store.changed();
  }

  /** `container` and what belongs to it. An ephemeral's own text is never sent along. */
  function placeFields(user: User, place: Place): Json {
    if ('view' in place) {
      return { container: { type: 'view', view_id: place.view.id }, view: toApiView(store, place.view) };
    }
    const { message } = place;
    const channel = store.channels.get(message.channel);
    const ephemeral = message.ephemeralTo !== undefined;
    const thread = message.threadTs ? { thread_ts: message.threadTs } : {};
    return {
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: message.channel,
        is_ephemeral: ephemeral,
        ...thread,
      },
      channel: { id: message.channel, name: channel ? channelName(channel) : '' },
      ...(ephemeral ? {} : { message: toApiMessage(store, message) }),
      state: { values: stateOf(user, place) },
    };
  }

  async function act(
    user: User,
    place: Place,
    block: Block,
    element: Interactive,
    value?: Json,
  ): Promise<Receipt> {
    const action = {
      ...(element.type === 'button'
        ? {
            text: element.text,
            value: element.value ?? '',
            ...(element.style ? { style: element.style } : {}),
          }
        : {}),
      type: element.type,
      ...value,
      action_id: element.action_id,
      block_id: block.block_id,
      action_ts: store.newTs(),
    };
    const at = 'message' in place ? place.message : undefined;
    const receipt = await delivery.deliver({
      type: 'interactive',
      payload: {
        type: 'block_actions',
        ...who(user),
        ...placeFields(user, place),
        trigger_id: store.issueTrigger(user.id, 'view' in place && place.view.definition.type === 'modal'),
        ...(at ? { response_url: responseUrl(user, at.channel, at.ts) } : {}),
        actions: [action],
      },
    });
    if (!receipt.acked && at) {
      fromSlackbot(user, at.channel, `The app did not answer in time: ${receipt.error}`);
    }
    return receipt;
  }

  async function suggest(
    user: User,
    place: Place,
    block: Block,
    element: Interactive,
    query: string,
  ): Promise<readonly Option[]> {
    const receipt = await delivery.deliver({
      type: 'interactive',
      payload: {
        type: 'block_suggestion',
        ...who(user),
        ...placeFields(user, place),
        action_id: element.action_id,
        block_id: block.block_id,
        value: query,
      },
    });
    const answer = Suggestions.safeParse(receipt.acked ? receipt.payload : undefined);
    if (!answer.success) return [];
    return 'options' in answer.data
      ? answer.data.options
      : answer.data.option_groups.flatMap((g) => g.options);
  }

  function submitView(user: User, view: OpenView): Promise<Receipt> {
    return delivery.deliver({
      type: 'interactive',
      payload: {
        type: 'view_submission',
        ...who(user),
        trigger_id: store.issueTrigger(user.id, true),
        view: toApiView(store, view),
        response_urls: [],
      },
    });
  }

  /** Cancel, or the cross: the top modal goes, or all of them where it says `clear_on_close`. */
  async function closeView(user: User): Promise<void> {
    const top = store.modals.get(user.id)?.at(-1);
    if (!top) return;
    const all = top.definition.type === 'modal' && top.definition.clear_on_close === true;
    const closed = all ? clearViews(store, user.id) : [popView(store, user.id) ?? top];
    for (const view of closed) {
      if (view.definition.type !== 'modal' || !view.definition.notify_on_close) continue;
      await delivery.deliver({
        type: 'interactive',
        payload: { type: 'view_closed', ...who(user), view: toApiView(store, view), is_cleared: all },
      });
    }
  }

  function shortcut(user: User, callbackId: string, message?: Message): Promise<Receipt> {
    const common = { ...who(user), callback_id: callbackId, action_ts: store.newTs() };
    const trigger_id = store.issueTrigger(user.id, false);
    const payload = message
      ? {
          type: 'message_action',
          ...common,
          ...placeFields(user, { message }),
          message_ts: message.ts,
          response_url: responseUrl(user, message.channel, message.ts),
          trigger_id,
        }
      : { type: 'shortcut', ...common, trigger_id };
    return delivery.deliver({ type: 'interactive', payload });
  }

  return { command, act, suggest, stateOf, setState, submitView, closeView, shortcut };
}

function channelName(channel: Channel): string {
  if (channel.kind === 'im') return 'directmessage';
  return channel.kind === 'private' ? 'privategroup' : channel.name;
}

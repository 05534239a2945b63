import type { Interactive } from './block-elements.ts';
import type { Block } from './block-kit.ts';
import { escapeMessage } from './escape.ts';
import { type Filled, filledValue } from './inputs.ts';
import type { Interactions, Place } from './interactions.ts';
import {
  buttonIn,
  type Control,
  channelSeenBy,
  controlsOf,
  elementIn,
  fieldIn,
  messageSeenBy,
} from './screen.ts';
import type { Store } from './store.ts';
import { type Submitted, submit } from './submission.ts';
import { textOf } from './text-of.ts';
import type { Channel, Json, Message, OpenView, Receipt, User } from './types.ts';

interface Deps {
  readonly store: Store;
  readonly interactions: Interactions;
  readonly emit: (event: Json) => void;
  readonly isOut: () => boolean;
  readonly waitFor: <T>(
    look: () => T,
    options: { timeoutMs?: number; what: string },
  ) => Promise<NonNullable<T>>;
  readonly nameOf: (id: string) => string | undefined;
}

export type Person = ReturnType<typeof createPerson>;

/** One person at one screen: sees only what Slack would show and presses only what is there. */
export function createPerson({ store, interactions, emit, isOut, waitFor, nameOf }: Deps, user: User) {
  const names = {
    userId: (ref: string) => known(store.user(ref), `person ${ref}`).id,
    channelId: (ref: string) => known(store.channel(ref), `channel ${ref}`).id,
  };

  function present(): void {
    if (user.deactivated) throw new Error(`${user.realName} is deactivated and cannot do anything`);
    if (user.isBot) throw new Error(`${user.realName} is a bot and presses nothing`);
    if (isOut()) throw new Error('Slack is out: nobody can do anything there');
  }

  /** There is one screen: acting elsewhere closes the modal that covers it. */
  async function leaveModals(): Promise<void> {
    while (view()) await interactions.closeView(user);
  }

  function see(channelRef: string, ts: string): Message {
    return messageSeenBy(store, user, channelSeenBy(store, user, channelRef), ts);
  }

  function writable(channelRef: string): Channel {
    const channel = channelSeenBy(store, user, channelRef);
    if (channel.archived) throw new Error(`#${channel.name} is archived`);
    if (!channel.members.has(user.id)) throw new Error(`${user.realName} is not in #${channel.name}`);
    return channel;
  }

  const view = (): OpenView | undefined => store.modals.get(user.id)?.at(-1);
  const modal = (): OpenView => known(view(), `open modal for ${user.realName}`);
  const home = (): OpenView | undefined => store.homes.get(user.id);

  async function act(place: Place, { block, element }: Control, filled?: Filled): Promise<Receipt> {
    present();
    if (!('view' in place) || place.view.definition.type === 'home') await leaveModals();
    if (filled === undefined) return interactions.act(user, place, block, element);
    return interactions.act(user, place, block, element, await put(place, block, element, filled));
  }

  async function put(place: Place, block: Block, element: Interactive, filled: Filled): Promise<Json> {
    const suggested =
      element.type === 'external_select' && typeof filled === 'string'
        ? await interactions.suggest(user, place, block, element, filled)
        : [];
    const value = filledValue(element, filled, names, suggested);
    if (element.type !== 'overflow') interactions.setState(user, place, block, element, value);
    return value;
  }

  async function fillField(name: string, filled: Filled): Promise<void> {
    const place = { view: modal() };
    const { block, element } = fieldIn(place.view.definition.blocks, name, 'the modal');
    const value = await put(place, block, element, filled);
    if (block.type !== 'input' || block.dispatch_action)
      await interactions.act(user, place, block, element, value);
  }

  function placeOf(target: { channel: string; ts: string } | 'modal' | 'home'): Place {
    if (target === 'modal') return { view: modal() };
    if (target === 'home') return { view: known(home(), `home tab for ${user.realName}`) };
    return { message: see(target.channel, target.ts) };
  }

  const sees = (channelRef: string): Message[] =>
    store.messagesIn(channelSeenBy(store, user, channelRef).id, user.id);

  return {
    user,

    /** Types a slash command in a channel. Resolves with what became of it. */
    async command(channelRef: string, text: string): Promise<Receipt> {
      present();
      const channel = writable(channelRef);
      await leaveModals();
      return interactions.command(user, channel, text);
    },

    /** Presses the button with this label on a message. */
    async press(channelRef: string, ts: string, label: string): Promise<Receipt> {
      const message = see(channelRef, ts);
      return act({ message }, buttonIn(message.blocks, label, `message ${ts} of ${channelRef}`));
    },

    /** Presses the button with this label on the newest message that has it. */
    async pressNewest(channelRef: string, label: string): Promise<Receipt> {
      const all = sees(channelRef);
      const message = all.findLast((m) => hasButton(m.blocks, label));
      const blocks = message?.blocks ?? all.flatMap((m) => m.blocks);
      const control = buttonIn(blocks, label, channelRef);
      return act({ message: known(message, `message with "${label}"`) }, control);
    },

    /** Presses, or chooses where something is filled in, by action id: on a message, in the modal or in the home tab. */
    async use(
      target: { channel: string; ts: string } | 'modal' | 'home',
      actionId: string,
      filled?: Filled,
    ): Promise<Receipt> {
      const place = placeOf(target);
      const blocks = 'view' in place ? place.view.definition.blocks : place.message.blocks;
      return act(place, elementIn(blocks, actionId, typeof target === 'string' ? target : target.ts), filled);
    },

    /** Presses by action id. */
    async click(target: { channel: string; ts: string; actionId: string }): Promise<Receipt> {
      const message = see(target.channel, target.ts);
      return act({ message }, fieldIn(message.blocks, target.actionId, `message ${target.ts}`));
    },

    /** Picks from a select, overflow, checkboxes or date picker of a message. */
    async choose(channelRef: string, ts: string, field: string, filled: Filled): Promise<Receipt> {
      const message = see(channelRef, ts);
      return act({ message }, fieldIn(message.blocks, field, `message ${ts} of ${channelRef}`), filled);
    },

    view,
    viewText: (): string => (view() ? textOf(modal().definition, nameOf) : ''),
    waitForView: (title = '', options: { timeoutMs?: number } = {}): Promise<OpenView> =>
      waitFor(
        () => {
          const open = view();
          const shown = open?.definition.type === 'modal' ? open.definition.title.text : '';
          return shown.includes(title) ? open : undefined;
        },
        { ...options, what: `a modal "${title}" for ${user.realName}` },
      ),

    /** Fills fields of the open modal, by label, block id or action id. */
    async fill(fields: Readonly<Record<string, Filled>>): Promise<void> {
      present();
      for (const [name, filled] of Object.entries(fields)) await fillField(name, filled);
    },

    /** Types into fields of the open modal, by action id, and presses nothing: the app is not told yet. */
    async typeIn(fields: Readonly<Record<string, Filled>>): Promise<void> {
      present();
      const place = { view: modal() };
      for (const [actionId, filled] of Object.entries(fields)) {
        const { block, element } = elementIn(place.view.definition.blocks, actionId, 'the modal');
        await put(place, block, element, filled);
      }
    },

    async submit(): Promise<Submitted> {
      present();
      const open = modal();
      if (open.definition.type !== 'modal' || !open.definition.submit) {
        throw new Error('this modal has no submit button');
      }
      return submit(store, interactions, user, open);
    },

    async pressInView(label: string): Promise<Receipt> {
      const open = modal();
      return act({ view: open }, buttonIn(open.definition.blocks, label, 'the modal'));
    },

    async closeView(): Promise<void> {
      present();
      await interactions.closeView(user);
    },

    sees,
    reads: (channelRef: string): string =>
      sees(channelRef)
        .map((message) => textOf(message, nameOf))
        .join('\n\n'),
    dms: (): Message[] => sees('dm'),

    home,
    homeText: (): string => {
      const shown = home();
      return shown ? textOf(shown.definition, nameOf) : '';
    },
    async openHome(): Promise<void> {
      present();
      await leaveModals();
      const channel = store.directChannel(user.id).id;
      emit({ type: 'app_home_opened', user: user.id, channel, tab: 'home' });
    },
    async pressInHome(label: string): Promise<Receipt> {
      const shown = known(home(), `home tab for ${user.realName}`);
      return act({ view: shown }, buttonIn(shown.definition.blocks, label, 'the home tab'));
    },

    async says(channelRef: string, text: string, options: { threadTs?: string } = {}): Promise<Message> {
      present();
      const channel = writable(channelRef);
      const { threadTs } = options;
      const message = store.addMessage({
        channel: channel.id,
        user: user.id,
        text: escapeMessage(store, text),
        threadTs,
      });
      if (message.text.includes(`<@${store.bot.id}>`)) {
        const thread = threadTs ? { thread_ts: threadTs } : {};
        emit({
          type: 'app_mention',
          user: user.id,
          text: message.text,
          ts: message.ts,
          channel: channel.id,
          ...thread,
        });
      }
      return message;
    },

    async react(channelRef: string, ts: string, name: string): Promise<void> {
      present();
      const message = see(channelRef, ts);
      message.reactions.set(name, (message.reactions.get(name) ?? new Set()).add(user.id));
      store.changed();
      const item = { type: 'message', channel: message.channel, ts };
      emit({ type: 'reaction_added', user: user.id, reaction: name, item, item_user: message.user });
    },

    async shortcut(callbackId: string): Promise<Receipt> {
      present();
      await leaveModals();
      return interactions.shortcut(user, callbackId);
    },
    async messageShortcut(channelRef: string, ts: string, callbackId: string): Promise<Receipt> {
      present();
      await leaveModals();
      return interactions.shortcut(user, callbackId, see(channelRef, ts));
    },

    /** Reloads Slack: ephemeral messages are gone. */
    reload(): void {
      for (const channel of store.channels.keys()) {
        for (const m of store.messagesIn(channel, user.id)) if (m.ephemeralTo) store.removeMessage(m);
      }
    },
    goOffline(): void {
      user.offline = true;
    },
    comeOnline(): void {
      user.offline = false;
    },
  };
}

function hasButton(blocks: readonly Block[], label: string): boolean {
  return controlsOf(blocks).some(({ element }) => element.type === 'button' && element.text.text === label);
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

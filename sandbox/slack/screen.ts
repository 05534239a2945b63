import type { Interactive } from './block-elements.ts';
import { type Block, elementsOf } from './block-kit.ts';
import type { Store } from './store.ts';
import { label } from './text-of.ts';
import type { Channel, Message, User } from './types.ts';

/** A control on the screen and the block it sits in. */
export interface Control {
  readonly block: Block;
  readonly element: Interactive;
}

export function controlsOf(blocks: readonly Block[]): Control[] {
  return blocks.flatMap((block) => elementsOf(block).map((element) => ({ block, element })));
}

/** The button with this label, or a sentence that lists what is there. */
export function buttonIn(blocks: readonly Block[], wanted: string, where: string): Control {
  const controls = controlsOf(blocks);
  const found = controls.find(({ element }) => element.type === 'button' && element.text.text === wanted);
  return found ?? missing(`button "${wanted}"`, controls, where);
}

/** A field by its label, placeholder, block id or action id. */
export function fieldIn(blocks: readonly Block[], wanted: string, where: string): Control {
  const controls = controlsOf(blocks);
  const found =
    controls.find(({ element }) => element.action_id === wanted) ??
    controls.find(
      ({ block, element }) =>
        block.block_id === wanted ||
        (block.type === 'input' && block.label.text === wanted) ||
        ('placeholder' in element && element.placeholder?.text === wanted),
    );
  return found ?? missing(`field "${wanted}"`, controls, where);
}

/** An element as a page names it: by its action id, or by its block's, since fields of one form may share an action id. */
export function elementIn(blocks: readonly Block[], actionId: string, where: string): Control {
  const controls = controlsOf(blocks);
  const found =
    controls.find(({ element }) => element.action_id === actionId) ??
    controls.find(({ block }) => block.block_id === actionId);
  return found ?? missing(`element ${actionId}`, controls, where);
}

function missing(what: string, controls: readonly Control[], where: string): never {
  const seen = controls.map(({ block, element }) => {
    const name = block.type === 'input' ? block.label.text : label(element);
    return `${name} (${element.action_id})`;
  });
  throw new Error(`there is no ${what} in ${where}; there are: ${seen.join(', ') || 'no controls'}`);
}

/** The channel a person means, if their Slack shows it. `dm` is the conversation with the app. */
export function channelSeenBy(store: Store, user: User, ref: string): Channel {
  const channel = ref === 'dm' ? store.directChannel(user.id) : store.channel(ref);
  if (!channel || !store.canSee(user, channel)) {
    throw new Error(`${user.realName} sees no channel ${ref}`);
  }
  return channel;
}

export function messageSeenBy(store: Store, user: User, channel: Channel, ts: string): Message {
  const message = store.findMessage(channel.id, ts, user.id);
  if (!message) throw new Error(`${user.realName} sees no message ${ts} in #${channel.name}`);
  return message;
}

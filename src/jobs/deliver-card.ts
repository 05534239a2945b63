import { slackError } from '../clients/slack.ts';
import { messageOf } from '../errors.ts';
import type { Message } from '../render/slack/blocks.ts';
import { type Delivery, delivered } from '../store/deliveries.ts';
import { type DeliverDeps, hashOf, isGone, type Place, postOnce } from './deliver-parts.ts';

/** One message that is rewritten in place. The same content twice is not sent twice. */
export async function card(
  deps: DeliverDeps,
  delivery: Delivery,
  where: Place,
  message: Message,
  options: { pin?: boolean } = {},
): Promise<void> {
  const { world, slack } = deps;
  const hash = hashOf(message);
  if (delivery.ts !== null && delivery.channel !== null) {
    if (hash !== delivery.shownHash) {
      const { ts, channel } = delivery;
      const gone = await slack
        .call('delivery', 'chat.update', { channel, ts, ...message })
        .then(() => false, isGone);
      if (gone) return postCard(deps, { ...delivery, ts: null }, where, message, hash, options);
    }
    return delivered(world.db, delivery, {
      channel: delivery.channel,
      ts: delivery.ts,
      hash,
      upTo: delivery.wanted,
    });
  }
  return postCard(deps, delivery, where, message, hash, options);
}

async function postCard(
  deps: DeliverDeps,
  delivery: Delivery,
  where: Place,
  message: Message,
  hash: string,
  options: { pin?: boolean },
): Promise<void> {
  const ts = await postOnce(deps, delivery, where, message);
  if (options.pin === true) await pin(deps, where.channel, ts);
  await delivered(deps.world.db, delivery, { channel: where.channel, ts, hash, upTo: delivery.wanted });
}

async function pin({ slack, world }: DeliverDeps, channel: string, timestamp: string): Promise<void> {
  await slack.call('delivery', 'pins.add', { channel, timestamp }).catch((error: unknown) => {
    if (slackError(error) !== 'already_pinned')
      world.log({ reason: messageOf(error) }, 'the card could not be pinned; nothing depends on it');
  });
}

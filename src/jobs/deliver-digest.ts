import { renderDigest } from '../render/slack/digest.ts';
import { type Delivery, delivered } from '../store/deliveries.ts';
import { type DeliverDeps, postOnce } from './deliver-parts.ts';

/** Posts a system's digest, as things stand now. Where no plan is in force any more there is nobody to tell. */
export async function showDigest(deps: DeliverDeps, delivery: Delivery): Promise<void> {
  const [system = ''] = delivery.owner.split('/');
  const read = await deps.digests.read(system, new Date(delivery.subject));
  const done = (channel: string, ts: string | null) =>
    delivered(deps.world.db, delivery, { channel, ts, hash: null, upTo: delivery.wanted });
  if (read === undefined) return done('', null);
  const where = { channel: await deps.slackChannelNamed(read.channel), thread: null };
  await done(where.channel, await postOnce(deps, delivery, where, renderDigest(read.digest)));
}

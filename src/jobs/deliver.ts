import { retryAfterSeconds, slackError } from '../clients/slack.ts';
import { BOT } from '../domain/events.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError, messageOf } from '../errors.ts';
import type { HeldJob } from '../queue/boss.ts';
import { renderAnnouncement } from '../render/slack/announcement.ts';
import { renderApprovalCard } from '../render/slack/approval-card.ts';
import type { Message } from '../render/slack/blocks.ts';
import { renderIncidentCard } from '../render/slack/incident-card.ts';
import { renderRunCard } from '../render/slack/run-card.ts';
import { type Delivery, delivered, deliveryOf, openDeliveries, postponed } from '../store/deliveries.ts';
import { newestReport } from '../store/surroundings.ts';
import { openIncidentChannel } from './deliver-channel.ts';
import {
  type DeliverDeps,
  hashOf,
  isGone,
  linksOf,
  type Place,
  place,
  postOnce,
  WAITS_FOR_ANOTHER,
} from './deliver-parts.ts';
import { direct, post, refreshQuestions } from './deliver-post.ts';
import { uploadReport } from './deliver-slack.ts';

/** What Slack refuses for good, and what fails by a bug, is looked at again, because people may mend it. */
const SELDOM_SECONDS = 300;
/** So often a bug holds up what is newer. */
const BUG_TRIES = 3;

/** Surfaces of one incident are brought up to date one after the other, so that people read them in order. */
export async function deliverIncident(deps: DeliverDeps, job: HeldJob): Promise<void> {
  const { world, views } = deps;
  for (;;) {
    const open = await openDeliveries(world.db, job.key);
    const [next] = open;
    if (next === undefined) break;
    const view = await views.incident(job.key);
    if (view === undefined) break;
    if (!(await carryOut(deps, view, next))) break;
  }
  await world.db.transact((tx) => job.finish(tx));
}

/** False when Slack must be waited for: what is newer waits too, so that nothing overtakes. */
async function carryOut(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<boolean> {
  try {
    await show(deps, view, delivery);
    return true;
  } catch (error) {
    const { incident, surface, subject, tries } = delivery;
    const reason = messageOf(error);
    const { seconds, blocks } = waitAfter(error, tries);
    const bug = error instanceof AppError ? {} : { err: error };
    deps.world.log({ incident, surface, subject, reason, seconds, ...bug }, 'a surface waits');
    await postponed(deps.world.db, delivery, reason, { seconds, blocks });
    return !blocks;
  }
}

/** How long a surface waits after a fault, and whether what is newer waits behind it. */
function waitAfter(error: unknown, tries: number): { readonly seconds: number; readonly blocks: boolean } {
  const backoff = Math.min(SELDOM_SECONDS, 2 ** Math.min(tries, 9));
  // A bug may have been a bad moment. One that stays concerns this surface alone, and nobody waits for it.
  if (!(error instanceof AppError)) return { seconds: backoff, blocks: tries < BUG_TRIES };
  if (error.details.includes(WAITS_FOR_ANOTHER)) return { seconds: 1, blocks: false };
  if (error.retry === 'never') return { seconds: SELDOM_SECONDS, blocks: false };
  return { seconds: retryAfterSeconds(error) ?? Math.min(60, backoff), blocks: true };
}

async function show(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const { world } = deps;
  switch (delivery.surface) {
    case 'channel': {
      const made = await openIncidentChannel(deps, view);
      await deps.incidents.record(BOT, view.incident.id, {
        kind: 'incident.channel-linked',
        channel: made.id,
        name: made.name,
        thread: made.thread,
      });
      return delivered(world.db, delivery, { channel: made.id, ts: null, hash: null, upTo: delivery.wanted });
    }
    case 'announcement':
      return card(
        deps,
        delivery,
        await announcementPlace(deps, view),
        renderAnnouncement(view, await linksOf(deps, view)),
      );
    case 'incident-card':
      return card(deps, delivery, place(view), renderIncidentCard(view, await linksOf(deps, view)), {
        pin: true,
      });
    case 'run-card':
      await card(
        deps,
        delivery,
        place(view),
        renderRunCard(view, delivery.subject, await linksOf(deps, view)),
      );
      return refreshQuestions(deps, view);
    case 'approval-card':
      return card(
        deps,
        delivery,
        place(view),
        renderApprovalCard(view, delivery.subject, await linksOf(deps, view)),
      );
    case 'post':
      return post(deps, view, delivery);
    case 'dm':
      return direct(deps, view, delivery);
    case 'report':
      return report(deps, view, delivery);
  }
}

async function announcementPlace(deps: DeliverDeps, view: IncidentView): Promise<Place> {
  const existing = await deliveryOf(deps.world.db, view.incident.id, 'announcement', 'card');
  if (existing?.channel) return { channel: existing.channel, thread: null };
  return { channel: await deps.slackChannelNamed(view.plan.channels.incidents), thread: null };
}

/** One message that is rewritten in place. The same content twice is not sent twice. */
async function card(
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

async function report(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const stored = await newestReport(deps.world.db, view.incident.id);
  const where = place(view);
  if (stored !== undefined)
    await uploadReport(
      deps.slack,
      where,
      `${view.incident.id}-${view.incident.system}-report.md`,
      stored.body,
    );
  await delivered(deps.world.db, delivery, {
    channel: where.channel,
    ts: null,
    hash: null,
    upTo: delivery.wanted,
  });
}

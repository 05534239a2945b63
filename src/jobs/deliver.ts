import { retryAfterSeconds } from '../clients/slack.ts';
import { BOT } from '../domain/events.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError, messageOf } from '../errors.ts';
import type { HeldJob } from '../queue/boss.ts';
import { renderAnnouncement } from '../render/slack/announcement.ts';
import { renderApprovalCard } from '../render/slack/approval-card.ts';
import { renderIncidentCard } from '../render/slack/incident-card.ts';
import { renderRunCard } from '../render/slack/run-card.ts';
import { type Delivery, delivered, deliveryOf, openDeliveries, postponed } from '../store/deliveries.ts';
import { newestReport } from '../store/surroundings.ts';
import { showAlert } from './deliver-alert.ts';
import { card } from './deliver-card.ts';
import { openIncidentChannel } from './deliver-channel.ts';
import { showDigest } from './deliver-digest.ts';
import { type DeliverDeps, linksOf, type Place, place, WAITS_FOR_ANOTHER } from './deliver-parts.ts';
import { direct, post, refreshQuestions } from './deliver-post.ts';
import { uploadReport } from './deliver-slack.ts';

/** What Slack refuses for good, and what fails by a bug, is looked at again, because people may mend it. */
const SELDOM_SECONDS = 300;
/** So often a bug holds up what is newer. */
const BUG_TRIES = 3;

/** Surfaces of one incident, one alert, or one system's digests, are brought up to date one after the other, so that people read them in order. */
export async function deliverOwner(deps: DeliverDeps, job: HeldJob): Promise<void> {
  const { world } = deps;
  for (;;) {
    const open = await openDeliveries(world.db, job.key);
    const [next] = open;
    if (next === undefined) break;
    const work = await workOn(deps, next);
    if (work === undefined || !(await carryOut(deps, next, work))) break;
  }
  await world.db.transact((tx) => job.finish(tx));
}

/** Undefined for an owner that is none of this version's. */
async function workOn(deps: DeliverDeps, delivery: Delivery): Promise<(() => Promise<void>) | undefined> {
  const { views, alertViews } = deps;
  if (delivery.surface === 'digest') return () => showDigest(deps, delivery);
  const incident = await views.incident(delivery.owner);
  if (incident !== undefined) return () => show(deps, incident, delivery);
  const alert = await alertViews.alert(delivery.owner);
  return alert && (() => showAlert(deps, alert, delivery));
}

/** False when Slack must be waited for: what is newer waits too, so that nothing overtakes. */
async function carryOut(deps: DeliverDeps, delivery: Delivery, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const { owner, surface, subject, tries } = delivery;
    const reason = messageOf(error);
    const { seconds, blocks } = waitAfter(error, tries);
    const bug = error instanceof AppError ? {} : { err: error };
    deps.world.log({ owner, surface, subject, reason, seconds, ...bug }, 'a surface waits');
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
      // Every event that may settle a question changes this card too, and until it is shown this is tried again.
      await refreshQuestions(deps, view);
      return card(deps, delivery, place(view), renderIncidentCard(view, await linksOf(deps, view)), {
        pin: true,
      });
    case 'run-card':
      return card(
        deps,
        delivery,
        place(view),
        renderRunCard(view, delivery.subject, await linksOf(deps, view)),
      );
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
    case 'alert-card':
    case 'digest':
    case 'sns':
      throw new Error(`${delivery.surface} is no surface of an incident`);
  }
}

async function announcementPlace(deps: DeliverDeps, view: IncidentView): Promise<Place> {
  const existing = await deliveryOf(deps.world.db, view.incident.id, 'announcement', 'card');
  if (existing?.channel) return { channel: existing.channel, thread: null };
  return { channel: await deps.slackChannelNamed(view.plan.channels.incidents), thread: null };
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

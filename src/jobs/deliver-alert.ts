import { slackError } from '../clients/slack.ts';
import type { AlertEvent, Told } from '../domain/alert-events.ts';
import type { DomainEvent } from '../domain/events.ts';
import type { AlertView } from '../domain/views.ts';
import { renderAlertCard } from '../render/slack/alert-card.ts';
import { postOfAlert } from '../render/slack/alert-posts.ts';
import type { Picture } from '../render/slack/blocks.ts';
import { type Delivery, delivered, deliveryOf } from '../store/deliveries.ts';
import { eventBySeq, eventsOfStream } from '../store/events.ts';
import { alertPicture } from './alert-picture.ts';
import { card } from './deliver-card.ts';
import { type DeliverDeps, type Place, postOnce } from './deliver-parts.ts';
import { permalinkOf } from './deliver-slack.ts';

/** Brings one surface of an alert up to date: its card, a reply under it, or the notice that calls from outside of Slack. */
export async function showAlert(deps: DeliverDeps, view: AlertView, delivery: Delivery): Promise<void> {
  switch (delivery.surface) {
    case 'alert-card': {
      const picture = await alertPicture(deps, view);
      const links = await linksOf(deps, view);
      const where = await cardPlace(deps, view);
      const show = (shown: Picture | null) =>
        card(deps, delivery, where, renderAlertCard(view, links, shown));
      return show(picture).catch((error: unknown) => {
        if (picture === null || slackError(error) !== 'invalid_blocks') throw error;
        // Slack takes a while to look at a file. The words do not wait for it; the picture comes with the next change.
        deps.world.log(
          { alert: view.alert.id },
          'Slack did not take a picture yet; the card goes without it',
        );
        return show(null);
      });
    }
    case 'post':
      return reply(deps, view, delivery);
    case 'sns':
      return notice(deps, view, delivery);
    default:
      throw new Error(`${delivery.surface} is no surface of an alert`);
  }
}

async function cardPlace({ slackChannelNamed }: DeliverDeps, { plan }: AlertView): Promise<Place> {
  return { channel: await slackChannelNamed(plan.watch.channel ?? plan.channels.incidents), thread: null };
}

async function linksOf(deps: DeliverDeps, { alert }: AlertView): Promise<Record<string, string>> {
  if (alert.incident === null) return {};
  const shown = await deliveryOf(deps.world.db, alert.incident, 'incident-card', 'card');
  const link = shown?.channel && shown.ts && (await permalinkOf(deps.slack, shown.channel, shown.ts));
  return link ? { [alert.incident]: link } : {};
}

async function reply(deps: DeliverDeps, view: AlertView, delivery: Delivery): Promise<void> {
  const { db } = deps.world;
  const parent = await deliveryOf(db, delivery.owner, 'alert-card', 'card');
  const logged = await eventBySeq(db, Number(delivery.subject));
  const event = logged?.event;
  const post =
    event !== undefined && isOfAlert(event)
      ? postOfAlert(view, event, await toldBefore(deps, delivery))
      : null;
  const done = (channel: string, ts: string | null) =>
    delivered(db, delivery, { channel, ts, hash: null, upTo: delivery.wanted });
  if (post === null || !parent?.channel || !parent.ts) return done('', null);
  const where = { channel: parent.channel, thread: parent.ts };
  return done(where.channel, await postOnce(deps, delivery, where, post.message, post.broadcast));
}

/** What the alert had told of itself before an event. */
async function toldBefore({ world }: DeliverDeps, { owner, subject }: Delivery): Promise<Told | null> {
  const events = await eventsOfStream(world.db, { type: 'alert', id: owner });
  const before = events.filter(({ seq }) => seq < Number(subject));
  const told = before.flatMap(({ event }) => ('told' in event ? [event.told] : []));
  return told.at(-1) ?? null;
}

/** Where the plan names a topic, a critical alert goes there too; the key lets a subscriber drop a second copy. */
async function notice(deps: DeliverDeps, view: AlertView, delivery: Delivery): Promise<void> {
  const { world } = deps;
  const { alert, plan, systemName } = view;
  if (plan.watch.sns !== undefined)
    await world.clients.sns.publish(plan.watch.sns, {
      subject: `${alert.health}: ${systemName} ${alert.backup ?? alert.object}: ${alert.last.title}`,
      message: [alert.last.title, alert.last.text, alert.last.consequence, `${alert.id} · ${alert.rule}`]
        .filter((line) => line !== null)
        .join('\n'),
      key: `${delivery.owner}/${delivery.subject}`,
      signal: world.shutdown,
    });
  await delivered(world.db, delivery, { channel: '', ts: null, hash: null, upTo: delivery.wanted });
}

function isOfAlert(event: DomainEvent): event is AlertEvent {
  return event.kind.startsWith('alert.');
}

import { slackError } from '../clients/slack.ts';
import type { AlertEvent, Told } from '../domain/alert-events.ts';
import type { DomainEvent } from '../domain/events.ts';
import type { AlertView } from '../domain/views.ts';
import { AppError } from '../errors.ts';
import { renderAlertCard } from '../render/slack/alert-card.ts';
import { postOfAlert } from '../render/slack/alert-posts.ts';
import type { Picture } from '../render/slack/blocks.ts';
import { type Delivery, delivered, deliveryOf } from '../store/deliveries.ts';
import { eventBySeq, eventsOfStream } from '../store/events.ts';
import { alertPicture } from './alert-picture.ts';
import { card } from './deliver-card.ts';
import { type DeliverDeps, type Place, postOnce, WAITS_FOR_ANOTHER } from './deliver-parts.ts';
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
  const about = await eventOf(deps, view, delivery);
  const post =
    about === null || isHeldBack(about, view)
      ? null
      : postOfAlert(about.view, about.event, await toldBefore(deps, about.view.alert.id, delivery));
  const done = (channel: string, ts: string | null) =>
    delivered(db, delivery, { channel, ts, hash: null, upTo: delivery.wanted });
  if (post === null) return done('', null);
  if (!parent?.channel || !parent.ts)
    throw new AppError('slack-unreachable', 'The card of the alert is not there yet.', {
      retry: 'later',
      details: [WAITS_FOR_ANOTHER],
    });
  const where = { channel: parent.channel, thread: parent.ts };
  return done(where.channel, await postOnce(deps, delivery, where, post.message, post.broadcast));
}

interface About {
  readonly event: AlertEvent;
  /** Of the alert it happened to: the card's own, or another one on it. */
  readonly view: AlertView;
}

async function eventOf(deps: DeliverDeps, view: AlertView, { subject }: Delivery): Promise<About | null> {
  const logged = await eventBySeq(deps.world.db, Number(subject));
  if (logged === undefined || !isOfAlert(logged.event)) return null;
  const { event, stream } = logged;
  const own = stream.id === view.alert.id ? view : await deps.alertViews.alert(stream.id);
  return own === undefined ? null : { event, view: own };
}

/** Those that share a card are told to be over when all of them are, by the last one. */
function isHeldBack({ event, view: { alert } }: About, { members }: AlertView): boolean {
  if (event.kind !== 'alert.closed' || members.length === 0) return false;
  const order = (one: AlertView) => `${one.alert.closedAt ?? '9'} ${one.alert.id}`;
  const last = members.toSorted((a, b) => order(a).localeCompare(order(b))).at(-1);
  return last?.alert.id !== alert.id;
}

/** What an alert had told of itself before an event. */
async function toldBefore({ world }: DeliverDeps, id: string, { subject }: Delivery): Promise<Told | null> {
  const events = await eventsOfStream(world.db, { type: 'alert', id });
  const before = events.filter(({ seq }) => seq < Number(subject));
  const told = before.flatMap(({ event }) => ('told' in event ? [event.told] : []));
  return told.at(-1) ?? null;
}

/** Where the plan names a topic, a critical alert goes there too; the key lets a subscriber drop a second copy. */
async function notice(deps: DeliverDeps, view: AlertView, delivery: Delivery): Promise<void> {
  const { world } = deps;
  const about = await eventOf(deps, view, delivery);
  const topic = view.plan.watch.sns;
  if (topic !== undefined && about !== null && 'told' in about.event) {
    const { alert, systemName } = about.view;
    const { health, title, text, consequence } = about.event.told;
    await world.clients.sns.publish(topic, {
      subject: `${health}: ${systemName} ${alert.backup ?? alert.object}: ${title}`,
      message: [
        `${systemName} ${alert.backup ?? alert.object}: ${title}`,
        text,
        consequence,
        `${alert.id} · ${alert.rule} · answer on its card in #${view.plan.watch.channel ?? view.plan.channels.incidents}`,
      ]
        .filter((line) => line !== null)
        .join('\n'),
      key: `${delivery.owner}/${delivery.subject}`,
      signal: world.shutdown,
    });
  }
  await delivered(world.db, delivery, { channel: '', ts: null, hash: null, upTo: delivery.wanted });
}

function isOfAlert(event: DomainEvent): event is AlertEvent {
  return event.kind.startsWith('alert.');
}

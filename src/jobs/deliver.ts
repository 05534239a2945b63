import { createHash } from 'node:crypto';
import { isAmbiguous, retryAfterSeconds, type Slack, slackError } from '../clients/slack.ts';
import { BOT } from '../domain/events.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError, messageOf } from '../errors.ts';
import type { HeldJob } from '../queue/boss.ts';
import { renderAnnouncement } from '../render/slack/announcement.ts';
import { renderApprovalCard } from '../render/slack/approval-card.ts';
import type { Message } from '../render/slack/blocks.ts';
import { renderIncidentCard } from '../render/slack/incident-card.ts';
import { renderPost } from '../render/slack/posts.ts';
import { renderRunCard } from '../render/slack/run-card.ts';
import type { Surroundings } from '../render/slack/surroundings.ts';
import type { Incidents } from '../services/incidents.ts';
import type { Views } from '../services/views.ts';
import {
  askingPosts,
  type Delivery,
  delivered,
  deliveryOf,
  openDeliveries,
  postponed,
  wantDirect,
} from '../store/deliveries.ts';
import { eventBySeq } from '../store/events.ts';
import { newestReport } from '../store/surroundings.ts';
import { openIncidentChannel } from './deliver-channel.ts';
import { findPosted, permalinkOf, uploadReport } from './deliver-slack.ts';
import type { World } from './world.ts';

export interface DeliverDeps {
  readonly world: World;
  readonly slack: Slack;
  readonly incidents: Incidents;
  readonly views: Views;
  readonly guarding: ReadonlySet<string>;
  /** The text that is posted if nobody acts, for the draft. */
  readonly draft: (view: IncidentView) => Surroundings['draft'];
  /** The id of a channel people named in a plan; looked up once. */
  readonly slackChannelNamed: (name: string) => Promise<string>;
}

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

/** False when Slack asked to wait: the others of this incident wait too, so that nothing overtakes. */
async function carryOut(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<boolean> {
  try {
    await show(deps, view, delivery);
    return true;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const seconds = retryAfterSeconds(error) ?? Math.min(60, 2 ** Math.min(delivery.tries, 6));
    deps.world.log(
      {
        incident: view.incident.id,
        surface: delivery.surface,
        subject: delivery.subject,
        reason: error.message,
        seconds,
      },
      'a surface waits',
    );
    await postponed(deps.world.db, delivery, error.message, error.retry === 'later' ? seconds : 300);
    return error.retry !== 'later';
  }
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

interface Place {
  readonly channel: string;
  readonly thread: string | null;
}

/** Where the incident's own messages go: its channel, or its thread in #incidents. */
function place(view: IncidentView): Place {
  const { channel } = view.incident;
  if (channel === null)
    throw new AppError('slack-unreachable', 'The channel of the incident is not made yet.', {
      retry: 'later',
    });
  return { channel: channel.id, thread: channel.thread };
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
  await delivered(deps.world.db, delivery, { channel: where.channel, ts, hash, upTo: delivery.wanted });
  if (options.pin !== true) return;
  await deps.slack
    .call('delivery', 'pins.add', { channel: where.channel, timestamp: ts })
    .catch((error: unknown) => {
      if (slackError(error) !== 'already_pinned')
        deps.world.log({ reason: messageOf(error) }, 'the card could not be pinned; nothing depends on it');
    });
}

/** The message of one event, posted once, with its copies. */
async function post(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const { world } = deps;
  const logged = await eventBySeq(world.db, Number(delivery.subject));
  const rendered = logged === undefined ? null : renderPost(view, logged, await surroundingsOf(deps, view));
  const done = (channel: string, ts: string | null) =>
    delivered(world.db, delivery, { channel, ts, hash: null, upTo: delivery.wanted });
  if (rendered === null) return done('', null);
  if (rendered.dm !== null) {
    const accounts = rendered.dm.flatMap((person) => view.people.people[person]?.slack.slice(0, 1) ?? []);
    for (const account of new Set(accounts))
      await wantDirect(world.db, view.incident.id, delivery.wanted, account);
    return done('', null);
  }
  const where = await threadPlace(deps, view, rendered.thread, Number(delivery.subject));
  const ts = await postOnce(deps, delivery, where, rendered.message, rendered.broadcast);
  const hash = hasButtons(rendered.message) ? hashOf(rendered.message) : null;
  await delivered(world.db, delivery, { channel: where.channel, ts, hash, upTo: delivery.wanted });
  if (rendered.underAnnouncement && rendered.thread !== 'announcement')
    await wantDirect(world.db, view.incident.id, delivery.wanted, 'announcement');
}

/**
 * Posts that ask something are drawn again until nothing is asked any more: a button that can no longer work is taken
 * away, and what was chosen is said.
 */
async function refreshQuestions(deps: DeliverDeps, view: IncidentView): Promise<void> {
  for (const asking of await askingPosts(deps.world.db, view.incident.id)) {
    const logged = await eventBySeq(deps.world.db, Number(asking.subject));
    const rendered = logged === undefined ? null : renderPost(view, logged, await surroundingsOf(deps, view));
    if (rendered === null || asking.channel === null || asking.ts === null) continue;
    const hash = hashOf(rendered.message);
    if (hash === asking.shownHash) continue;
    const { channel, ts } = asking;
    await deps.slack.call('delivery', 'chat.update', { channel, ts, ...rendered.message }).catch(isGone);
    await delivered(deps.world.db, asking, {
      channel,
      ts,
      hash: hasButtons(rendered.message) ? hash : null,
      upTo: asking.wanted,
    });
  }
}

function hasButtons(message: Message): boolean {
  return message.blocks.some(({ type }) => type === 'actions');
}

/** A copy of an event's message: to one person, or under the announcement for everybody outside the channel. */
async function direct(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const { world, slack } = deps;
  const [seq = '', to = ''] = delivery.subject.split('/');
  const logged = await eventBySeq(world.db, Number(seq));
  const rendered = logged === undefined ? null : renderPost(view, logged, await surroundingsOf(deps, view));
  if (rendered === null)
    return delivered(world.db, delivery, { channel: '', ts: null, hash: null, upTo: delivery.wanted });
  const where =
    to === 'announcement'
      ? await threadPlace(deps, view, 'announcement', Number(seq))
      : { channel: await openDirect(slack, to), thread: null };
  const ts = await postOnce(deps, delivery, where, rendered.message, to === 'announcement');
  await delivered(world.db, delivery, { channel: where.channel, ts, hash: null, upTo: delivery.wanted });
}

async function openDirect(slack: Slack, account: string): Promise<string> {
  const answer = await slack.call('delivery', 'conversations.open', { users: account });
  const { channel } = answer;
  return typeof channel === 'object' && channel !== null && 'id' in channel ? String(channel.id) : account;
}

async function threadPlace(
  deps: DeliverDeps,
  view: IncidentView,
  thread: 'run' | 'announcement' | 'approval' | null,
  seq: number,
): Promise<Place> {
  if (thread === null) return place(view);
  const logged = await eventBySeq(deps.world.db, seq);
  const surface =
    thread === 'announcement' ? 'announcement' : thread === 'run' ? 'run-card' : 'approval-card';
  const subject = surface === 'announcement' ? 'card' : (logged?.stream.id ?? '');
  const parent = await deliveryOf(deps.world.db, view.incident.id, surface, subject);
  if (parent?.channel && parent.ts) {
    const inThread = view.incident.channel?.thread ?? null;
    return { channel: parent.channel, thread: inThread ?? parent.ts };
  }
  return place(view);
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

/**
 * Posts with a mark in its metadata. After an answer that was lost the channel is read first: a message that carries
 * the mark is ours, and is not posted again.
 */
async function postOnce(
  deps: DeliverDeps,
  delivery: Delivery,
  where: Place,
  message: Message,
  broadcast = false,
): Promise<string> {
  const mark = `${delivery.incident}/${delivery.surface}/${delivery.subject}`;
  const lookFor = () => findPosted(deps.slack, where, mark);
  const earlier = delivery.tries > 0 ? await lookFor() : undefined;
  if (earlier !== undefined) return earlier;
  const args = {
    channel: where.channel,
    ...message,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: 'dr_bot', event_payload: { mark } },
    ...(where.thread === null ? {} : { thread_ts: where.thread, reply_broadcast: broadcast }),
  };
  try {
    return String((await deps.slack.call('delivery', 'chat.postMessage', args)).ts);
  } catch (error) {
    const found = isAmbiguous(error) ? await lookFor().catch(() => undefined) : undefined;
    if (found !== undefined) return found;
    throw error;
  }
}

async function surroundingsOf(deps: DeliverDeps, view: IncidentView): Promise<Surroundings> {
  return { links: await linksOf(deps, view), guarding: deps.guarding, draft: deps.draft(view) };
}

/** Addresses of cards that were posted, by what they show. */
async function linksOf(deps: DeliverDeps, view: IncidentView): Promise<Surroundings['links']> {
  const links: Record<string, string> = {};
  const card = await deliveryOf(deps.world.db, view.incident.id, 'incident-card', 'card');
  if (card?.channel && card.ts)
    links[view.incident.id] = await permalinkOf(deps.slack, card.channel, card.ts);
  for (const { run, approvals } of view.runs.slice(0, 1)) {
    const shown = await deliveryOf(deps.world.db, view.incident.id, 'run-card', run.id);
    if (shown?.channel && shown.ts) links[run.id] = await permalinkOf(deps.slack, shown.channel, shown.ts);
    for (const approval of approvals.slice(0, 2)) {
      const asked = await deliveryOf(deps.world.db, view.incident.id, 'approval-card', approval.id);
      if (asked?.channel && asked.ts)
        links[approval.id] = await permalinkOf(deps.slack, asked.channel, asked.ts);
    }
  }
  return links;
}

/** A message that was deleted, or a channel that is archived, is posted anew. */
function isGone(error: unknown): boolean {
  if (['message_not_found', 'cant_update_message', 'edit_window_closed'].includes(slackError(error) ?? ''))
    return true;
  throw error;
}

function hashOf(message: Message): string {
  // The moment a card was drawn is not a reason to draw it again.
  const text = JSON.stringify(message).replace(/As of (\d{1,2} \w{3} )?\d{2}:\d{2}:\d{2}/gi, '');
  return createHash('sha256').update(text).digest('hex');
}

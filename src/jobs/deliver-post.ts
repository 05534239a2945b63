import type { Slack } from '../clients/slack.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError } from '../errors.ts';
import type { Message } from '../render/slack/blocks.ts';
import { renderPost } from '../render/slack/posts.ts';
import { askingPosts, type Delivery, delivered, deliveryOf, wantDirect } from '../store/deliveries.ts';
import { eventBySeq } from '../store/events.ts';
import {
  type DeliverDeps,
  hashOf,
  type Place,
  place,
  postedBefore,
  postOnce,
  surroundingsOf,
} from './deliver-parts.ts';

/** The message of one event, posted once, with its copies. */
export async function post(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const { world } = deps;
  const logged = await eventBySeq(world.db, Number(delivery.subject));
  const rendered = logged === undefined ? null : renderPost(view, logged, await surroundingsOf(deps, view));
  const done = (channel: string, ts: string | null) =>
    delivered(world.db, delivery, { channel, ts, hash: null, upTo: delivery.wanted });
  if (rendered === null) return done('', null);
  if (rendered.dm !== null) {
    const called = rendered.moot ? [] : rendered.dm;
    const accounts = called.flatMap((person) => view.people.people[person]?.slack.slice(0, 1) ?? []);
    for (const account of new Set(accounts))
      await wantDirect(world.db, view.incident.id, delivery.wanted, account);
    return done('', null);
  }
  const where = await threadPlace(deps, view, rendered.thread, Number(delivery.subject));
  if (rendered.moot && (await postedBefore(deps, delivery, where)) === undefined) return done('', null);
  const ts = await postOnce(deps, delivery, where, rendered.message, rendered.broadcast);
  if (rendered.underAnnouncement && rendered.thread !== 'announcement')
    await wantDirect(world.db, view.incident.id, delivery.wanted, 'announcement');
  const hash = askingHash(rendered.message);
  await delivered(world.db, delivery, { channel: where.channel, ts, hash, upTo: delivery.wanted });
}

/**
 * Posts that ask something are drawn again until nothing is asked any more: a button that can no longer work is taken away,
 * and what was chosen is said.
 */
export async function refreshQuestions(deps: DeliverDeps, view: IncidentView): Promise<void> {
  const { world, slack } = deps;
  const all = await askingPosts(world.db, view.incident.id);
  if (all.length === 0) return;
  const surroundings = await surroundingsOf(deps, view);
  for (const asking of all) {
    const [seq = ''] = asking.subject.split('/');
    const logged = await eventBySeq(world.db, Number(seq));
    const rendered = logged === undefined ? null : renderPost(view, logged, surroundings);
    if (rendered === null || asking.channel === null || asking.ts === null) continue;
    const hash = askingHash(rendered.message);
    // A copy is redrawn once, when nothing is asked any more: there are many, and the card says how it stands.
    if (asking.surface === 'dm' ? hash !== null : hashOf(rendered.message) === asking.shownHash) continue;
    const { channel, ts } = asking;
    await slack
      .call('delivery', 'chat.update', { channel, ts, ...rendered.message })
      .catch((error: unknown) => leaveRefused(world, asking, error));
    await delivered(world.db, asking, { channel, ts, hash, upTo: asking.wanted });
  }
}

/** A message that Slack will not change, because it or its reader is gone, keeps up neither the others nor the cards. */
function leaveRefused(
  { log }: DeliverDeps['world'],
  { owner, surface, subject }: Delivery,
  error: unknown,
): void {
  if (!(error instanceof AppError) || error.retry !== 'never') throw error;
  log(
    { owner, surface, subject, reason: error.message },
    'a message could not be redrawn; nothing depends on it',
  );
}

/** What tells whether an asking message must be drawn again; null for one that asks nothing. */
function askingHash(message: Message): string | null {
  return message.blocks.some(({ type }) => type === 'actions') ? hashOf(message) : null;
}

/** A copy of an event's message: to one person, or under the announcement for everybody outside the channel. */
export async function direct(deps: DeliverDeps, view: IncidentView, delivery: Delivery): Promise<void> {
  const { world, slack } = deps;
  const [seq = '', to = ''] = delivery.subject.split('/');
  const logged = await eventBySeq(world.db, Number(seq));
  const rendered = logged === undefined ? null : renderPost(view, logged, await surroundingsOf(deps, view));
  const done = (channel: string, ts: string | null, hash: string | null) =>
    delivered(world.db, delivery, { channel, ts, hash, upTo: delivery.wanted });
  if (rendered === null || (rendered.moot && delivery.tries === 0)) return done('', null, null);
  const where =
    to === 'announcement'
      ? await threadPlace(deps, view, 'announcement', Number(seq))
      : { channel: await openDirect(slack, to), thread: null };
  if (rendered.moot && (await postedBefore(deps, delivery, where)) === undefined) return done('', null, null);
  const ts = await postOnce(deps, delivery, where, rendered.message, to === 'announcement');
  await done(where.channel, ts, to === 'announcement' ? null : askingHash(rendered.message));
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

import { createHash } from 'node:crypto';
import { isAmbiguous, type Slack, slackError } from '../clients/slack.ts';
import type { Surface } from '../domain/effects.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError } from '../errors.ts';
import type { Message } from '../render/slack/blocks.ts';
import type { Surroundings } from '../render/slack/surroundings.ts';
import type { Links } from '../render/slack/text.ts';
import type { AlertViews } from '../services/alert-views.ts';
import type { Digests } from '../services/digests.ts';
import type { Incidents } from '../services/incidents.ts';
import type { Views } from '../services/views.ts';
import { type Delivery, deliveryOf, sending } from '../store/deliveries.ts';
import { findPosted, permalinkOf } from './deliver-slack.ts';
import type { World } from './world.ts';

export interface DeliverDeps {
  readonly world: World;
  readonly slack: Slack;
  readonly incidents: Incidents;
  readonly views: Views;
  readonly alertViews: AlertViews;
  readonly digests: Pick<Digests, 'read'>;
  readonly guarding: ReadonlySet<string>;
  /** The text that is posted if nobody acts, for the draft. */
  readonly draft: (view: IncidentView) => Surroundings['draft'];
  readonly publicUpdate: Surroundings['publicUpdate'];
  /** The id of a channel people named in a plan; looked up once. */
  readonly slackChannelNamed: (name: string) => Promise<string>;
}

/** Marks a fault that another surface of the incident will mend: it holds nobody up. */
export const WAITS_FOR_ANOTHER = 'waits-for-another-surface';

export interface Place {
  readonly channel: string;
  readonly thread: string | null;
}

/** Where the incident's own messages go: its channel, or its thread in #incidents. */
export function place(view: IncidentView): Place {
  const { channel } = view.incident;
  if (channel === null)
    throw new AppError('slack-unreachable', 'The channel of the incident is not made yet.', {
      retry: 'later',
      details: [WAITS_FOR_ANOTHER],
    });
  return { channel: channel.id, thread: channel.thread };
}

const markOf = ({ owner, surface, subject }: Delivery) => `${owner}/${surface}/${subject}`;

/** The message of an earlier try whose answer was lost, or whose worker died over it. */
export async function postedBefore(
  { slack }: Pick<DeliverDeps, 'slack'>,
  delivery: Delivery,
  where: Place,
): Promise<string | undefined> {
  return delivery.tries > 0 ? findPosted(slack, where, markOf(delivery)) : undefined;
}

/**
 * Posts with a mark in its metadata. After an answer that was lost, or a worker that died over it, the channel is read
 * first: a message that carries the mark is ours, and is not posted again but brought up to date.
 */
export async function postOnce(
  deps: DeliverDeps,
  delivery: Delivery,
  where: Place,
  message: Message,
  broadcast = false,
): Promise<string> {
  const mark = markOf(delivery);
  const earlier = await postedBefore(deps, delivery, where);
  if (earlier !== undefined) {
    const changed = { channel: where.channel, ts: earlier, ...message };
    await deps.slack.call('delivery', 'chat.update', changed).catch(isGone);
    return earlier;
  }
  if (delivery.tries === 0) await sending(deps.world.db, delivery);
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
    const found = isAmbiguous(error)
      ? await findPosted(deps.slack, where, mark).catch(() => undefined)
      : undefined;
    if (found !== undefined) return found;
    throw error;
  }
}

export async function surroundingsOf(deps: DeliverDeps, view: IncidentView): Promise<Surroundings> {
  const { guarding, draft, publicUpdate } = deps;
  return { links: await linksOf(deps, view), guarding, draft: draft(view), publicUpdate };
}

/** Addresses of cards that were posted, by what they show. */
export async function linksOf(
  deps: { readonly world: Pick<World, 'db'>; readonly slack: Slack },
  view: IncidentView,
): Promise<Links> {
  const links: Record<string, string> = {};
  const add = async (id: string, surface: Surface, subject: string) => {
    const shown = await deliveryOf(deps.world.db, view.incident.id, surface, subject);
    const link = shown?.channel && shown.ts && (await permalinkOf(deps.slack, shown.channel, shown.ts));
    if (link) links[id] = link;
  };
  await add(view.incident.id, 'incident-card', 'card');
  for (const { run, approvals } of view.runs.slice(0, 1)) {
    await add(run.id, 'run-card', run.id);
    for (const approval of approvals.slice(0, 2)) await add(approval.id, 'approval-card', approval.id);
  }
  return links;
}

/** A message that was deleted, or a channel that is archived, is posted anew. */
export function isGone(error: unknown): boolean {
  if (['message_not_found', 'cant_update_message', 'edit_window_closed'].includes(slackError(error) ?? ''))
    return true;
  throw error;
}

export function hashOf(message: Message): string {
  // The moment a card was drawn is not a reason to draw it again.
  const text = JSON.stringify(message).replace(/As of (\d{1,2} \w{3} )?\d{2}:\d{2}:\d{2}/gi, '');
  return createHash('sha256').update(text).digest('hex');
}

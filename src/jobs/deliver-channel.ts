import { slackError } from '../clients/slack.ts';
import { channelName } from '../domain/channel-name.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError, messageOf } from '../errors.ts';
import { deliveryOf } from '../store/deliveries.ts';
import { type DeliverDeps, WAITS_FOR_ANOTHER } from './deliver-parts.ts';
import { atCursor, nextCursor } from './deliver-slack.ts';

export interface MadeChannel {
  readonly id: string;
  readonly name: string;
  /** Set where the incident lives in a thread of #incidents. */
  readonly thread: string | null;
}

const MAX_SUFFIX = 20;

/**
 * Makes the incident's channel, or finds the one an earlier try made; where channels may not be made, the incident
 * lives in the thread of its announcement.
 */
export async function openIncidentChannel(deps: DeliverDeps, view: IncidentView): Promise<MadeChannel> {
  if (view.incident.channel !== null) return view.incident.channel;
  if (view.plan.channels.perIncident === 'thread') return inThread(deps, view);
  const base = channelName(view.incident.id, view.incident.system, view.incident.title);
  for (let suffix = 1; suffix <= MAX_SUFFIX; suffix++) {
    const name = suffix === 1 ? base : `${base.slice(0, 76)}-${suffix}`;
    try {
      const made = await deps.slack.call('delivery', 'conversations.create', { name });
      const channel = channelIn(made);
      await furnish(deps, view, channel.id);
      return { ...channel, thread: null };
    } catch (error) {
      const word = slackError(error);
      if (word === 'name_taken') {
        const own = await ownChannel(deps, view, name);
        if (own === undefined) continue;
        await furnish(deps, view, own.id);
        return { ...own, thread: null };
      }
      if (word !== undefined && word !== 'ratelimited') return inThread(deps, view, messageOf(error));
      throw error;
    }
  }
  return inThread(deps, view, 'no free channel name');
}

/** Purpose first: it is the mark by which a later try knows the channel as this incident's. */
async function furnish(deps: DeliverDeps, view: IncidentView, channel: string): Promise<void> {
  const { slack, world } = deps;
  await slack.call('delivery', 'conversations.setPurpose', { channel, purpose: purposeOf(view) });
  const { incident, plan, people } = view;
  const wanted = [incident.declaredBy, ...plan.approvals.approvers, ...plan.approvals.escalateTo].flatMap(
    (person) => people.people[person ?? '']?.slack.slice(0, 1) ?? [],
  );
  const topic = `${incident.severity} ${plan.name} · ${incident.title}`.slice(0, 250);
  const decorations = [
    () => slack.call('delivery', 'conversations.setTopic', { channel, topic }),
    ...[...new Set(wanted)].map(
      (account) => () => slack.call('delivery', 'conversations.invite', { channel, users: account }),
    ),
  ];
  for (const decorate of decorations) {
    await decorate().catch((error: unknown) => {
      if (slackError(error) === 'already_in_channel') return;
      if (slackError(error) === undefined) throw error;
      world.log(
        { incident: incident.id, reason: messageOf(error) },
        'the channel could not be furnished in full; nothing depends on it',
      );
    });
  }
}

function purposeOf(view: IncidentView): string {
  return `${view.incident.id}: recovery of ${view.plan.name}`;
}

/** A channel of that name which this incident may have: it carries the mark, or the bot made it and died before marking it. */
async function ownChannel(
  deps: DeliverDeps,
  view: IncidentView,
  name: string,
): Promise<{ id: string; name: string } | undefined> {
  let cursor = '';
  do {
    const page = await deps.slack.call('bulk', 'conversations.list', {
      limit: 200,
      exclude_archived: true,
      ...atCursor(cursor),
    });
    const channels: readonly {
      id: string;
      name: string;
      creator?: string;
      purpose?: { value?: string };
    }[] = Array.isArray(page.channels) ? page.channels : [];
    const found = channels.find((channel) => channel.name === name);
    if (found !== undefined) {
      const purpose = found.purpose?.value ?? '';
      const own = purpose === '' ? found.creator === (await ownUser(deps)) : purpose === purposeOf(view);
      return own ? { id: found.id, name: found.name } : undefined;
    }
    cursor = nextCursor(page);
  } while (cursor !== '');
  return undefined;
}

async function ownUser(deps: DeliverDeps): Promise<string> {
  return String((await deps.slack.call('bulk', 'auth.test')).user_id);
}

async function inThread(deps: DeliverDeps, view: IncidentView, why?: string): Promise<MadeChannel> {
  if (why !== undefined)
    deps.world.log(
      { incident: view.incident.id, reason: why },
      'no channel could be made: the incident lives in the thread of its announcement',
    );
  const announcement = await deliveryOf(deps.world.db, view.incident.id, 'announcement', 'card');
  if (announcement?.channel && announcement.ts)
    return { id: announcement.channel, name: view.plan.channels.incidents, thread: announcement.ts };
  throw new AppError('slack-unreachable', 'The announcement is not posted yet.', {
    retry: 'later',
    details: [WAITS_FOR_ANOTHER],
  });
}

function channelIn(answer: Readonly<Record<string, unknown>>): { id: string; name: string } {
  const { channel } = answer;
  if (typeof channel === 'object' && channel !== null && 'id' in channel && 'name' in channel)
    return { id: String(channel.id), name: String(channel.name) };
  throw new AppError('slack-refused', 'Slack made a channel and did not say which.', {
    details: ['no_channel'],
  });
}

import type { Delivery } from './delivery.ts';
import type { Store } from './store.ts';
import type { Json } from './types.ts';

/** The scope an event needs, by its type; the others need none. */
const scopeOf: Readonly<Record<string, string>> = {
  app_mention: 'app_mentions:read',
  channel_archive: 'channels:read',
  channel_rename: 'channels:read',
  channel_shared: 'channels:read',
  member_joined_channel: 'channels:read',
  reaction_added: 'reactions:read',
  subteam_members_changed: 'usergroups:read',
  subteam_updated: 'usergroups:read',
  user_change: 'users:read',
};

interface EventsOptions {
  readonly store: Store;
  readonly delivery: Delivery;
  readonly subscribed: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
}

/** Sends an event when the app subscribed to it, holds its scope and is in the channel it happened in. */
export function createEvents({ store, delivery, subscribed, scopes }: EventsOptions) {
  function mayKnow(event: Json): boolean {
    const type = String(event.type);
    const scope = scopeOf[type];
    if (!subscribed.has(type) || (scope !== undefined && !scopes.has(scope))) return false;
    const item: Json = typeof event.item === 'object' && event.item !== null ? { ...event.item } : {};
    const channel = store.channels.get(String(event.channel ?? item.channel ?? ''));
    return channel === undefined || type === 'app_home_opened' || channel.members.has(store.bot.id);
  }

  return function emit(event: Json): void {
    if (!mayKnow(event)) return;
    const authorization = {
      team_id: store.team.id,
      user_id: store.bot.id,
      is_bot: true,
      enterprise_id: null,
    };
    delivery.deliverEvent({
      type: 'event_callback',
      token: 'sandbox',
      team_id: store.team.id,
      api_app_id: store.bot.appId,
      event_id: store.newId('Ev'),
      event_time: Math.floor(store.now().getTime() / 1000),
      event: { event_ts: store.newTs(), ...event },
      authorizations: [authorization],
      is_ext_shared_channel: false,
    });
  };
}

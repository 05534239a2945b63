import type { Store } from './store.ts';
import type { Channel, Json, Message, OpenView, StoredFile, User } from './types.ts';

/** How rows look in Slack's answers and payloads. */

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export function toApiMessage(store: Store, message: Message, options: { metadata?: boolean } = {}): Json {
  const replies = store.messagesIn(message.channel).filter((m) => m.threadTs === message.ts);
  const reactions = [...message.reactions].map(([name, users]) => ({
    name,
    users: [...users],
    count: users.size,
  }));
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: store.team.id,
    ...(message.botId ? { bot_id: message.botId, app_id: store.bot.appId } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs ? { thread_ts: message.threadTs, parent_user_id: parentUser(store, message) } : {}),
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    ...(replies.length > 0
      ? { thread_ts: message.ts, reply_count: replies.length, latest_reply: replies.at(-1)?.ts }
      : {}),
    ...(message.editedTs ? { edited: { user: message.user, ts: message.editedTs } } : {}),
    ...(options.metadata && message.metadata ? { metadata: message.metadata } : {}),
    ...(message.files.length > 0 ? { files: message.files.flatMap((id) => fileOf(store, id)) } : {}),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
}

function parentUser(store: Store, message: Message): string | undefined {
  return store.findMessage(message.channel, message.threadTs ?? '')?.user;
}

function fileOf(store: Store, id: string): Json[] {
  const file = store.files.get(id);
  return file ? [toApiFile(store, file)] : [];
}

export function toApiFile(store: Store, file: StoredFile): Json {
  const path = `https://files.slack.com/files-pri/${store.team.id}-${file.id}/${encodeURIComponent(file.name)}`;
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    size: file.length,
    user: store.bot.id,
    alt_txt: file.altText,
    url_private: path,
    permalink: `https://${store.team.domain}.slack.com/files/${store.bot.id}/${file.id}/${encodeURIComponent(file.name)}`,
    channels: file.channel ? [file.channel] : [],
  };
}

export function permalink(store: Store, message: Message): string {
  const thread = message.threadTs ? `?thread_ts=${message.threadTs}&cid=${message.channel}` : '';
  const path = `archives/${message.channel}/p${message.ts.replace('.', '')}${thread}`;
  return `https://${store.team.domain}.slack.com/${path}`;
}

export function toApiChannel(store: Store, channel: Channel): Json {
  const shared = {
    id: channel.id,
    created: seconds(channel.createdAt),
    is_archived: channel.archived,
    is_im: channel.kind === 'im',
    context_team_id: store.team.id,
  };
  if (channel.kind === 'im') {
    return {
      ...shared,
      user: [...channel.members].find((id) => id !== store.bot.id),
      is_user_deleted: false,
    };
  }
  return {
    ...shared,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_private: channel.kind === 'private',
    is_mpim: false,
    is_general: channel.isGeneral,
    is_member: channel.members.has(store.bot.id),
    is_shared: channel.shared,
    is_ext_shared: channel.shared,
    is_org_shared: false,
    creator: channel.creator,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: channel.purpose, creator: '', last_set: 0 },
  };
}

export function toApiUser(user: User, { email }: { email: boolean }): Json {
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.key,
    deleted: user.deactivated,
    real_name: user.realName,
    tz: user.tz,
    is_admin: false,
    is_owner: false,
    is_bot: user.isBot,
    is_app_user: false,
    is_workflow_bot: user.isWorkflowBot,
    is_restricted: user.guest !== 'no',
    is_ultra_restricted: user.guest === 'single-channel',
    ...(user.isStranger ? { is_stranger: true } : {}),
    profile: {
      real_name: user.realName,
      display_name: user.displayName,
      title: user.title,
      team: user.teamId,
      ...(email && !user.isBot ? { email: user.email } : {}),
    },
  };
}

export function toApiView(store: Store, view: OpenView): Json {
  return {
    id: view.id,
    team_id: store.team.id,
    app_id: store.bot.appId,
    bot_id: store.bot.botId,
    app_installed_team_id: store.team.id,
    hash: view.hash,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    title: null,
    submit: null,
    close: null,
    clear_on_close: false,
    notify_on_close: false,
    ...view.definition,
    state: { values: view.state },
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
  };
}

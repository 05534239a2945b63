/** What of Slack's Web API is here, how much of each method, and the test that shows it. A test keeps this true. */

export interface Coverage {
  readonly status: 'supported' | 'partial';
  /** `file: start of the test's name` in test/sandbox/slack. */
  readonly testedBy: string;
  readonly missing?: string;
}

const supported = (testedBy: string): Coverage => ({ status: 'supported', testedBy });
const partial = (testedBy: string, missing: string): Coverage => ({ status: 'partial', testedBy, missing });

export const coverage: Readonly<Record<string, Coverage>> = {
  'api.test': supported('web-api: api.test'),
  'auth.test': supported('web-api: auth.test'),
  'apps.connections.open': supported('web-api: apps.connections.open'),
  'chat.postMessage': partial(
    'chat: chat.postMessage',
    'attachments, markdown_text, another user name or icon',
  ),
  'chat.update': partial('chat: chat.update', 'attachments, markdown_text, file_ids'),
  'chat.delete': partial('chat: chat.delete', 'the tombstone of a thread'),
  'chat.postEphemeral': partial('chat: chat.postEphemeral', 'attachments, markdown_text'),
  'chat.getPermalink': supported('chat: chat.getPermalink'),
  'conversations.create': supported('conversations: conversations.create'),
  'conversations.info': partial('conversations: conversations.info', 'last_read, locale'),
  'conversations.list': partial('conversations: conversations.list', 'group direct messages'),
  'conversations.members': supported('conversations: conversations.list'),
  'conversations.invite': supported('conversations: conversations.invite'),
  'conversations.join': supported('conversations: conversations.join'),
  'conversations.open': partial('conversations: conversations.open', 'group direct messages'),
  'conversations.setTopic': supported('conversations: conversations.setTopic'),
  'conversations.setPurpose': supported('conversations: conversations.setTopic'),
  'conversations.archive': supported('conversations: conversations.archive'),
  'conversations.history': supported('conversations: conversations.history'),
  'conversations.replies': supported('conversations: conversations.replies'),
  'views.open': supported('views: views.open'),
  'views.push': supported('views: views.push'),
  'views.update': supported('views: views.update'),
  'views.publish': supported('views: views.publish'),
  'users.info': partial('people-and-files: users.info', 'locale, status, pictures'),
  'users.list': partial('people-and-files: users.list', 'locale, status, pictures'),
  'users.lookupByEmail': supported('people-and-files: users.lookupByEmail'),
  'usergroups.list': supported('people-and-files: usergroups.list'),
  'usergroups.users.list': supported('people-and-files: usergroups.list'),
  'pins.add': supported('people-and-files: pins.add'),
  'bookmarks.add': partial('people-and-files: pins.add', 'bookmarks that are no links'),
  'reactions.add': supported('people-and-files: pins.add'),
  'files.getUploadURLExternal': supported('people-and-files: a file that was never sent'),
  'files.completeUploadExternal': partial('people-and-files: filesUploadV2', 'several channels in one call'),
};

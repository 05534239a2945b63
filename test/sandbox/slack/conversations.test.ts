import { expect, test } from 'vitest';
import { defaultScopes } from '../../../sandbox/slack/index.ts';
import { inWorkspace } from './bolt-app.ts';
import { clientOf, codeOf, refusalOf } from './web-client.ts';

test('conversations.create makes a channel the bot is in, and checks the name as Slack does', () =>
  inWorkspace(
    {
      channels: [{ name: 'general' }, { name: 'inc-1', archived: true }],
      scopes: ['channels:manage', 'groups:write'],
    },
    async (slack) => {
      const client = clientOf(slack);
      const create = (name: string) => codeOf(client.conversations.create({ name }));

      const { channel } = await client.conversations.create({ name: 'inc-2026-014', is_private: true });

      expect(channel).toMatchObject({ name: 'inc-2026-014', is_private: true, is_member: true });
      expect(await create('inc-1')).toBe('name_taken');
      expect(await create('')).toBe('invalid_name_required');
      expect(await create('x'.repeat(81))).toBe('invalid_name_maxlength');
      expect(await create('--')).toBe('invalid_name_punctuation');
      expect(await create('Incident 1')).toBe('invalid_name_specials');
    },
  ));

test('conversations.info shows public channels and hides private ones the bot is not in', () =>
  inWorkspace(
    {
      channels: [
        { name: 'general', shared: true },
        { name: 'secret', private: true, members: ['ana'] },
      ],
    },
    async (slack) => {
      const client = clientOf(slack);

      const info = await client.conversations.info({
        channel: slack.channel('#general').id,
        include_num_members: true,
      });

      expect(info.channel).toMatchObject({ is_ext_shared: true, num_members: 6 });
      expect(await codeOf(client.conversations.info({ channel: slack.channel('#secret').id }))).toBe(
        'channel_not_found',
      );
    },
  ));

test('conversations.list and conversations.members come in pages', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const names: (string | undefined)[] = [];

    for await (const page of client.paginate('conversations.list', { limit: 1 })) {
      names.push(JSON.stringify(page).match(/"name":"(\w+)"/)?.[1]);
    }
    const { members } = await client.conversations.members({ channel: slack.channel('#incidents').id });

    expect(names).toEqual(['general', 'incidents']);
    expect(members).toHaveLength(7);
    expect(await codeOf(client.conversations.list({ types: 'im' }))).toBe('missing_scope');
  }));

test('conversations.invite names each person it refuses, and invites nobody unless forced', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const { channel } = await client.conversations.create({ name: 'inc-1' });
    const id = channel?.id ?? '';
    const [ana, ben, eli] = ['ana', 'ben', 'eli'].map((key) => slack.person(key).user.id);
    slack.deactivate('ben');

    const refusal = await refusalOf(
      client.conversations.invite({ channel: id, users: `${ana},${ben},${eli}` }),
    );

    expect(refusal).toMatchObject({
      error: 'cant_invite',
      errors: [
        { user: ben, error: 'cant_invite' },
        { user: eli, error: 'ura_max_channels' },
      ],
    });
    expect(slack.channel('#inc-1').members.has(ana ?? '')).toBe(false);
    await client.conversations.invite({ channel: id, users: ana ?? '' });
    expect(slack.channel('#inc-1').members.has(ana ?? '')).toBe(true);
    expect(await codeOf(client.conversations.invite({ channel: id, users: ana ?? '' }))).toBe(
      'already_in_channel',
    );
    expect(await codeOf(client.conversations.invite({ channel: id, users: slack.botUserId }))).toBe(
      'cant_invite_self',
    );
  }));

test('conversations.join needs its scope and a public channel', () =>
  inWorkspace(
    { scopes: ['channels:join'], channels: [{ name: 'open', members: ['ana'] }] },
    async (slack) => {
      await clientOf(slack).conversations.join({ channel: slack.channel('#open').id });

      expect(slack.channel('#open').members.has(slack.botUserId)).toBe(true);
      await inWorkspace({}, async (other) => {
        const channel = other.channel('#general').id;
        expect(await codeOf(clientOf(other).conversations.join({ channel }))).toBe('missing_scope');
      });
    },
  ));

test('conversations.open gives the same direct conversation each time, and none with a deactivated person', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const users = slack.person('ana').user.id;
    slack.deactivate('dan');

    const first = await client.conversations.open({ users });
    const second = await client.conversations.open({ users });

    expect(first.channel?.id).toMatch(/^D/);
    expect(second.channel?.id).toBe(first.channel?.id);
    expect(await codeOf(client.conversations.open({ users: slack.person('dan').user.id }))).toBe(
      'user_disabled',
    );
  }));

test('conversations.setTopic and conversations.setPurpose stop at 250 characters', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    await client.conversations.setTopic({ channel, topic: 'SEV1' });
    await client.conversations.setPurpose({ channel, purpose: 'recovery' });

    expect(slack.channel('#incidents')).toMatchObject({ topic: 'SEV1', purpose: 'recovery' });
    expect(await codeOf(client.conversations.setTopic({ channel, topic: 'x'.repeat(251) }))).toBe('too_long');
    expect(await codeOf(client.conversations.setPurpose({ channel, purpose: 'x'.repeat(251) }))).toBe(
      'too_long',
    );
  }));

test('conversations.history shows top-level messages, newest first, and metadata only when asked', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const metadata = { event_type: 'dr', event_payload: { outbox_id: '7' } };
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'card', metadata });
    await client.chat.postMessage({ channel, text: 'reply', thread_ts: ts });
    await client.chat.postMessage({ channel, text: 'newer' });
    await client.chat.postEphemeral({ channel, user: slack.person('ana').user.id, text: 'psst' });

    const bare = await client.conversations.history({ channel });
    const full = await client.conversations.history({
      channel,
      include_all_metadata: true,
      latest: ts,
      inclusive: true,
    });

    expect(bare.messages?.map((m) => m.text)).toEqual(['newer', 'card']);
    expect(bare.messages?.[1]).not.toHaveProperty('metadata');
    expect(full.messages).toMatchObject([{ text: 'card', metadata, reply_count: 1 }]);
  }));

test('conversations.replies gives the thread in order and needs the history scope of a direct conversation', () =>
  inWorkspace({ scopes: defaultScopes.filter((scope) => scope !== 'im:history') }, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'card' });
    await client.chat.postMessage({ channel, text: 'step 1', thread_ts: ts });
    const direct = await client.chat.postMessage({ channel: slack.person('ana').user.id, text: 'hi' });

    const replies = await client.conversations.replies({ channel, ts });

    expect(replies.messages?.map((m) => m.text)).toEqual(['card', 'step 1']);
    expect(await codeOf(client.conversations.replies({ channel, ts: '1.000001' }))).toBe('thread_not_found');
    const dm = { channel: direct.channel ?? '', ts: direct.ts ?? '' };
    expect(await refusalOf(client.conversations.replies(dm))).toMatchObject({ needed: 'im:history' });
  }));

test('conversations.archive closes a channel to posts, once, and never #general', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    await client.conversations.archive({ channel });

    expect(await codeOf(client.chat.postMessage({ channel, text: 'x' }))).toBe('is_archived');
    expect(await codeOf(client.conversations.archive({ channel }))).toBe('already_archived');
    const general = slack.channel('#general').id;
    expect(await codeOf(client.conversations.archive({ channel: general }))).toBe('cant_archive_general');
  }));

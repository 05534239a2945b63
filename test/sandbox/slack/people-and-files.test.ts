import { expect, test } from 'vitest';
import { inWorkspace } from './bolt-app.ts';
import { clientOf, codeOf } from './web-client.ts';

test('users.info tells guests, strangers, bots and deactivated people apart', () =>
  inWorkspace(
    {
      people: [
        { key: 'ana', realName: 'Ana Duarte', tz: 'Europe/Lisbon' },
        { key: 'eli', realName: 'Eli Guest', guest: 'single-channel' },
        { key: 'sam', realName: 'Sam Other', stranger: true, team: 'T0000OTHERS' },
        { key: 'flow', realName: 'Flow', bot: true, workflowBot: true },
      ],
      channels: [],
      scopes: ['users:read', 'users:read.email'],
    },
    async (slack) => {
      const client = clientOf(slack);
      const info = async (key: string) => (await client.users.info({ user: slack.person(key).user.id })).user;
      slack.deactivate('ana');

      expect(await info('ana')).toMatchObject({
        deleted: true,
        tz: 'Europe/Lisbon',
        profile: { email: 'ana.duarte@janua.example' },
      });
      expect(await info('eli')).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
      expect(await info('sam')).toMatchObject({ is_stranger: true, team_id: 'T0000OTHERS' });
      expect(await info('flow')).toMatchObject({ is_bot: true, is_workflow_bot: true });
      expect(await codeOf(client.users.info({ user: 'U0NOBODY' }))).toBe('user_not_found');
    },
  ));

test('users.list leaves out people of other workspaces and comes in pages', () =>
  inWorkspace({}, async (slack) => {
    slack.addPerson({ key: 'sam', realName: 'Sam Other', stranger: true });

    const { members, response_metadata } = await clientOf(slack).users.list({ limit: 4 });

    expect(members?.map((m) => m.name)).toEqual(['dr-bot', 'slackbot', 'ana', 'ben']);
    expect(response_metadata?.next_cursor).not.toBe('');
  }));

test('users.lookupByEmail finds living people in any spelling of case', () =>
  inWorkspace({ scopes: ['users:read.email'] }, async (slack) => {
    const client = clientOf(slack);

    const { user } = await client.users.lookupByEmail({ email: 'Ben.Okoye@janua.example' });

    expect(user?.id).toBe('U0000000BEN');
    slack.deactivate('ben');
    expect(await codeOf(client.users.lookupByEmail({ email: 'ben.okoye@janua.example' }))).toBe(
      'users_not_found',
    );
  }));

test('usergroups.list and usergroups.users.list show who is in a group now', () =>
  inWorkspace({ usergroups: [{ handle: 'dba', name: 'Databases', members: ['ben'] }] }, async (slack) => {
    const client = clientOf(slack);
    const { usergroups } = await client.usergroups.list({ include_users: true });
    const usergroup = usergroups?.[0]?.id ?? '';

    slack.setGroup('dba', ['ben', 'ana']);

    expect(usergroups).toMatchObject([{ handle: 'dba', users: ['U0000000BEN'] }]);
    expect((await client.usergroups.users.list({ usergroup })).users).toEqual(['U0000000BEN', 'U0000000ANA']);
    expect(await codeOf(client.usergroups.users.list({ usergroup: 'S0' }))).toBe('no_such_subteam');
  }));

test('pins.add, bookmarks.add and reactions.add decorate once and have their limits', () =>
  inWorkspace(
    { scopes: ['chat:write', 'pins:write', 'bookmarks:write', 'reactions:write'] },
    async (slack) => {
      const client = clientOf(slack);
      const channel = slack.channel('#incidents').id;
      const { ts: timestamp = '' } = await client.chat.postMessage({ channel, text: 'card' });

      await client.pins.add({ channel, timestamp });
      await client.bookmarks.add({
        channel_id: channel,
        title: 'Plan',
        type: 'link',
        link: 'https://a.example',
      });
      await client.reactions.add({ channel, timestamp, name: 'eyes' });

      expect(slack.channel('#incidents')).toMatchObject({
        pins: new Set([timestamp]),
        bookmarks: [{ title: 'Plan' }],
      });
      expect(await codeOf(client.pins.add({ channel, timestamp }))).toBe('already_pinned');
      expect(await codeOf(client.pins.add({ channel, timestamp: '1.000001' }))).toBe('message_not_found');
      expect(await codeOf(client.reactions.add({ channel, timestamp, name: 'eyes' }))).toBe(
        'already_reacted',
      );
      expect(await codeOf(client.reactions.add({ channel, timestamp, name: 'No Such' }))).toBe(
        'invalid_name',
      );
      for (let i = 0; i < 99; i += 1) slack.channel('#incidents').pins.add(`${i}`);
      const { ts: another = '' } = await client.chat.postMessage({ channel, text: 'one too many' });
      expect(await codeOf(client.pins.add({ channel, timestamp: another }))).toBe('too_many_pins');
    },
  ));

test('filesUploadV2 of the real client stores the bytes and posts the file with its comment', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel_id = slack.channel('#incidents').id;

    await client.filesUploadV2({
      channel_id,
      filename: 'report.md',
      file: Buffer.from('# Report é'),
      title: 'Report',
      initial_comment: 'Post-incident report',
    });

    expect(slack.files()).toMatchObject([{ name: 'report.md', title: 'Report', channel: channel_id }]);
    expect(slack.files()[0]?.bytes?.toString()).toBe('# Report é');
    expect(slack.messages('#incidents')).toMatchObject([
      { text: 'Post-incident report', files: [slack.files()[0]?.id] },
    ]);
  }));

test('a file that was never sent, or not at the announced length, cannot be completed', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const { file_id = '', upload_url = '' } = await client.files.getUploadURLExternal({
      filename: 'a.txt',
      length: 5,
    });

    const short = await fetch(upload_url, { method: 'POST', body: 'abc' });

    expect(short.status).toBe(400);
    expect(await codeOf(client.files.completeUploadExternal({ files: [{ id: file_id }] }))).toBe(
      'file_not_found',
    );
    expect((await fetch(upload_url, { method: 'POST', body: 'abcde' })).status).toBe(200);
    expect(await codeOf(client.files.completeUploadExternal({ files: [{ id: file_id }] }))).toBe('ok');
  }));

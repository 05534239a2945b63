import { expect, test } from 'vitest';
import { inWorkspace } from './bolt-app.ts';
import { clientOf, codeOf, refusalOf } from './web-client.ts';

test('auth.test says who the bot is, and every answer names the granted scopes', () =>
  inWorkspace({ scopes: ['chat:write'] }, async (slack) => {
    const who = await clientOf(slack).auth.test();

    expect(who).toMatchObject({ ok: true, user_id: slack.botUserId, team_id: slack.teamId });
    expect(who.response_metadata?.scopes).toEqual(['chat:write']);
  }));

test('api.test answers without a token', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack, '');

    expect(await client.api.test()).toMatchObject({ ok: true });
    expect(await codeOf(client.api.test({ error: 'my_error' }))).toBe('my_error');
  }));

test('a missing, wrong, misplaced or revoked token is refused with the code that tells which', () =>
  inWorkspace({}, async (slack) => {
    expect(await codeOf(clientOf(slack, '').auth.test())).toBe('not_authed');
    expect(await codeOf(clientOf(slack, 'xoxb-other').auth.test())).toBe('invalid_auth');
    expect(await codeOf(clientOf(slack, slack.appToken).auth.test())).toBe('not_allowed_token_type');
    expect(await codeOf(clientOf(slack).apps.connections.open({}))).toBe('not_allowed_token_type');
    slack.revokeTokens();
    expect(await codeOf(clientOf(slack).auth.test())).toBe('token_revoked');
  }));

test('apps.connections.open hands out a socket address that works once', () =>
  inWorkspace({}, async (slack) => {
    const { url } = await clientOf(slack, slack.appToken).apps.connections.open({});

    const first = new WebSocket(url ?? '');
    const hello = await new Promise<MessageEvent>((resolve) => first.addEventListener('message', resolve));
    const second = new WebSocket(url ?? '');
    const refused = await new Promise((resolve) => second.addEventListener('error', () => resolve(true)));
    first.close();

    expect(JSON.parse(String(hello.data))).toMatchObject({ type: 'hello', num_connections: 1 });
    expect(refused).toBe(true);
  }));

test('a call without its scope says what was needed and what was provided', () =>
  inWorkspace({ scopes: ['commands', 'users:read'] }, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    const refusal = await refusalOf(client.chat.postMessage({ channel, text: 'hi' }));

    expect(refusal).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'commands,users:read',
    });
    expect(await codeOf(client.conversations.history({ channel }))).toBe('missing_scope');
    expect(
      (await client.users.info({ user: slack.person('ana').user.id })).user?.profile?.email,
    ).toBeUndefined();
  }));

test('an unknown method or argument is refused', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const channel = slack.channel('#incidents').id;

    expect(await codeOf(client.apiCall('chat.shout', {}))).toBe('unknown_method');
    expect(await codeOf(client.apiCall('chat.postMessage', { channel, text: 'hi', tekst: 'x' }))).toBe(
      'invalid_arguments',
    );
    expect(await codeOf(client.apiCall('chat.postMessage', { text: 'hi' }))).toBe('invalid_arguments');
  }));

test('the inspector keeps each call with its arguments and answer', () =>
  inWorkspace({}, async (slack) => {
    const channel = slack.channel('#incidents').id;

    await clientOf(slack).chat.postMessage({ channel, text: 'hi' });

    expect(slack.calls('chat.postMessage')).toMatchObject([
      { args: { channel, text: 'hi' }, answer: { ok: true } },
    ]);
    expect(JSON.stringify(slack.calls())).not.toContain(slack.botToken);
  }));

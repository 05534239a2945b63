import type { App, BlockAction } from '@slack/bolt';
import { expect, test } from 'vitest';
import { button, buttons, clientOf, plain } from '../slack/web-client.ts';
import { atPage } from './pages.ts';

test('a text is said, and one that begins with a slash is a command', () => {
  const heard: unknown[] = [];
  const register = (app: App) =>
    app.command('/dr', async ({ ack, command }) => {
      heard.push({ text: command.text, who: command.user_name, where: command.channel_name });
      await ack('understood');
    });

  return atPage(async ({ act, state, channel }) => {
    const general = channel('#general');
    const direct = (await state('ana')).channels.find(({ kind }) => kind === 'dm')?.id;

    expect(await act('ana', { do: 'send', channel: general, text: 'hello' })).toEqual({
      ok: true,
      said: null,
    });
    expect(await act('ana', { do: 'send', channel: general, text: '/dr status' })).toMatchObject({
      ok: true,
    });
    expect(await act('ana', { do: 'send', channel: direct, text: 'hello bot' })).toMatchObject({ ok: true });

    const ana = await state('ana');
    expect(heard).toEqual([{ text: 'status', who: 'ana', where: 'general' }]);
    expect(ana.messages[general]).toMatchObject([
      { text: 'hello', author: { name: 'Ana Duarte', app: false } },
      { text: 'understood', ephemeral: true, author: { name: 'dr-bot', app: true } },
    ]);
    expect(ana.messages[direct ?? '']).toMatchObject([{ text: 'hello bot' }]);
  }, register);
});

test('commands that are unknown, in a thread or not answered fail in Slack’s words', () =>
  atPage(async ({ act, channel, slack }) => {
    const general = channel('#general');
    const { ts } = await slack.person('ana').says('#general', 'parent');
    const send = (text: string, more = {}) => act('ana', { do: 'send', channel: general, text, ...more });

    expect(await send('/shrug')).toMatchObject({ ok: false, error: /^\/shrug is not a valid command/ });
    expect(await send('/dr help', { threadTs: ts })).toEqual({
      ok: false,
      error: '/dr is not supported in threads. Sorry!',
    });
    expect(await send('/dr help')).toEqual({
      ok: false,
      error: '/dr failed with the error "dispatch_failed"',
    });
    expect(await send('in the thread', { threadTs: ts })).toMatchObject({ ok: true });
    expect(slack.thread('#general', ts)).toHaveLength(1);
  }));

test('a person presses and chooses by action id only what that person sees', () => {
  const heard: unknown[] = [];
  const register = (app: App) =>
    app.action<BlockAction>(/.*/, async ({ ack, body }) => {
      await ack();
      heard.push([body.user.username, body.actions[0]?.action_id, body.actions[0]?.type]);
    });

  return atPage(async ({ act, channel, slack }) => {
    const general = channel('#general');
    const options = [{ text: plain('Noon'), value: 'noon' }];
    const menu = { type: 'static_select' as const, action_id: 'backup', options };
    const blocks = [buttons(button('Go', 'go')), { type: 'actions' as const, elements: [menu] }];
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({ channel: general, text: 'x', blocks });
    const { message_ts: hidden = '' } = await client.chat.postEphemeral({
      channel: general,
      user: 'U0000000BEN',
      text: 'x',
      blocks,
    });
    await client.views.publish({
      user_id: 'U0000000ANA',
      view: { type: 'home', blocks: [buttons(button('Refresh', 'refresh'))] },
    });
    const press = (actionId: string, more = {}) =>
      act('ana', { do: 'message-action', channel: general, ts, actionId, ...more });

    expect(await press('go')).toEqual({ ok: true, said: null });
    expect(await press('backup', { value: 'noon' })).toMatchObject({ ok: true });
    expect(await act('ana', { do: 'home-action', actionId: 'refresh' })).toMatchObject({ ok: true });
    expect(await press('backup', { value: 'midnight' })).toMatchObject({
      ok: false,
      error: expect.stringContaining('no option "midnight"'),
    });
    expect(await press('stop')).toMatchObject({ ok: false, error: expect.stringContaining('[Go] (go)') });
    expect(await press('go', { ts: hidden })).toMatchObject({
      ok: false,
      error: expect.stringContaining('sees no message'),
    });
    expect(heard).toEqual([
      ['ana', 'go', 'button'],
      ['ana', 'backup', 'static_select'],
      ['ana', 'refresh', 'button'],
    ]);
  }, register);
});

test('a modal keeps what is typed, shows what is wrong, and closes when it is taken', () => {
  const register = (app: App) => {
    app.command('/dr', async ({ ack, client, body }) => {
      await ack();
      await client.views.open({
        trigger_id: body.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'why',
          title: plain('Why'),
          submit: plain('Send'),
          blocks: [
            {
              type: 'input',
              block_id: 'reason',
              label: plain('Reason'),
              element: { type: 'plain_text_input', action_id: 'text' },
            },
          ],
        },
      });
    });
    app.view('why', async ({ ack, view }) => {
      const said = view.state.values.reason?.text?.value;
      await (said === 'disk' ? ack() : ack({ response_action: 'errors', errors: { reason: 'Say more' } }));
    });
  };

  return atPage(async ({ act, state, channel }) => {
    await act('ana', { do: 'send', channel: channel('#general'), text: '/dr why' });
    await act('ana', { do: 'modal-fill', values: { text: 'no' } });

    expect((await state('ana')).modal).toMatchObject({
      depth: 1,
      definition: { title: { text: 'Why' } },
      values: { reason: { text: { value: 'no' } } },
    });
    expect((await state('ben')).modal).toBeNull();
    expect(await act('ana', { do: 'modal-submit', values: {} })).toMatchObject({ ok: true });
    expect((await state('ana')).modal?.errors).toEqual({ reason: 'Say more' });
    expect(await act('ana', { do: 'modal-submit', values: { text: 'disk' } })).toMatchObject({ ok: true });
    expect((await state('ana')).modal).toBeNull();
    expect(await act('ana', { do: 'modal-close' })).toMatchObject({ ok: true });
    expect(await act('ana', { do: 'modal-submit', values: {} })).toMatchObject({ ok: false });
  }, register);
});

test('public channels can be joined, others cannot', () =>
  atPage(async ({ act, slack, state }) => {
    const open = slack.createChannel('inc-1', { members: ['bot', 'ben'] }).id;
    const closed = slack.createChannel('secret', { private: true, members: ['bot', 'ben'] }).id;
    const joined = async () => (await state('ana')).channels.find(({ id }) => id === open)?.joined;

    expect(await joined()).toBe(false);
    expect(await act('ana', { do: 'join', channel: open })).toMatchObject({ ok: true });
    expect(await joined()).toBe(true);
    expect(await act('ana', { do: 'join', channel: closed })).toMatchObject({ ok: false });
    expect(await act('eli', { do: 'join', channel: open })).toMatchObject({ ok: false });
  }));

test('while Slack is down everything a person does fails with a sentence', () =>
  atPage(async ({ act, slack, channel }) => {
    const back = slack.faults.outage();
    const said = await act('ana', { do: 'send', channel: channel('#general'), text: 'hello' });
    back();

    expect(said).toEqual({ ok: false, error: 'Slack is out: nobody can do anything there' });
  }));

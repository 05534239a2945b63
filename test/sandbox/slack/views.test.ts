import type { BlockAction, types } from '@slack/bolt';
import { expect, test } from 'vitest';
import type { Slack } from '../../../sandbox/slack/index.ts';
import { inWorkspace, startSocketApp } from './bolt-app.ts';
import { button, buttons, clientOf, codeOf, modal, plain, section } from './web-client.ts';

/** Presses a fresh button as ana and returns the trigger she caused, without waiting for an ack. */
async function triggerOf(slack: Slack): Promise<string> {
  const { ts = '' } = await clientOf(slack).chat.postMessage({
    channel: slack.channel('#incidents').id,
    text: 'card',
    blocks: [buttons(button('Go', 'go'))],
  });
  const before = slack.deliveries().length;
  void slack.person('ana').press('#incidents', ts, 'Go');
  const click = await slack.waitFor(() => slack.deliveries()[before], { what: 'the click' });
  return String(click.payload.trigger_id);
}

const nameInput = (blockId: string): types.KnownBlock => ({
  type: 'input',
  block_id: blockId,
  label: plain('Name'),
  element: { type: 'plain_text_input', action_id: 'name' },
});
const form = (title: string, blockId: string) => ({
  type: 'modal' as const,
  title: plain(title),
  submit: plain('Go'),
  blocks: [nameInput(blockId)],
});

test('views.open takes a trigger once, and only while it is fresh', () =>
  inWorkspace({ limits: { triggerMs: 100 } }, async (slack) => {
    const client = clientOf(slack);
    const fresh = await triggerOf(slack);
    const open = (trigger_id: string) => codeOf(client.views.open({ trigger_id, view: modal('Hello') }));

    expect(await open('1.2')).toBe('invalid_trigger_id');
    expect(await open(fresh)).toBe('ok');
    expect(await open(fresh)).toBe('exchanged_trigger_id');
    await slack.person('ana').closeView();
    const stale = await triggerOf(slack);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await open(stale)).toBe('expired_trigger_id');
    expect(slack.person('ana').view()).toBeUndefined();
  }));

test('views.update needs an id, honours the hash, and keeps what was typed only under the same ids', () =>
  inWorkspace({}, async (slack) => {
    const client = clientOf(slack);
    const ana = slack.person('ana');
    const { view } = await client.views.open({ trigger_id: await triggerOf(slack), view: form('One', 'a') });
    await ana.fill({ Name: 'janua' });
    const view_id = view?.id ?? '';

    const kept = await client.views.update({ view_id, hash: view?.hash ?? '', view: form('Two', 'a') });

    expect(kept.view?.state).toEqual({
      values: { a: { name: { type: 'plain_text_input', value: 'janua' } } },
    });
    expect(ana.viewText()).toBe('Two\nName');
    expect(
      await codeOf(client.views.update({ view_id, hash: view?.hash ?? '', view: form('Three', 'a') })),
    ).toBe('hash_conflict');
    const lost = await client.views.update({ view_id, view: form('Three', 'b') });
    expect(lost.view?.state).toEqual({ values: { b: { name: { type: 'plain_text_input', value: null } } } });
    await ana.closeView();
    expect(await codeOf(client.views.update({ view_id, view: form('Four', 'b') }))).toBe('not_found');
  }));

test('views.push needs a click inside a modal and stops at three', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const codes: string[] = [];
    const app = await startSocketApp(slack, (bolt) =>
      bolt.action<BlockAction>('more', async ({ ack, body, client }) => {
        await ack();
        const view = modal('Deeper');
        codes.push(
          await codeOf(
            client.views.push({
              trigger_id: body.trigger_id,
              view: { ...view, blocks: [buttons(button('More', 'more'))] },
            }),
          ),
        );
      }),
    );
    stopLater(app);
    const { ts = '' } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'x',
      blocks: [buttons(button('More', 'more'))],
    });
    const ana = slack.person('ana');

    await ana.press('#incidents', ts, 'More');
    await slack.waitFor(() => codes.length === 1, { what: 'the first push' });
    const first = { ...modal('First'), blocks: [buttons(button('More', 'more'))] };
    await app.client.views.open({ trigger_id: await triggerOf(slack), view: first });
    for (const pushes of [2, 3, 4]) {
      await ana.pressInView('More');
      await slack.waitFor(() => codes.length === pushes, { what: `push ${pushes}` });
    }

    expect(codes).toEqual(['invalid_trigger_id', 'ok', 'ok', 'push_limit_reached']);
    await ana.closeView();
    await ana.closeView();
    expect(ana.viewText()).toContain('First');
  }));

test('views.publish shows a home tab to one person, and honours the hash', () =>
  inWorkspace({ events: ['app_home_opened'] }, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) =>
      bolt.event('app_home_opened', async ({ event, client }) => {
        const row = buttons(button('Refresh', 'refresh'));
        await client.views.publish({
          user_id: event.user,
          view: { type: 'home', blocks: [section('*Open incidents*'), row] },
        });
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');

    await ana.openHome();
    await slack.waitFor(() => ana.home(), { what: 'a home tab' });

    expect(ana.homeText()).toBe('*Open incidents*\n[Refresh]');
    expect(slack.person('ben').home()).toBeUndefined();
    const again = { user_id: ana.user.id, view: { type: 'home' as const, blocks: [section('x')] } };
    expect(await codeOf(app.client.views.publish({ ...again, hash: '1.old' }))).toBe('hash_conflict');
    expect(await codeOf(app.client.views.publish({ ...again, user_id: 'U0NOBODY' }))).toBe('user_not_found');
  }));

test('a submission can be answered with another view, one on top, or the end of all', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) => {
      bolt.view('', async ({ ack, view }) => {
        const title = view.title?.text;
        if (title === 'One') await ack({ response_action: 'update', view: form('Two', 'a') });
        else if (title === 'Two') await ack({ response_action: 'push', view: form('Three', 'b') });
        else await ack({ response_action: 'clear' });
      });
    });
    stopLater(app);
    const { ts = '' } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'x',
      blocks: [buttons(button('Go', 'go'))],
    });
    app.action<BlockAction>('go', async ({ ack, body, client }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: form('One', 'a') });
    });
    const ana = slack.person('ana');
    await ana.press('#incidents', ts, 'Go');
    await ana.waitForView('One');

    await ana.fill({ Name: 'janua' });
    const updated = await ana.submit();
    const pushed = await ana.submit();
    await ana.fill({ Name: 'again' });
    const cleared = await ana.submit();

    expect(updated).toMatchObject({ kind: 'view', view: { definition: { title: { text: 'Two' } } } });
    expect(pushed).toMatchObject({ kind: 'view', view: { definition: { title: { text: 'Three' } } } });
    expect(cleared).toEqual({ kind: 'closed' });
    expect(ana.view()).toBeUndefined();
  }));

test('errors for a block that is no input, and no ack in time, leave the modal open and say why', () =>
  inWorkspace({ limits: { ackMs: 200 } }, async (slack, stopLater) => {
    let answer = true;
    const app = await startSocketApp(slack, (bolt) => {
      bolt.view('', async ({ ack }) => {
        if (answer) await ack({ response_action: 'errors', errors: { nowhere: 'wrong' } });
      });
    });
    stopLater(app);
    const ana = slack.person('ana');
    await app.client.views.open({ trigger_id: await triggerOf(slack), view: form('One', 'a') });
    await ana.fill({ Name: 'x' });

    const misnamed = await ana.submit();
    answer = false;
    const late = await ana.submit();

    expect(misnamed).toMatchObject({ kind: 'failed', error: 'invalid_errors' });
    expect(late).toMatchObject({ kind: 'failed', error: 'operation_timeout' });
    expect(ana.viewText()).toContain('One');
  }));

test('closing tells the app only where it asked, and acting elsewhere closes the modal first', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const closed: (string | undefined)[] = [];
    const app = await startSocketApp(slack, (bolt) => {
      bolt.view({ type: 'view_closed', callback_id: /.*/ }, async ({ ack, view }) => {
        await ack();
        closed.push(view.title?.text);
      });
      bolt.command('/dr', ({ ack }) => ack());
    });
    stopLater(app);
    const ana = slack.person('ana');
    const open = async (view: ReturnType<typeof modal> & { notify_on_close?: boolean }) =>
      app.client.views.open({ trigger_id: await triggerOf(slack), view });

    await open({ ...modal('Loud'), notify_on_close: true });
    await ana.command('#incidents', '/dr');
    await open(modal('Quiet'));
    await ana.closeView();

    expect(ana.view()).toBeUndefined();
    expect(closed).toEqual(['Loud']);
  }));

import { SocketModeClient } from '@slack/socket-mode';
import { expect, test } from 'vitest';
import { inWorkspace, startSocketApp } from './bolt-app.ts';
import { button, clientOf, section } from './web-client.ts';

test('a slash command reaches the app over Socket Mode and its ack is shown to that person alone', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) =>
      bolt.command('/dr', async ({ ack, command }) => {
        await ack(`heard: ${command.text}`);
      }),
    );
    stopLater(app);
    const ana = slack.person('ana');

    const outcome = await ana.command(
      '#incidents',
      '/dr role commander @ben in #general <now> & then http://a.b',
    );

    expect(outcome).toMatchObject({ acked: true });
    const [generalId] = [slack.channel('#general').id];
    expect(ana.sees('#incidents').map((m) => m.text)).toEqual([
      `heard: role commander <@U0000000BEN|ben> in <#${generalId}|general> &lt;now&gt; &amp; then <http://a.b>`,
    ]);
    expect(slack.person('ben').sees('#incidents')).toEqual([]);
  }));

test('a button on a message opens a modal, and its submission is validated, refused and then accepted', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const app = await startSocketApp(slack, (bolt) => {
      bolt.action('review', async ({ ack, body, client }) => {
        await ack();
        if (body.type !== 'block_actions') throw new Error('not a block action');
        await client.views.open({
          trigger_id: body.trigger_id,
          view: {
            type: 'modal',
            callback_id: 'approve',
            title: { type: 'plain_text', text: 'Approve APR-57' },
            submit: { type: 'plain_text', text: 'Approve' },
            blocks: [
              {
                type: 'input',
                block_id: 'typed',
                label: { type: 'plain_text', text: 'Type the name' },
                element: { type: 'plain_text_input', action_id: 'name' },
              },
            ],
          },
        });
      });
      bolt.view('approve', async ({ ack, view }) => {
        const typed = view.state.values.typed?.name?.value;
        if (typed !== 'janua') {
          await ack({ response_action: 'errors', errors: { typed: 'That is another database.' } });
          return;
        }
        await ack();
      });
    });
    stopLater(app);
    const { ts } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'APR-57',
      blocks: [
        section('*APR-57*'),
        { type: 'actions', elements: [button('Review and approve', 'review', 'APR-57')] },
      ],
    });
    const ana = slack.person('ana');

    await ana.press('#incidents', ts ?? '', 'Review and approve');
    await ana.waitForView('Approve APR-57');
    const nothing = await ana.submit();
    await ana.fill({ 'Type the name': 'santokit' });
    const wrong = await ana.submit();
    await ana.fill({ typed: 'janua' });
    const right = await ana.submit();

    expect(nothing).toEqual({ kind: 'errors', errors: { typed: 'Please complete this required field.' } });
    expect(wrong).toEqual({ kind: 'errors', errors: { typed: 'That is another database.' } });
    expect(right).toEqual({ kind: 'closed' });
    expect(ana.view()).toBeUndefined();
    await expect(ana.press('#incidents', ts ?? '', 'Approve')).rejects.toThrow(
      /no button "Approve".*\[Review and approve\] \(review\)/,
    );
  }));

test('a command nobody acks in three seconds ends in Slackbot’s words, and one with no connection at once', () =>
  inWorkspace({ limits: { ackMs: 150 } }, async (slack, stopLater) => {
    const ana = slack.person('ana');

    const unheard = await ana.command('#incidents', '/dr');
    const app = await startSocketApp(slack, (bolt) => bolt.command('/dr', async () => {}));
    stopLater(app);
    const unanswered = await ana.command('#incidents', '/dr');

    expect(unheard).toMatchObject({ acked: false, error: 'dispatch_failed' });
    expect(unanswered).toMatchObject({ acked: false, error: 'operation_timeout' });
    expect(ana.sees('#incidents').map((m) => m.text)).toEqual([
      '/dr failed with the error "dispatch_failed"',
      '/dr failed with the error "operation_timeout"',
    ]);
  }));

test('each envelope goes to one of the connections, and they take turns', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const heard: string[] = [];
    for (const replica of ['one', 'two']) {
      const app = await startSocketApp(slack, (bolt) =>
        bolt.command('/dr', async ({ ack }) => {
          await ack();
          heard.push(replica);
        }),
      );
      stopLater(app);
    }

    for (let i = 0; i < 4; i += 1) await slack.person('ana').command('#incidents', '/dr');

    expect(slack.sockets.count()).toBe(2);
    expect(heard.toSorted()).toEqual(['one', 'one', 'two', 'two']);
  }));

test('an event that was not acked is delivered again with its number', () =>
  inWorkspace({ limits: { ackMs: 100, eventRetryMs: [0, 10] } }, async (slack, stopLater) => {
    const app = await startSocketApp(slack, () => {});
    stopLater(app);
    slack.sockets.freeze();

    await slack.person('ana').says('#incidents', '@dr-bot hello');
    await slack.waitFor(() => slack.deliveries().filter((d) => d.receipt).length === 3, {
      what: 'two retries',
    });

    expect(slack.deliveries().map((d) => d.attempt)).toEqual([0, 1, 2]);
    const ids = slack.deliveries().map((d) => d.payload.event_id);
    expect(new Set(ids).size).toBe(1);
  }));

test('a connection is asked to go, cut, or sent a frame as it is', () =>
  inWorkspace({}, async (slack) => {
    const open = async () => {
      const { url } = await clientOf(slack, slack.appToken).apps.connections.open({});
      const ws = new WebSocket(url ?? '');
      const frames: string[] = [];
      ws.addEventListener('message', (event) => frames.push(String(event.data)));
      await slack.waitFor(() => frames.length === 1, { what: 'hello' });
      return { ws, frames };
    };
    const { ws, frames } = await open();
    const rateLimited = { type: 'events_api', envelope_id: 'x', payload: { type: 'app_rate_limited' } };

    slack.sockets.sendRaw(null);
    slack.sockets.sendRaw(rateLimited);
    slack.sockets.disconnect('refresh_requested');
    await slack.waitFor(() => frames.length === 4, { what: 'three frames' });
    slack.sockets.drop();
    await slack.waitFor(() => slack.sockets.count() === 0, { what: 'the cut' });

    expect(frames.slice(1).map((frame) => JSON.parse(frame))).toMatchObject([
      null,
      rateLimited,
      { type: 'disconnect', reason: 'refresh_requested' },
    ]);
    expect(ws.readyState).toBeGreaterThan(1);
  }));

test('the eleventh connection is told there are too many', () =>
  inWorkspace({}, async (slack) => {
    const { apps } = clientOf(slack, slack.appToken);
    const firstFrames: string[] = [];
    for (let i = 0; i < 11; i += 1) {
      const { url } = await apps.connections.open({});
      const ws = new WebSocket(url ?? '');
      ws.addEventListener('message', (event) => firstFrames.push(String(event.data)), { once: true });
      await slack.waitFor(() => firstFrames.length === i + 1, { what: 'the first frame' });
    }

    expect(JSON.parse(firstFrames[9] ?? '')).toMatchObject({ type: 'hello', num_connections: 10 });
    expect(JSON.parse(firstFrames[10] ?? '')).toMatchObject({
      type: 'disconnect',
      reason: 'too_many_websockets',
    });
  }));

test('a real client comes back by itself after a refresh, a cut and a failing apps.connections.open', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const client = new SocketModeClient({
      appToken: slack.appToken,
      clientPingTimeout: 100,
      clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 3, minTimeout: 10 } },
    });
    stopLater({ stop: () => client.disconnect() });
    const hellos: string[] = [];
    client.on('connected', () => hellos.push('hello'));
    await client.start();

    slack.sockets.disconnect('refresh_requested');
    await slack.waitFor(() => hellos.length === 2, { what: 'the second hello' });
    slack.faults.inject({
      kind: 'error',
      error: 'internal_error',
      method: 'apps.connections.open',
      times: 1,
    });
    slack.sockets.drop();
    await slack.waitFor(() => hellos.length === 3, { what: 'the third hello' });

    expect(slack.sockets.count()).toBe(1);
    expect(slack.calls('apps.connections.open').map((call) => call.answer.ok)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  }));

import type { BlockAction, types } from '@slack/bolt';
import { expect, test } from 'vitest';
import { inWorkspace, startSocketApp } from './bolt-app.ts';
import { button, buttons, clientOf, plain } from './web-client.ts';

test('people see and press only what Slack would show them', () =>
  inWorkspace(
    { channels: [{ name: 'general' }, { name: 'war-room', private: true, members: ['bot', 'ana'] }] },
    async (slack) => {
      const { ts = '' } = await clientOf(slack).chat.postMessage({
        channel: slack.channel('#war-room').id,
        text: 'x',
        blocks: [buttons(button('Approve', 'approve'))],
      });
      slack.deactivate('ben');

      await expect(slack.person('dan').press('#war-room', ts, 'Approve')).rejects.toThrow(
        'Dan Weber sees no channel',
      );
      await expect(slack.person('eli').says('#general', 'hi')).rejects.toThrow(
        'Eli Guest sees no channel #general',
      );
      await expect(slack.person('ben').command('#general', '/dr')).rejects.toThrow(
        'Ben Okoye is deactivated',
      );
      await expect(slack.person('flow').command('#general', '/dr')).rejects.toThrow('is a bot');
      await expect(slack.person('ana').press('#war-room', ts, 'Deny')).rejects.toThrow(
        'there are: [Approve] (approve)',
      );
      expect(() => slack.person('zoe')).toThrow('there is no person zoe');
    },
  ));

test('a person’s choices in a message travel with the next click, and nobody else’s', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const heard: unknown[] = [];
    const app = await startSocketApp(slack, (bolt) =>
      bolt.action<BlockAction>(/.*/, async ({ ack, body }) => {
        await ack();
        const [action] = body.actions;
        heard.push({ type: action?.type, who: body.user.username, state: body.state?.values });
      }),
    );
    stopLater(app);
    const option = (text: string) => ({ text: plain(text), value: text.toLowerCase() });
    const blocks: types.KnownBlock[] = [
      {
        type: 'actions',
        block_id: 'row',
        elements: [
          {
            type: 'static_select',
            action_id: 'backup',
            placeholder: plain('Choose other backup'),
            options: [option('Midnight'), option('Noon')],
          },
          { type: 'overflow', action_id: 'more', options: [option('Details'), option('Abort')] },
          button('Go', 'go'),
        ],
      },
    ];
    const { ts = '' } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'x',
      blocks,
    });
    const empty = { row: { backup: { type: 'static_select', selected_option: null } } };

    await slack.person('ana').choose('#incidents', ts, 'Choose other backup', 'Noon');
    await slack.person('ana').press('#incidents', ts, 'Go');
    await slack.person('ben').choose('#incidents', ts, 'more', 'Abort');
    await slack.waitFor(() => heard.length === 3, { what: 'three clicks' });

    const chosen = { row: { backup: { type: 'static_select', selected_option: { value: 'noon' } } } };
    expect(heard).toMatchObject([
      { type: 'static_select', who: 'ana', state: chosen },
      { type: 'button', who: 'ana', state: chosen },
      { type: 'overflow', who: 'ben', state: empty },
    ]);
    await expect(slack.person('ana').choose('#incidents', ts, 'backup', 'Evening')).rejects.toThrow(
      'no option "Evening"; there are: "Midnight", "Noon"',
    );
  }));

test('an external select asks the app for its options', () =>
  inWorkspace({}, async (slack, stopLater) => {
    const chosen: unknown[] = [];
    const app = await startSocketApp(slack, (bolt) => {
      bolt.options('find', ({ ack, options }) =>
        ack({ options: [{ text: plain(`${options.value} of today`), value: 'b7' }] }),
      );
      bolt.action<BlockAction>('find', async ({ ack, body }) => {
        await ack();
        chosen.push(body.actions[0]);
      });
    });
    stopLater(app);
    const blocks: types.KnownBlock[] = [
      { type: 'actions', elements: [{ type: 'external_select', action_id: 'find', min_query_length: 1 }] },
    ];
    const { ts = '' } = await app.client.chat.postMessage({
      channel: slack.channel('#incidents').id,
      text: 'x',
      blocks,
    });

    await expect(slack.person('ana').choose('#incidents', ts, 'find', 'dump')).rejects.toThrow(
      'there are: "dump of today"',
    );
    await slack.person('ana').choose('#incidents', ts, 'find', 'b7');

    expect(chosen).toMatchObject([{ selected_option: { value: 'b7' } }]);
  }));

test('every kind of modal field is filled in by its label', () =>
  inWorkspace({}, async (slack, stopLater) => {
    let values: unknown;
    const option = (text: string) => ({ text: plain(text), value: text });
    const fields: types.KnownBlock[] = [
      {
        type: 'input',
        block_id: 'who',
        label: plain('Who'),
        element: { type: 'users_select', action_id: 'a' },
      },
      {
        type: 'input',
        block_id: 'where',
        label: plain('Where'),
        element: { type: 'channels_select', action_id: 'a' },
      },
      {
        type: 'input',
        block_id: 'sev',
        label: plain('Severity'),
        element: { type: 'radio_buttons', action_id: 'a', options: [option('SEV1'), option('SEV2')] },
      },
      {
        type: 'input',
        block_id: 'parts',
        label: plain('Parts'),
        element: { type: 'checkboxes', action_id: 'a', options: [option('api'), option('web')] },
      },
      {
        type: 'input',
        block_id: 'day',
        label: plain('Day'),
        element: { type: 'datepicker', action_id: 'a' },
      },
      {
        type: 'input',
        block_id: 'rows',
        label: plain('Rows'),
        element: { type: 'number_input', action_id: 'a', is_decimal_allowed: false, max_value: '100' },
      },
      {
        type: 'input',
        block_id: 'note',
        label: plain('Note'),
        optional: true,
        element: { type: 'plain_text_input', action_id: 'a' },
      },
    ];
    const app = await startSocketApp(slack, (bolt) => {
      bolt.command('/dr', async ({ ack, command, client }) => {
        await ack();
        await client.views.open({
          trigger_id: command.trigger_id,
          view: {
            type: 'modal',
            callback_id: 'f',
            title: plain('Form'),
            submit: plain('Go'),
            blocks: fields,
          },
        });
      });
      bolt.view('f', async ({ ack, view }) => {
        values = view.state.values;
        await ack();
      });
    });
    stopLater(app);
    const ana = slack.person('ana');
    await ana.command('#incidents', '/dr declare');
    await ana.waitForView('Form');

    await ana.fill({
      Who: '@ben',
      Where: '#general',
      Severity: 'SEV2',
      Parts: ['api', 'web'],
      Day: '2026-11-21',
      Rows: '101',
    });
    const tooMany = await ana.submit();
    await ana.fill({ Rows: '7' });
    const sent = await ana.submit();

    expect(tooMany).toEqual({ kind: 'errors', errors: { rows: 'Please enter at most 100.' } });
    expect(sent).toEqual({ kind: 'closed' });
    expect(values).toMatchObject({
      who: { a: { selected_user: 'U0000000BEN' } },
      where: { a: { selected_channel: slack.channel('#general').id } },
      sev: { a: { selected_option: { value: 'SEV2' } } },
      parts: { a: { selected_options: [{ value: 'api' }, { value: 'web' }] } },
      day: { a: { selected_date: '2026-11-21' } },
      rows: { a: { value: '7' } },
      note: { a: { value: null } },
    });
  }));

test('events tell the app what people changed, when it may know', () => {
  const events = [
    'user_change',
    'member_joined_channel',
    'subteam_members_changed',
    'reaction_added',
    'channel_archive',
  ] as const;
  return inWorkspace(
    { usergroups: [{ handle: 'dba', name: 'Databases', members: ['ben'] }], events },
    async (slack, stopLater) => {
      const heard: string[] = [];
      const app = await startSocketApp(slack, (bolt) => {
        for (const type of events) {
          bolt.event(type, async () => {
            heard.push(type);
          });
        }
      });
      stopLater(app);
      const { ts } = await slack.person('ana').says('#incidents', 'look');

      slack.deactivate('ben');
      slack.createChannel('unseen');
      slack.join('dan', '#unseen');
      slack.join('dan', '#incidents');
      slack.setGroup('dba', ['ana']);
      await slack.person('ana').react('#incidents', ts, 'pushpin');
      slack.archive('#incidents');
      await slack.settled();

      expect(heard.toSorted()).toEqual([
        'channel_archive',
        'member_joined_channel',
        'subteam_members_changed',
        'user_change',
      ]);
    },
  );
});

import { expect, test } from 'vitest';
import { AMAZON, STRANGER, startEndpoint } from './sns-endpoint.ts';
import { certificateUrl, confirmation, notice, signed, TOPIC } from './sns-messages.ts';

test.each(['1', '2'])(
  'a notice signed by version %s is a heartbeat of the backup whose words it has',
  async (version) => {
    const { post, recorded, asked } = await startEndpoint();
    const message = signed(notice({ SignatureVersion: version, MessageId: 'm-1' }), AMAZON);

    const answer = await post(message);

    expect(answer).toMatchObject({ status: 200, body: { heard: 1, new: 1 } });
    expect(recorded()).toEqual([
      {
        system: 'janua',
        backup: 'pg-daily',
        from: 'sns',
        run: 'm-1',
        state: 'success',
        at: new Date('2026-03-01T02:05:00Z'),
        bytes: null,
        durationMs: null,
        reason: null,
      },
    ]);
    expect(asked).toEqual([certificateUrl()]);
  },
);

test.each([
  [
    'of success, in the message',
    { Message: 'ok: PostgreSQL Backup Success' },
    [['pg-daily', 'success', null]],
  ],
  [
    'of failure',
    { Subject: 'PostgreSQL Backup FAILED', Message: 'no space\n\u0000left on “data” 💾' },
    [['pg-daily', 'failure', 'PostgreSQL Backup FAILED no space left on “data” 💾']],
  ],
  [
    'of both',
    { Subject: 'PostgreSQL Backup Success', Message: 'after PostgreSQL Backup FAILED' },
    [['pg-daily', 'failure', 'PostgreSQL Backup Success after PostgreSQL Backup FAILED']],
  ],
  [
    'of two backups',
    { Subject: 'PostgreSQL Backup Success', Message: 'Redis Backup Success' },
    [
      ['pg-daily', 'success', null],
      ['redis-hourly', 'success', null],
    ],
  ],
  ['of something else', { Subject: 'Elasticsearch Snapshot', Message: 'done' }, []],
  ['in other letters', { Subject: 'postgresql backup success', Message: 'done' }, []],
])('a notice %s tells just that', async (_, said, heard) => {
  const { post, recorded } = await startEndpoint();

  const answer = await post(signed(notice(said), AMAZON));

  expect(answer).toMatchObject({ status: 200, body: { heard: heard.length, new: heard.length } });
  expect(recorded().map(({ backup, state, reason }) => [backup, state, reason])).toEqual(heard);
});

test('a notice without a subject is taken, and one delivered again counts once', async () => {
  const { post, recorded, asked } = await startEndpoint();
  const { Subject, ...rest } = notice();
  const message = signed({ ...rest, Message: `${Subject}` }, AMAZON);

  const answers = [await post(message), await post(message)];

  expect(answers.map(({ body }) => body)).toEqual([
    { heard: 1, new: 1 },
    { heard: 1, new: 0 },
  ]);
  expect(recorded()).toHaveLength(1);
  expect(asked).toHaveLength(1);
});

test.each([
  ['the message', { Message: 'other' }],
  ['the subject', { Subject: 'PostgreSQL Backup FAILED' }],
  ['the time', { Timestamp: '2026-03-01T02:06:00.000Z' }],
  ['the id', { MessageId: 'm-2' }],
  ['the kind', { Type: 'UnsubscribeConfirmation', Token: 't', SubscribeURL: 'u' }],
  ['the version of the signature', { SignatureVersion: '1' }],
  ['the signature', { Signature: Buffer.from('nothing').toString('base64') }],
  ['the signature, to nothing', { Signature: '' }],
])('a notice of which somebody changed %s is refused', async (_, change) => {
  const { post, recorded, logged } = await startEndpoint();

  const answer = await post({ ...signed(notice(), AMAZON), ...change });

  expect(answer).toMatchObject({ status: 403, body: { error: 'The signature is not that of SNS.' } });
  expect([recorded(), logged]).toEqual([[], []]);
});

test('a notice signed by a stranger is refused', async () => {
  const { post, recorded } = await startEndpoint();

  expect(await post(signed(notice(), STRANGER))).toMatchObject({ status: 403 });
  expect(recorded()).toEqual([]);
});

test('a topic that no plan names is neither heard nor confirmed, whoever signed', async () => {
  const { post, recorded, asked } = await startEndpoint();
  const TopicArn = 'arn:aws:sns:us-east-1:999999999999:backup-notices';

  const answers = [
    await post(signed(notice({ TopicArn }), AMAZON)),
    await post(signed(confirmation({ TopicArn }), AMAZON)),
  ];

  expect(answers).toMatchObject(
    Array(2).fill({
      status: 403,
      body: { error: expect.stringContaining('No plan listens to this topic.') },
    }),
  );
  expect([recorded(), asked]).toEqual([[], []]);
});

test.each([
  ['2026-03-01T01:09:59.000Z', 400],
  ['2026-03-01T01:10:00.000Z', 200],
  ['2026-03-01T02:20:00.000Z', 200],
  ['2026-03-01T02:20:00.001Z', 400],
])('at 02:10, a notice of %s is answered with %i', async (Timestamp, status) => {
  const { post, recorded } = await startEndpoint();

  const answer = await post(signed(notice({ Timestamp }), AMAZON));

  expect([answer.status, recorded().length]).toEqual([status, status === 200 ? 1 : 0]);
});

test.each([
  ['half of one', '{', 400],
  ['nothing', 'null', 400],
  ['another type', '{"Type":"Other"}', 400],
  ['raw delivery', 'PostgreSQL Backup Success', 400],
  ['two topics', JSON.stringify({ ...signed(notice(), AMAZON), TopicArn: [TOPIC, TOPIC] }), 400],
  [
    'an id that no database takes',
    JSON.stringify({ ...signed(notice(), AMAZON), MessageId: 'a\u0000b' }),
    400,
  ],
  ['a new version', JSON.stringify({ ...signed(notice(), AMAZON), SignatureVersion: '3' }), 400],
  ['a huge body', 'x'.repeat(512 * 1024 + 1), 413],
])('what is no message of SNS is refused: %s', async (_, body, status) => {
  const { send, recorded, asked, logged } = await startEndpoint();

  expect(await send('/sns', { body })).toMatchObject({ status, body: { error: expect.any(String) } });
  expect([recorded(), asked, logged]).toEqual([[], [], []]);
});

test('a GET is told that a message is a POST', async () => {
  const { send } = await startEndpoint();

  expect(await send('/sns', { method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
});

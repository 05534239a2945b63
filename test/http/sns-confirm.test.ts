import { expect, test } from 'vitest';
import { AMAZON, STRANGER, startEndpoint } from './sns-endpoint.ts';
import { certificateUrl, confirmation, signed, TOPIC } from './sns-messages.ts';

test('a subscription to a topic that a plan names is confirmed at SNS’s own address', async () => {
  const { post, asked, logged } = await startEndpoint();
  const message = signed(confirmation(), AMAZON);

  const answer = await post(message);

  expect(answer).toMatchObject({ status: 200, body: { subscribed: true } });
  expect(asked).toEqual([certificateUrl(), message.SubscribeURL]);
  expect(logged).toEqual(['a topic of SNS tells of backups from now on']);
});

test.each([
  'https://evil.example/?Action=ConfirmSubscription&TopicArn=TOPIC&Token=t',
  'http://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=TOPIC&Token=t',
  'https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&TopicArn=TOPIC&Token=t',
  'https://sns.us-east-1.amazonows.com/?Action=ConfirmSubscription&TopicArn=TOPIC&Token=t',
  'https://sns.us-east-1.amazonaws.com/other?Action=ConfirmSubscription&TopicArn=TOPIC&Token=t',
  'https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic&TopicArn=TOPIC',
  'https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic&Action=ConfirmSubscription&TopicArn=TOPIC',
  'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:1:other',
  '',
])('a confirmation at "%s" is not made, even signed', async (url) => {
  const { post, asked, logged } = await startEndpoint();

  const answer = await post(signed(confirmation({ SubscribeURL: url.replace('TOPIC', TOPIC) }), AMAZON));

  expect(answer).toMatchObject({ status: 403, body: { error: expect.stringContaining('"SubscribeURL"') } });
  expect([asked, logged]).toEqual([[certificateUrl()], []]);
});

test.each([
  ['forged', confirmation(), STRANGER, 403],
  ['old', confirmation({ Timestamp: '2026-03-01T01:00:00.000Z' }), AMAZON, 400],
])('a confirmation that is %s is not made', async (_, message, signer, status) => {
  const { post, asked } = await startEndpoint();

  expect(await post(signed(message, signer))).toMatchObject({ status });
  expect(asked).toEqual([certificateUrl()]);
});

test('a confirmation that SNS does not take is told to come again', async () => {
  const { post, logged } = await startEndpoint((url) =>
    url === certificateUrl() ? new Response(AMAZON.pem) : new Response('no', { status: 500 }),
  );

  expect(await post(signed(confirmation(), AMAZON))).toMatchObject({
    status: 503,
    body: { error: 'SNS cannot be asked: status 500. Nothing was recorded; send it again.' },
  });
  expect(logged).toEqual([]);
});

test('the end of a subscription is logged, and nothing else happens', async () => {
  const { post, asked, logged, recorded } = await startEndpoint();

  const answer = await post(signed(confirmation({ Type: 'UnsubscribeConfirmation' }), AMAZON));

  expect(answer).toMatchObject({ status: 200, body: { subscribed: false } });
  expect(logged).toEqual(['a topic of SNS no longer tells of backups']);
  expect([asked, recorded()]).toEqual([[certificateUrl()], []]);
});

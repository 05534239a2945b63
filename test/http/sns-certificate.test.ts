import { expect, test } from 'vitest';
import { startSignals } from './signals-world.ts';
import { AMAZON, EXPIRED, NOTICES, STRANGER, startEndpoint } from './sns-endpoint.ts';
import { certificateUrl, notice, signed } from './sns-messages.ts';

const NAME = `SimpleNotificationService-${'a'.repeat(32)}.pem`;
test.each([
  `http://sns.us-east-1.amazonaws.com/${NAME}`,
  `https://sns.us-east-1.amazonaws.com.evil.example/${NAME}`,
  `https://evil.example/${NAME}`,
  `https://sns.us-east-1.amazonaws.com:8443/${NAME}`,
  `https://sns.us-east-1.amazonaws.com@evil.example/${NAME}`,
  `https://me@sns.us-east-1.amazonaws.com/${NAME}`,
  `https://sns.eu-west-1.amazonaws.com/${NAME}`,
  `https://sns.s3-us-west-2.amazonaws.com/${NAME}`,
  `https://sns.us-east-1.amazonaws.com.cn/${NAME}`,
  `https://sns.us-east-1.amazonaws.com/other/${NAME}`,
  `https://sns.us-east-1.amazonaws.com/?Action=x&x=/${NAME}`,
  `https://sns.us-east-1.amazonaws.com/${NAME}?a=/${NAME}`,
  `https://sns.us-east-1.amazonaws.com/${NAME}#/${NAME}`,
  `https://sns.us-east-1.amazonaws.com/${NAME.replace('aa', '..')}`,
  `HTTPS://sns.us-east-1.amazonaws.com/${NAME}`,
  ` https://sns.us-east-1.amazonaws.com/${NAME}`,
  `file:///${NAME}`,
  '',
])('a certificate at "%s" is not asked for', async (url) => {
  const { post, recorded, asked } = await startEndpoint(() => new Response(STRANGER.pem));

  const answer = await post(signed(notice({ SigningCertURL: url }), STRANGER));

  expect(answer).toMatchObject({ status: 403, body: { error: expect.stringContaining('"SigningCertURL"') } });
  expect([recorded(), asked]).toEqual([[], []]);
});

test.each<[string, () => Response | Promise<Response>]>([
  ['is not there', () => new Response('gone', { status: 404 })],
  ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
  ['is none', () => new Response('<html>')],
  ['is over', () => new Response(EXPIRED.pem)],
  ['is a body without end', () => new Response(endless())],
])('a certificate that %s is told to come again, and asked for anew the next time', async (_, serve) => {
  let broken = true;
  const { post, recorded, asked } = await startEndpoint(() => (broken ? serve() : new Response(AMAZON.pem)));
  const message = signed(notice(), AMAZON);

  const refused = await post(message);
  broken = false;
  const taken = await post(message);

  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '10' } });
  expect(taken).toMatchObject({ status: 200 });
  expect([recorded().length, asked.length]).toEqual([1, 2]);
});

test('addresses of certificates that are made up are asked for ten times a minute, and genuine notices still come through', async () => {
  const { post, asked, recorded } = await startEndpoint((url) =>
    url === certificateUrl() ? new Response(AMAZON.pem) : new Response('gone', { status: 404 }),
  );
  await post(signed(notice(), AMAZON));
  const made = Array.from({ length: 30 }, (_, n) => String.fromCharCode(65 + (n % 26)));

  for (const letter of made)
    expect(await post(signed(notice({ SigningCertURL: certificateUrl(letter) }), STRANGER))).toMatchObject({
      status: 503,
    });

  expect(asked).toHaveLength(10);
  expect(await post(signed(notice(), AMAZON))).toMatchObject({ status: 200 });
  expect(recorded()).toHaveLength(2);
});

test('a topic of China is known by the addresses of China', async () => {
  const topicArn = 'arn:aws-cn:sns:cn-north-1:123456789012:notices';
  const url = `https://sns.cn-north-1.amazonaws.com.cn/${NAME}`;
  const bot = await startSignals([{ system: 'janua', backup: 'pg-daily', sns: { ...NOTICES, topicArn } }], {
    fetch: async (asked) => new Response(asked === url ? AMAZON.pem : 'no'),
  });

  const answer = await bot.send('/sns', {
    body: JSON.stringify(signed(notice({ TopicArn: topicArn, SigningCertURL: url }), AMAZON)),
  });

  expect(answer).toMatchObject({ status: 200, body: { new: 1 } });
});

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384)) });
}

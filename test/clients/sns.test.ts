import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxAws, startAws } from '../../sandbox/aws.ts';
import { createSns } from '../../src/clients/sns.ts';

let aws: SandboxAws;
const { signal } = new AbortController();
const notice = { subject: 'Janua is restored', message: 'RUN-31 is done.', key: 'RUN-31/tell/1', signal };

beforeAll(async () => {
  aws = await startAws();
  process.env.TEST_SNS_KEY = 'sandbox';
});
afterAll(() => aws.stop());

function snsAt(endpoint: string, topicArn = aws.topicArn) {
  const keys = { accessKeyId: 'env:TEST_SNS_KEY', secretAccessKey: 'env:TEST_SNS_KEY' };
  return createSns({ sns: { 'janua-dr': { topicArn, region: aws.region, endpoint, ...keys } } });
}

/** Remembers the forms an SNS would be sent. */
async function startRecorder() {
  const forms: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    forms.push(new URLSearchParams(text));
    response.end(
      '<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { forms, endpoint: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

test('a notice arrives with its subject', async () => {
  const { messageId } = await snsAt(aws.endpoint).publish('janua-dr', notice);

  expect(messageId).not.toBe('');
  expect(await aws.takePublished()).toMatchObject([
    { Subject: 'Janua is restored', Message: 'RUN-31 is done.' },
  ]);
});

test('a notice carries its key, and on a FIFO topic the key keeps a second copy away', async () => {
  const recorder = await startRecorder();
  const standard = snsAt(recorder.endpoint);
  const fifo = snsAt(recorder.endpoint, 'arn:aws:sns:eu-west-1:000000000000:janua.fifo');

  await standard.publish('janua-dr', notice);
  await fifo.publish('janua-dr', notice);
  recorder.stop();

  const [plain, once] = recorder.forms;
  expect(plain?.get('MessageAttributes.entry.1.Name')).toBe('dr-bot-key');
  expect(plain?.get('MessageAttributes.entry.1.Value.StringValue')).toBe('RUN-31/tell/1');
  expect(plain?.get('MessageDeduplicationId')).toBeNull();
  expect(once?.get('MessageDeduplicationId')).toBe('RUN-31_tell_1');
});

test('a subject is made fit for SNS: one line, plain letters, 100 of them', async () => {
  const recorder = await startRecorder();

  await snsAt(recorder.endpoint).publish('janua-dr', {
    ...notice,
    subject: `\n Wiederhérgestellt ✅\r\n${'x'.repeat(200)}`,
  });
  recorder.stop();

  const subject = recorder.forms[0]?.get('Subject') ?? '';
  expect(subject).toMatch(/^Wiederhergestellt {1,2}x+$/);
  expect(subject.length).toBeLessThanOrEqual(100);
});

test('a missing topic is refused; an SNS that is away is tried later', async () => {
  const missing = snsAt(aws.endpoint, 'arn:aws:sns:eu-west-1:000000000000:nothing').publish(
    'janua-dr',
    notice,
  );
  const away = snsAt('http://127.0.0.1:1').publish('janua-dr', notice);

  await expect(missing).rejects.toMatchObject({ code: 'outside-refused', retry: 'never' });
  await expect(away).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });
  await expect(snsAt(aws.endpoint).publish('other', notice)).rejects.toThrow('no sns connection "other"');
});

import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { buildApp } from 'fauxqs';
import { z } from 'zod';

export type SandboxAws = Awaited<ReturnType<typeof startAws>>;

const region = 'eu-west-1';
const account = '000000000000';
const queue = 'janua-dr-messages';

const Received = z.object({
  Messages: z.array(z.object({ Body: z.string(), ReceiptHandle: z.string() })).default([]),
});
const Notification = z.object({
  Subject: z.string().optional(),
  Message: z.string(),
  Timestamp: z.string(),
  MessageAttributes: z.record(z.string(), z.object({ Value: z.string() })).optional(),
});

/** What a bucket is said to do for what it keeps: every object is encrypted by `key`, versioned, and nobody's else to read. */
export type Guard = { key: string };

export type AwsOptions = {
  bucket?: string;
  topic?: string;
  /** Buckets to which everything that is stored is copied, as by S3's own replication. */
  copies?: readonly string[];
  guard?: Guard;
};

/**
 * S3 with the bucket of Janua's backups and SNS with its topic, on 127.0.0.1. The server is fauxqs, which knows only the
 * present and guards nothing: objects stored with a time of their own keep it, and buckets tell how they are guarded, by
 * hooks that correct what S3 says about them.
 */
export async function startAws(options: AwsOptions = {}) {
  const { bucket = 'janua-backups', topic = 'janua-dr', copies = [], guard } = options;
  const buckets = [bucket, ...copies];
  const storedAt = new Map<string, Date>();
  let isDown = false;
  const app = buildApp({ logger: false, defaultRegion: region });
  app.addHook('onRequest', async (request) => {
    if (isDown) request.raw.socket.destroy();
  });
  if (guard !== undefined) addGuard(app, guard);
  app.addHook('onSend', async (request, reply, payload) => {
    const key = decodeURIComponent(request.url.split('?')[0] ?? '').slice(bucket.length + 2);
    const at = storedAt.get(key);
    if (request.method === 'PUT' || request.method === 'DELETE') storedAt.delete(key);
    else if (at !== undefined) reply.header('last-modified', at.toUTCString());
    return typeof payload === 'string' && payload.includes('<ListBucketResult')
      ? corrected(payload)
      : payload;
  });
  const corrected = (listing: string) =>
    listing.replace(
      /<Key>([^<]*)<\/Key>(.*?)<LastModified>[^<]*</g,
      (whole, key: string, between: string) => {
        const at = storedAt.get(key);
        return at === undefined ? whole : `<Key>${key}</Key>${between}<LastModified>${at.toISOString()}<`;
      },
    );
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });

  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox-secret' };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const sns = new SNSClient({ endpoint, region, credentials });

  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: topic }));
  const { QueueUrl } = z
    .object({ QueueUrl: z.string() })
    .parse(await sqs('CreateQueue', { QueueName: queue }));
  const queueArn = `arn:aws:sqs:${region}:${account}:${queue}`;
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn }));

  /** SQS is spoken by hand: one more SDK for three calls is not worth it. */
  async function sqs(action: string, body: Record<string, unknown>): Promise<unknown> {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`SQS ${action}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }

  return {
    endpoint,
    region,
    credentials,
    bucket,
    topicArn,
    /** Stores an object as if it had been uploaded at `at`. */
    async put(key: string, body: Uint8Array, at?: Date) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      const source = `${bucket}/${encodeURIComponent(key)}`;
      for (const Bucket of copies)
        await s3.send(new CopyObjectCommand({ Bucket, Key: key, CopySource: source }));
      if (at !== undefined) storedAt.set(key, at);
    },
    async get(key: string): Promise<Uint8Array> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body === undefined) throw new Error(`s3://${bucket}/${key} has no content.`);
      return Body.transformToByteArray();
    },
    async remove(key: string) {
      for (const Bucket of buckets) await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
    },
    storedAt: (key: string) => storedAt.get(key),
    /** The objects below a prefix, in the order of their keys. */
    async list(prefix: string) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
    },
    /** S3 and SNS cut every connection, until `up`. */
    down(): void {
      isDown = true;
    },
    up(): void {
      isDown = false;
    },
    /** Takes what was published to the topic since the last call, oldest first. */
    async takePublished() {
      const messages: z.infer<typeof Notification>[] = [];
      for (;;) {
        const received = Received.parse(await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }));
        if (received.Messages.length === 0) return messages;
        for (const { Body, ReceiptHandle } of received.Messages) {
          messages.push(Notification.parse(JSON.parse(Body)));
          await sqs('DeleteMessage', { QueueUrl, ReceiptHandle });
        }
      }
    },
    async stop() {
      s3.destroy();
      sns.destroy();
      await app.close();
    },
  };
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>';

/** Answers what fauxqs does not know: the settings of a bucket, and how an object is encrypted. */
function addGuard(app: ReturnType<typeof buildApp>, { key }: Guard): void {
  const blocked = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets']
    .map((name) => `<${name}>true</${name}>`)
    .join('');
  const settings: Readonly<Record<string, string>> = {
    versioning: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    publicAccessBlock: `<PublicAccessBlockConfiguration>${blocked}</PublicAccessBlockConfiguration>`,
  };
  app.addHook('preHandler', async (request, reply) => {
    const [, query = ''] = request.url.split('?');
    const setting = request.method === 'GET' && Object.keys(settings).find((name) => has(query, name));
    if (setting) return reply.type('application/xml').send(`${XML}${settings[setting]}`);
    reply.header('x-amz-server-side-encryption', 'aws:kms');
    reply.header('x-amz-server-side-encryption-aws-kms-key-id', `arn:aws:kms:${region}:${account}:${key}`);
    return undefined;
  });
}

const has = (query: string, name: string) => new URLSearchParams(query).has(name);

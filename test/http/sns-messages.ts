import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';

export const TOPIC = 'arn:aws:sns:us-east-1:123456789012:backup-notices';
export const ORIGIN = 'https://sns.us-east-1.amazonaws.com';
export const certificateUrl = (letter = 'a') =>
  `${ORIGIN}/SimpleNotificationService-${letter.repeat(32)}.pem`;

export interface Signer {
  readonly key: KeyObject;
  readonly pem: string;
}

/** A key with a certificate of its own, signed by itself: what SNS serves at "SigningCertURL". */
export function createSigner(from: Date, to: Date): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sha256WithRsa = der(0x30, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
  const commonName = der(0x06, Buffer.from('550403', 'hex'));
  const name = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from('sns.amazonaws.com')))));
  const time = (at: Date) => der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, '')));
  const body = der(
    0x30,
    der(0x02, Buffer.from([1])),
    sha256WithRsa,
    name,
    der(0x30, time(from), time(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const whole = der(0x30, body, sha256WithRsa, der(0x03, Buffer.from([0]), signature));
  const base64 = whole.toString('base64').replace(/(.{64})/g, '$1\n');
  return { key: privateKey, pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n` };
}

/** One value of ASN.1: its tag, its length, its content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

type Message = Readonly<Record<string, string>>;

/** As SNS sends a notice. */
export function notice(said: Message = {}): Message {
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: TOPIC,
    Subject: 'PostgreSQL Backup Success',
    Message: 'janua-20260301_020000.dump, 1 GiB',
    Timestamp: '2026-03-01T02:05:00.000Z',
    SignatureVersion: '2',
    SigningCertURL: certificateUrl(),
    UnsubscribeURL: `${ORIGIN}/?Action=Unsubscribe&SubscriptionArn=x`,
    ...said,
  };
}

/** As SNS asks whether this endpoint wants a topic, or tells that it gets no more of it. */
export function confirmation(said: Message = {}): Message {
  const { Subject: _, UnsubscribeURL: __, ...rest } = notice();
  const topic = said.TopicArn ?? TOPIC;
  return {
    ...rest,
    Type: 'SubscriptionConfirmation',
    Message: `You have chosen to subscribe to the topic ${topic}.`,
    Token: 'a1b2c3',
    SubscribeURL: `${ORIGIN}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=a1b2c3`,
    ...said,
  };
}

/** Signed as https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html tells. */
export function signed(message: Message, { key }: Signer): Message {
  const keys =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const text = keys.flatMap((name) => (name in message ? [`${name}\n${message[name]}\n`] : [])).join('');
  const algorithm = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
  return { ...message, Signature: createSign(algorithm).update(text).sign(key, 'base64') };
}

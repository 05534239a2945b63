import type { SNSClient } from '@aws-sdk/client-sns';
import type { Connections } from '../domain/connections.ts';
import { AppError } from '../errors.ts';
import { hop } from '../hop.ts';
import { awsError, awsSettings } from './aws.ts';

interface Notice {
  readonly subject: string;
  readonly message: string;
  /** Marks the notice, so that subscribers can drop a second copy; a FIFO topic drops it itself. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Notices to the SNS topics of connections.yml. */
export function createSns(connections: Pick<Connections, 'sns'>) {
  const opened = new Map<string, SNSClient>();

  function connectionOf(name: string) {
    const found = connections.sns[name];
    if (found !== undefined) return found;
    throw new AppError(
      'config-invalid',
      `connections.yml has no sns connection "${name}". Add it under sns.`,
    );
  }

  /** The topic's ARN, for people. */
  function topic(name: string): string {
    return connectionOf(name).topicArn;
  }

  async function publish(
    name: string,
    { subject, message, key, signal }: Notice,
  ): Promise<{ messageId: string }> {
    const connection = connectionOf(name);
    // Loaded when a topic is first used: a bot that waits does without it (28 MB).
    const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
    const client = opened.get(name) ?? new SNSClient(awsSettings(connection));
    opened.set(name, client);
    const once = connection.topicArn.endsWith('.fifo')
      ? { MessageGroupId: 'dr-bot', MessageDeduplicationId: key.replace(/[^\w-]/g, '_').slice(0, 128) }
      : {};
    try {
      hop('sns.publish:before');
      const { MessageId } = await client.send(
        new PublishCommand({
          TopicArn: connection.topicArn,
          Subject: subjectLine(subject),
          Message: message,
          MessageAttributes: { 'dr-bot-key': { DataType: 'String', StringValue: key } },
          ...once,
        }),
        { abortSignal: signal },
      );
      hop('sns.publish:after');
      return { messageId: MessageId ?? '' };
    } catch (error) {
      signal.throwIfAborted();
      throw awsError(`SNS (topic ${connection.topicArn})`, error);
    }
  }

  return { topic, publish };
}

/** SNS takes at most 100 printable ASCII characters, beginning with neither a space nor a control character. */
function subjectLine(subject: string): string {
  const plain = subject
    .normalize('NFKD')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '');
  return plain.trim().slice(0, 100);
}

import { z } from 'zod';
import { hasSymbols } from '../domain/template.ts';
import { defineAction } from './action.ts';

export const Params = z.strictObject({
  connection: z.string(),
  subject: z.string().min(1).max(100),
  message: z.string().min(1).max(20_000),
});
export type Params = z.infer<typeof Params>;

/** Repeated after a crash, a notice may arrive twice, with the same key; that is better than not at all. */
export const snsPublish = defineAction<Params>({
  name: 'sns.publish',
  summary: 'Sends a notice to an SNS topic.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    messageId: 'id SNS gave the notice',
  },

  async preview(context, { connection, subject }) {
    const topic = hasSymbols(connection) ? undefined : context.clients.sns.topic(connection);
    return {
      lines: [`Send "${subject}" to the SNS topic \`${topic?.split(':').at(-1) ?? connection}\``],
      bound: topic === undefined ? null : { topic },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(context, { connection, subject, message }) {
    const { run, step, signal } = context;
    // Without the attempt: by its key a subscriber knows the copy of a later attempt.
    const key = `${run.id}/${step.id}`;
    const { messageId } = await context.clients.sns.publish(connection, { subject, message, key, signal });
    return {
      kind: 'done',
      summary: `sent, id ${messageId.slice(0, 8)}…`,
      output: { messageId },
      facts: [
        { name: 'topic', value: context.clients.sns.topic(connection) },
        { name: 'message id', value: messageId },
      ],
    };
  },

  byHand: ({ connection, subject, message }) => {
    const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    return [
      `# topic: the one of the sns connection ${connection}`,
      `aws sns publish --topic-arn TOPIC --subject ${quoted(subject)} --message ${quoted(message)}`,
    ];
  },

  needs: ({ connection }) => [{ kind: 'sns', connection }],
});

import { z } from 'zod';
import { defineAction } from './action.ts';

export const Params = z.strictObject({
  message: z.string().min(1).max(2_000),
  /** Shown below the message as they are, to be copied: mostly the output of an earlier step. */
  commands: z.string().max(2_800).optional(),
});
export type Params = z.infer<typeof Params>;

/** Says nothing itself: the message is posted once from the log, like every card. */
export const notify = defineAction<Params>({
  name: 'notify',
  summary: 'Posts a message in the incident channel.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    post: 'the message',
    commands: 'the commands below it, where there are any',
  },

  async preview(_context, { message, commands }) {
    const below = commands === undefined ? '' : ', and below it the commands';
    return {
      lines: [`Post in the incident channel: "${message}"${below}`],
      bound: null,
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(_context, { message, commands }) {
    const output = { post: message, ...(commands !== undefined && { commands }) };
    return { kind: 'done', summary: 'posted in the incident channel', output, facts: [] };
  },

  byHand: ({ message }) => message.split('\n').map((line) => `# tell the incident channel: ${line}`),
});

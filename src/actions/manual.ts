import { z } from 'zod';
import { defineAction } from './action.ts';

export const Params = z.strictObject({
  instruction: z.string().min(3).max(2_000),
  /** A person id of people.yml or a role; nobody means every responder. */
  assignee: z.string().optional(),
  evidence: z.enum(['none', 'text', 'link']).default('text'),
});
export type Params = z.infer<typeof Params>;

export const manual = defineAction<Params>({
  name: 'manual',
  summary: 'Asks a person to do something by hand and to say what came of it.',
  schema: Params,
  class: 'read',
  recovery: 'safe',
  gives: {
    by: 'id of the person who answered',
    evidence: 'what they wrote, where something was',
  },

  async preview(_context, { instruction, assignee }) {
    return {
      lines: [`By hand${assignee === undefined ? '' : `, ${assignee}`}: ${instruction}`],
      bound: { instruction },
      shown: [],
      undo: [],
      blocked: [],
    };
  },

  async run(_context, { instruction, assignee, evidence }) {
    return { kind: 'ask', question: { kind: 'manual', instruction, assignee: assignee ?? null, evidence } };
  },

  needs: ({ assignee }) => (assignee === undefined ? [] : [{ kind: 'person', name: assignee }]),

  byHand: ({ instruction }) => instruction.split('\n').map((line) => `# ${line}`),
});

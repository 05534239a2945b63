import { z } from 'zod';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { defineAction } from './action.ts';

export const Params = z.strictObject({
  question: z.string().min(3).max(500),
  options: z
    .array(z.strictObject({ value: z.string().min(1).max(75), label: z.string().min(1).max(75) }))
    .min(2)
    .max(10)
    .refine(
      (options) => new Set(options.map(({ value }) => value)).size === options.length,
      'two options have the same value',
    ),
  /** Given beforehand, mostly `${inputs.…}`: then nobody is asked. */
  answer: z.string().optional(),
});
export type Params = z.infer<typeof Params>;

export const decision = defineAction<Params>({
  name: 'decision',
  summary: 'Asks a person to choose one of several ways.',
  schema: Params,
  class: 'read',
  recovery: 'safe',

  async preview(_context, params) {
    const chosen = chosenOf(params);
    const nothing = { bound: null, shown: [], undo: [], blocked: [] };
    if (chosen !== undefined)
      return {
        ...nothing,
        lines: [`${params.question} Already chosen: ${chosen.label}`],
        output: { choice: chosen.value },
      };
    return {
      ...nothing,
      lines: [`Ask: ${params.question}`, ...params.options.map(({ label }) => `• ${label}`)],
    };
  },

  async run(_context, params) {
    const chosen = chosenOf(params);
    const { question, options } = params;
    if (chosen === undefined) return { kind: 'ask', question: { kind: 'decision', question, options } };
    return {
      kind: 'done',
      summary: chosen.label.slice(0, 60),
      output: { choice: chosen.value },
      facts: [
        { name: 'question', value: question },
        { name: 'chosen beforehand', value: chosen.label },
      ],
    };
  },

  byHand: ({ question, options }) => [
    `# decide: ${question}`,
    ...options.map(({ value, label }) => `#   ${value}: ${label}`),
  ],
});

/** The option given beforehand; undefined when a person must choose. An answer that is no option is never guessed at. */
function chosenOf({ answer, options }: Params) {
  if (answer === undefined || answer.trim() === '' || hasSymbols(answer)) return undefined;
  const chosen = options.find(({ value }) => value === answer.trim());
  if (chosen !== undefined) return chosen;
  throw new AppError(
    'plan-invalid',
    `"${answer.slice(0, 40)}" is not one of the options: ${options.map(({ value }) => value).join(', ')}. Start the run again with one of them, or leave it empty to be asked.`,
  );
}

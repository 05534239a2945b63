import { z } from 'zod';
import { hasSymbols, referencesIn } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { defineAction } from './action.ts';
import { orReference } from './params.ts';

const Option = z.strictObject({
  value: z.string().min(1).max(75),
  label: z.string().min(1).max(75),
  /** Choosing it ends the run: nothing of what follows is for this case. */
  ends: z.boolean().optional(),
});

const Options = z
  .array(Option)
  .min(2, 'there are not two options to choose from')
  .max(10)
  .refine(
    (options) => new Set(options.map(({ value }) => value)).size === options.length,
    'two options have the same value',
  );

export const Params = z.strictObject({
  question: z.string().min(3).max(500),
  /** Written out, or what an earlier step found: `${inspect.revisions}`. */
  options: orReference(Options),
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
  gives: {
    choice: '`value` of the chosen option',
    by: 'id of the person who chose; not when it was chosen beforehand',
  },

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
      lines: [`Ask: ${params.question}`, ...labelsOf(params).map((label) => `• ${label}`)],
    };
  },

  async run(_context, params) {
    const { question, options } = params;
    if (typeof options === 'string')
      throw new AppError(
        'plan-invalid',
        `No finished step gave ${options}. A run keeps the plan it began with: abort it, correct the plan, run dr plan load, and start again.`,
      );
    const chosen = chosenOf(params);
    if (chosen === undefined) return { kind: 'ask', question: { kind: 'decision', question, options } };
    if (chosen.ends === true)
      throw new AppError('step-aborted', `"${chosen.label}" was chosen beforehand, and it ends the run.`);
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
    ...(typeof options === 'string' ? [] : options).map(({ value, label }) => `#   ${value}: ${label}`),
  ],
});

function labelsOf({ options }: Params): readonly string[] {
  if (typeof options !== 'string')
    return options.map(({ label, ends }) => (ends === true ? `${label} (ends the run)` : label));
  const [step] = referencesIn(options).map((path) => path.replace(/\..*/, ''));
  return [`what step \`${step}\` finds`];
}

/** The option given beforehand; undefined when a person must choose. An answer that is no option is never guessed at. */
function chosenOf({ answer, options }: Params) {
  if (answer === undefined || answer.trim() === '' || hasSymbols(answer)) return undefined;
  if (typeof options === 'string') return undefined;
  const chosen = options.find(({ value }) => value === answer.trim());
  if (chosen !== undefined) return chosen;
  throw new AppError(
    'plan-invalid',
    `"${answer.slice(0, 40)}" is not one of the options: ${options.map(({ value }) => value).join(', ')}. Start the run again with one of them, or leave it empty to be asked.`,
  );
}

import { z } from 'zod';
import type { AnyAction } from '../src/actions/action.ts';
import { actions } from '../src/actions/index.ts';
import { REFERENCE } from '../src/actions/params.ts';
import { Plan } from '../src/domain/plan.ts';

const Shape = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  default: z.json().optional(),
  enum: z.array(z.json()).optional(),
  get items() {
    return Shape.optional();
  },
  get anyOf() {
    return z.array(Shape).optional();
  },
  get properties() {
    return z.record(z.string(), Shape).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), Shape]).optional();
  },
  required: z.array(z.string()).optional(),
  description: z.string().optional(),
});
type Shape = z.infer<typeof Shape>;

const RECOVERY = {
  safe: 'is run again',
  observe: 'looks first, and repeats only what did not happen',
  never: 'is uncertain until a person has looked',
} as const;

/** docs/actions.md: every action with its class and parameters, as the code has them. */
export function actionsPage(): string {
  const parts = Object.values(actions).map((action) => {
    const { name, summary, class: kind, recovery, schema } = action;
    const rows = parametersOf(schema).map(
      ({ key, type, standard }) => `| \`${key}\` | ${type} | ${standard} |`,
    );
    return [
      `## ${name}`,
      '',
      summary,
      '',
      `Class: ${kind}. When the worker dies in the middle, the step ${RECOVERY[recovery]}.`,
      '',
      ...(rows.length === 0
        ? ['No parameters.']
        : ['| parameter | value | without it |', '|---|---|---|', ...rows]),
      '',
      ...outputsOf(action),
    ].join('\n');
  });
  return [
    '# Actions',
    '',
    'What a step can do: the names of `uses`, and what may stand under `with`. This page is written by `npm run docs`. What each',
    'action is for is in the table of [plans.md](plans.md); any value may be a reference like `${find.key}`.',
    '',
    'A step gives outputs: a later step refers to one as `${id.output}`, by the id of the step that gives it, and to what lies in a',
    'map as `${id.output.name}`. `${id.summary}` is always there, the words that cards show. The check of a plan refuses an output',
    'that is not listed here for the action.',
    '',
    ...parts,
  ].join('\n');
}

function outputsOf({ gives, givesUnder }: AnyAction): readonly string[] {
  const rows = Object.entries(gives).map(([key, is]) => `| \`${key}\` | ${is} |`);
  if (rows.length === 0) return [];
  const named = `| each name under \`${givesUnder}\` | the value that was found there |`;
  return ['| gives | which is |', '|---|---|', ...rows, ...(givesUnder === undefined ? [] : [named]), ''];
}

/** plans/plan.schema.json: the plan language for editors. */
export function planSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(Plan, { io: 'input' }), null, 2)}\n`;
}

function parametersOf(schema: z.ZodType): readonly { key: string; type: string; standard: string }[] {
  const { properties = {}, required = [] } = Shape.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).map(([key, shape]) => ({
    key,
    type: typeOf(shape),
    standard: required.includes(key)
      ? 'required'
      : shape.default === undefined
        ? 'left out'
        : `\`${JSON.stringify(shape.default)}\``,
  }));
}

const WORDS: Readonly<Record<string, string>> = {
  integer: 'number',
  number: 'number',
  object: 'map',
  string: 'text',
  array: 'list',
  boolean: 'true or false',
  null: 'nothing',
};

/** In words, without what stands for every parameter: that it may be a reference. */
function typeOf(shape: Shape): string {
  return [...new Set(typesOf(shape))].join(' or ') || 'any value';
}

function typesOf(shape: Shape): readonly string[] {
  const { type, enum: values, anyOf, items, properties, additionalProperties, description } = shape;
  if (description === REFERENCE) return [];
  if (values !== undefined) return [values.map((value) => `\`${String(value)}\``).join(', ')];
  if (anyOf !== undefined) return anyOf.flatMap(typesOf);
  if (items !== undefined) return [`list of ${typeOf(items)}`];
  if (properties !== undefined) return [`map of \`{ ${Object.keys(properties).join(', ')} }\``];
  if (typeof additionalProperties === 'object') return [`map of ${typeOf(additionalProperties)} by name`];
  return [type ?? []].flat().map((name) => WORDS[name] ?? name);
}

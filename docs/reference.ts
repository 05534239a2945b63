import { z } from 'zod';
import { actions } from '../src/actions/index.ts';
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
  required: z.array(z.string()).optional(),
});
type Shape = z.infer<typeof Shape>;

const RECOVERY = {
  safe: 'is run again',
  observe: 'looks first, and repeats only what did not happen',
  never: 'is uncertain until a person has looked',
} as const;

/** docs/actions.md: every action with its class and parameters, as the code has them. */
export function actionsPage(): string {
  const parts = Object.values(actions).map(({ name, summary, class: kind, recovery, schema }) => {
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
    ].join('\n');
  });
  return [
    '# Actions',
    '',
    'What a step can do: the names of `uses`, and what may stand under `with`. This page is written by `npm run docs`. What each',
    'action is for is in the table of [plans.md](plans.md); any value may be a reference like `${find.key}`.',
    '',
    ...parts,
  ].join('\n');
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

function typeOf({ type, enum: values, anyOf, items }: Shape): string {
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  const words = [type ?? []].flat().map((name) => WORDS[name] ?? name);
  return words.length === 0 ? 'any value' : words.join(' or ');
}

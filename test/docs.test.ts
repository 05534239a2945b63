import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { actionsPage, planSchema } from '../docs/reference.ts';
import { actions } from '../src/actions/index.ts';
import { Connections } from '../src/domain/connections.ts';
import { People } from '../src/domain/people.ts';
import { Plan } from '../src/domain/plan.ts';
import { planFaults } from '../src/domain/plan-lint.ts';
import { parseYaml, shapesOf } from '../src/plan-load.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

describe('docs/plans.md', () => {
  const page = read('docs/plans.md');
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  const named = (name: string) => examples.find((example) => example.startsWith(`# ${name}\n`)) ?? '';
  const fragments = examples.filter((example) => !example.startsWith('#'));

  test.each([
    ['plan', Plan],
    ['people.yml', People],
    ['connections.yml', Connections],
  ])('explains every key of a %s', (_, schema) => {
    const missing = keysOf(z.toJSONSchema(schema, { io: 'input' })).filter(
      (key) => !page.includes(`\`${key}\``),
    );

    expect(missing).toEqual([]);
  });

  test('lists every action with its class', () => {
    const listed = [...page.matchAll(/^\| `([a-zA-Z0-9.]+)` \| .+ \| (read|reversible|irreversible) \|$/gm)];

    expect(listed.map(([, name, kind]) => [name, kind])).toEqual(
      Object.values(actions).map(({ name, class: kind }) => [name, kind]),
    );
  });

  test('shows a people.yml and a connections.yml that are taken', () => {
    expect(() => People.parse(parse(named('people.yml')))).not.toThrow();
    expect(() => Connections.parse(parse(named('connections.yml')))).not.toThrow();
  });

  test('shows parts that together fit into the plan of Janua without a fault', () => {
    const connections = Connections.parse(parse(named('connections.yml')));
    const parts = fragments.map((fragment) => parse(fragment));
    const plan = Plan.parse(Object.assign({}, parse(read('plans/janua.yml')), ...parts));

    const faults = planFaults(plan, shapesOf(actions), null, connections);

    expect(parts).not.toEqual([]);
    expect(faults.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('shows YAML that the loader takes', () => {
    for (const example of examples) expect(() => parseYaml(example, 'example')).not.toThrow();
  });
});

test('the pages that are written from the code are what the code says: npm run docs', () => {
  expect(read('docs/actions.md')).toBe(actionsPage());
  expect(read('plans/plan.schema.json')).toBe(planSchema());
});

describe('docs/operations.md', () => {
  const explained = [...read('docs/operations.md').matchAll(/^\| `([^`]+)` \|/gm)]
    .map((match) => match[1] ?? '')
    .filter((message) => message !== 'msg');

  test('explains every line of the log, and no other', () => {
    const said = sources().flatMap(messagesIn);

    expect(explained.toSorted()).toEqual([...new Set(said)].toSorted());
  });
});

test.each(['docs/threat-model.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])(
  'the files that %s names are there',
  (page) => {
    const paths = [
      ...read(page).matchAll(/`((?:src|test|deploy|sandbox|docs|plans|commands|templates)\/[\w./-]*)`/g),
    ];

    expect(paths.map((match) => match[1] ?? '').filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  },
);

/** Literal messages of the log; the rest of one that is put together is written as an ellipsis. */
function messagesIn(source: string): readonly string[] {
  const plain = source.matchAll(
    /\blog(?:\.(?:info|warn|error))?\(\s*(?:\{[^;]*?\}|\w+),\s*'((?:[^'\\]|\\.)+)',?\s*\)/g,
  );
  const built = source.matchAll(/\boptions\.log\??\.?\(`([^$`]+)\$\{/g);
  return [
    ...[...plain].map((match) => (match[1] ?? '').replaceAll("\\'", "'")),
    ...[...built].map((match) => `${match[1]}…`),
  ];
}

function sources(): readonly string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join('src', name)));
}

interface Shape {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

/** Names of the keys a person can write, at any depth. Keys of open records are the person's own. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, ...rest }: Shape = { ...schema };
  const own = Object.entries(properties ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
  return [...new Set([...own, ...Object.values(rest).flatMap(keysOf)])];
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

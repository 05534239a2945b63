import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ErrorCode, isCollection, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import type { z } from 'zod';
import type { AnyAction } from './actions/action.ts';
import { type Json, toJson } from './domain/canonical.ts';
import type { Connections } from './domain/connections.ts';
import type { People } from './domain/people.ts';
import { Plan } from './domain/plan.ts';
import { planFaults } from './domain/plan-lint.ts';
import type { ActionShape } from './domain/plan-lint-runbook.ts';
import { hasSymbols } from './domain/template.ts';
import { AppError } from './errors.ts';
import { needFaults } from './step-needs.ts';

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;

/** A YAML file, its values and a way to say where in the file a value stands. */
export interface YamlFile {
  readonly name: string;
  readonly source: string;
  readonly body: Json;
  /** `plans/janua.yml:41:9` of a path, or of the nearest part of it that exists. */
  place(path: readonly (string | number)[]): string;
}

/** Reads YAML safely: no tags, no aliases, no repeated keys, 256 kB, 32 levels. Throws `plan-invalid` with the place. */
export async function readYaml(path: string, shownAs: string): Promise<YamlFile> {
  return parseYaml(textOf(await readFile(path), shownAs), shownAs);
}

/** Read as something else a name or an SQL text would be damaged without a word. */
function textOf(bytes: Buffer, name: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const lines = bytes.toString('latin1').split('\n');
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1'))) + 1;
  throw invalid([`${name}:${line}:1 the file is not UTF-8 here; save it as UTF-8`]);
}

export function parseYaml(source: string, name: string): YamlFile {
  if (Buffer.byteLength(source) > MAX_BYTES)
    throw invalid([`${name}:1:1 the file is larger than ${MAX_BYTES / 1024} kB`]);
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    schema: 'core',
    customTags: [],
    prettyErrors: false,
  });
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const faults = syntaxFaults(document).map(
    (fault) => `${where(fault.pos[0])} ${PLAIN_WORDS[fault.code] ?? fault.message}`,
  );
  visit(document, {
    Alias: (_, node) =>
      void faults.push(`${where(node.range?.[0] ?? 0)} aliases (*) are not allowed; write the value out`),
    Node: (_, node, ancestors) => {
      if (ancestors.filter(isCollection).length > MAX_DEPTH)
        faults.push(`${where(node.range?.[0] ?? 0)} nested deeper than ${MAX_DEPTH} levels`);
    },
  });
  if (faults.length > 0) throw invalid(faults);
  const place = (path: readonly (string | number)[]): string => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
        return where(Number(node.range[0]));
    }
    return `${name}:1:1`;
  };
  return { name, source, body: toJson(document.toJS()), place };
}

/** After the first that is no repeated key a reader is out of step, and what it says of the lines behind is about nothing. */
function syntaxFaults({ errors, warnings }: ReturnType<typeof parseDocument>): readonly YAMLError[] {
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  return first === undefined ? [...errors, ...warnings] : [first];
}

/** What the reader says of these helps only those who know YAML by heart. */
const PLAIN_WORDS: Partial<Record<ErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a text with ": " in it must stand in quotes',
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'a file holds one document: take out the line "---"',
};

/** Checks a file against a schema; throws `plan-invalid` with every fault and its place. */
export function parseFile<Schema extends z.ZodType>(file: YamlFile, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(file.body);
  if (parsed.success) return parsed.data;
  throw invalid(flatIssues(parsed.error.issues).map(({ path, message }) => sentence(file, path, message)));
}

export interface LoadedPlan {
  readonly plan: Plan;
  /** Without the places in it: they hold the whole tree of the file, which is many times its size. */
  readonly file: Omit<YamlFile, 'place'>;
  readonly warnings: readonly string[];
}

/** A plan with its shape and its meaning checked: every fault at once, each with its place. */
export function checkPlan(
  file: YamlFile,
  actions: Readonly<Record<string, AnyAction>>,
  people: People | null,
  connections: Connections | null,
): LoadedPlan {
  const plan = parseFile(file, Plan);
  const faults = [
    ...planFaults(plan, shapesOf(actions), people, connections),
    ...(people === null || connections === null ? [] : needFaults(plan, actions, people, connections)),
  ];
  const lines = (level: 'error' | 'warning') =>
    faults.filter((fault) => fault.level === level).map(({ path, message }) => sentence(file, path, message));
  const errors = lines('error');
  if (basename(file.name).replace(/\.ya?ml$/, '') !== plan.system)
    errors.push(
      `${file.place(['system'])} system: the file of "${plan.system}" must be called ${plan.system}.yml`,
    );
  if (errors.length > 0) throw invalid(errors);
  const { name, source, body } = file;
  return { plan, file: { name, source, body }, warnings: lines('warning') };
}

/** How the linter sees the registry. Parameters that refer to what only a run knows are left for the run. */
export function shapesOf(
  actions: Readonly<Record<string, AnyAction>>,
): Readonly<Record<string, ActionShape>> {
  return Object.fromEntries(
    Object.entries(actions).map(([name, action]) => [
      name,
      {
        class: action.class,
        after: action.after,
        gives: (params) => [...Object.keys(action.gives), ...keysOf(params[action.givesUnder ?? ''])],
        paramFaults: (params) => {
          const parsed = action.schema.safeParse(params);
          if (parsed.success) return [];
          return flatIssues(parsed.error.issues).filter(({ path }) => !hasSymbols(valueAt(params, path)));
        },
      } satisfies ActionShape,
    ]),
  );
}

function keysOf(value: Json | undefined): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** zod's issues with unions opened: the branch that fits best speaks. */
function flatIssues(issues: readonly z.core.$ZodIssue[]): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'invalid_union' && 'options' in issue)
      return [{ path, message: `expected one of ${issue.options?.join(', ')}` }];
    if (issue.code === 'invalid_union') {
      const branches = issue.errors.map(flatIssues).filter((branch) => branch.length > 0);
      const best = branches.sort((a, b) => unknownKeys(a) - unknownKeys(b) || a.length - b.length)[0];
      return (best ?? []).map((inner) => ({ path: [...path, ...inner.path], message: inner.message }));
    }
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"` }));
    if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
      return [{ path, message: 'is missing' }];
    if (issue.code === 'invalid_type' && path.length === 0 && issue.message.endsWith('received null'))
      return [{ path, message: 'is empty' }];
    return [{ path, message: issue.message.replace(/^Invalid input: /, '') }];
  });
}

function unknownKeys(branch: readonly Issue[]): number {
  return branch.filter(({ message }) => message.startsWith('unknown key')).length;
}

function valueAt(value: Json, path: readonly (string | number)[]): Json {
  return path.reduce<Json>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return null;
    return Object.entries(inner).find(([name]) => name === String(key))?.[1] ?? null;
  }, value);
}

function sentence(file: YamlFile, path: readonly (string | number)[], message: string): string {
  const dotted = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
  return `${file.place(path)} ${dotted === '' ? 'file' : dotted}: ${message}`;
}

function invalid(faults: readonly string[]): AppError {
  return new AppError('plan-invalid', faults.join('\n'), { details: faults });
}

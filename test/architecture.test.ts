import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 300;

interface Layer {
  /** Layers it may import, besides itself. */
  readonly may: readonly string[];
  readonly packages: readonly string[];
  /** `true`: every module of Node. Pure layers name the ones they may use. */
  readonly node: true | readonly string[];
}

/** Who may import whom. Nothing points up; a package that matters has one importer. */
const LAYERS: Readonly<Record<string, Layer>> = {
  domain: { may: [], packages: ['zod', 'croner'], node: ['node:crypto'] },
  render: { may: ['domain', 'ground'], packages: ['liquidjs', 'echarts'], node: [] },
  store: {
    may: ['domain', 'ground'],
    packages: ['pg', 'node-pg-migrate'],
    node: ['node:url', 'node:crypto', 'node:timers/promises'],
  },
  // pg: the owner's session that grants the runtime role its rights on pg-boss's schema.
  queue: { may: ['domain', 'store', 'ground'], packages: ['pg-boss', 'pg'], node: [] },
  services: { may: ['domain', 'store', 'queue', 'ground'], packages: [], node: [] },
  clients: {
    may: ['domain', 'ground'],
    packages: [
      '@aws-sdk/client-s3',
      '@aws-sdk/client-sns',
      '@kubernetes/client-node',
      '@resvg/resvg-js',
      '@slack/web-api',
      'ioredis',
      'pg',
      'zod',
    ],
    node: true,
  },
  actions: { may: ['domain', 'clients', 'ground'], packages: ['zod'], node: true },
  command: { may: ['domain', 'services'], packages: [], node: [] },
  commands: { may: ['domain', 'services', 'command', 'ground'], packages: ['zod'], node: [] },
  inventory: { may: ['domain', 'actions', 'clients', 'ground'], packages: ['zod'], node: true },
  jobs: {
    may: ['domain', 'store', 'queue', 'services', 'actions', 'clients', 'inventory', 'render', 'ground'],
    packages: ['node-cron'],
    node: true,
  },
  slack: {
    may: ['domain', 'services', 'render', 'command', 'ground'],
    packages: ['@slack/bolt', 'zod'],
    node: true,
  },
  http: {
    may: ['domain', 'services', 'render', 'ground'],
    packages: ['hono', '@hono/node-server', 'prom-client', 'sns-payload-validator', 'zod'],
    node: true,
  },
  /** errors.ts, hop.ts and sdk-log.ts: under everything but what is pure. */
  ground: { may: [], packages: [], node: true },
  /** The top of src/: starts things, reads files, knows everybody. */
  app: {
    may: [
      'domain',
      'render',
      'store',
      'queue',
      'services',
      'clients',
      'actions',
      'command',
      'commands',
      'jobs',
      'slack',
      'http',
      'ground',
    ],
    packages: ['commander', 'pino', 'yaml', 'zod'],
    node: true,
  },
  /** The pretend world knows the bot only as a process, but for the month of its watch. */
  sandbox: {
    may: ['simulation'],
    packages: [
      '@aws-sdk/client-s3',
      '@aws-sdk/client-sns',
      '@kubernetes/client-node',
      '@resvg/resvg-js',
      'fauxqs',
      'pg',
      'ws',
      'yaml',
      'zod',
    ],
    node: true,
  },
  /** A month of the watch: the bot's own jobs, on its own store and queue, in front of simulated sources. */
  simulation: {
    may: ['sandbox', 'domain', 'inventory', 'jobs', 'render', 'services', 'store', 'app'],
    packages: ['yaml'],
    node: true,
  },
  /** The page of the sandbox runs in a browser: of the rest it sees the types of the contract. */
  browser: { may: ['sandbox'], packages: ['preact', 'htm'], node: [] },
};

const GROUND = ['src/errors.ts', 'src/hop.ts', 'src/sdk-log.ts'];

const code = ['src', 'commands', 'sandbox'].flatMap(filesOf);
const everything = [...code, ...['bench', 'test'].flatMap(filesOf)];

test('nothing imports upwards, and a package only where the table allows it', () => {
  const faults = code.flatMap((path) => importFaults(path, read(path)));

  expect(faults).toEqual([]);
});

test('the domain and the rendering have no clock, no randomness and no environment', () => {
  const pure = code.filter((path) => ['domain', 'render'].includes(layerOf(path)));
  const faults = pure.flatMap((path) => impureLines(path, read(path)));

  expect(faults).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines`, () => {
  const long = code.filter((path) => read(path).trimEnd().split('\n').length > MAX_LINES);

  expect(long).toEqual([]);
});

test('every export has a name', () => {
  const faults = everything.filter((path) => /^export default\b|\bas default\b/m.test(read(path)));

  expect(faults).toEqual([]);
});

test('files are kebab-case', () => {
  const faults = everything.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/.test(basename(path)));

  expect(faults).toEqual([]);
});

test('no module is replaced in a test', () => {
  // Written in two parts, or this file would name itself.
  const replaced = new RegExp(`\\bvi\\.${'mock'}\\(`);

  expect(everything.filter((path) => replaced.test(read(path)))).toEqual([]);
});

test('no platform has a place in the bot: only comments and sentences name one, as an example', () => {
  const bot = code.filter((path) => !path.startsWith('sandbox/'));

  expect(bot.flatMap((path) => platformFaults(path, read(path)))).toEqual([]);
});

test.each([
  "if (system === 'janua') return;",
  'const januaUrl = read();',
  "const { cluster = 'veza-production' } = params;",
  'const path = `${root}/janua.yml`;',
  "import { restore } from './janua.ts';",
])('it is a place for a platform: %s', (line) => {
  expect(platformFaults('src/app.ts', line)).toEqual([`src/app.ts:1 ${line}`]);
});

test.each([
  '/** `janua` and RUN-31 give `janua_run31`. */',
  'const url = "https://x.y"; // veza-api, say',
  'throw new Error(\'expected a short name like "janua-primary"\');',
  "examples: ['/dr plan janua'],",
])('it is an example: %s', (line) => {
  expect(platformFaults('src/app.ts', line)).toEqual([]);
});

test.each([
  ['src/domain/run.ts', 'domain must not import ground', "import { AppError } from '../errors.ts';"],
  ['src/domain/run.ts', 'domain must not import node:fs', "import fs from 'node:fs';"],
  ['src/store/events.ts', 'store must not import jobs', "import type { World } from '../jobs/world.ts';"],
  ['src/jobs/run.ts', 'jobs must not import pg-boss', "import { PgBoss } from 'pg-boss';"],
  ['src/http/server.ts', 'http must not import @slack/bolt', "const bolt = await import('@slack/bolt');"],
  ['src/slack/start.ts', 'slack must not import app', "export {\n  a,\n  b,\n} from '../app.ts';"],
  ['commands/run.ts', 'commands must not import jobs', "import '../src/jobs/run.ts';"],
  ['sandbox/world.ts', 'sandbox must not import app', "import { createApp } from '../src/app.ts';"],
  ['sandbox/watch/bot.ts', 'simulation must not import queue', "import '../../src/queue/boss.ts';"],
  ['sandbox/world.ts', 'sandbox must not import commands', "import { run } from '../commands/run.ts';"],
  ['sandbox/page/page.ts', 'sandbox must not import preact', "import { h } from 'preact';"],
  ['sandbox/page/browser/api.ts', 'browser must not import node:fs', "import { readFile } from 'node:fs';"],
])('the table finds it: %s, %s', (path, said, source) => {
  expect(importFaults(path, source)).toEqual([`${path}: ${said}`]);
});

function importFaults(path: string, source: string): readonly string[] {
  const own = layerOf(path);
  return importsOf(source).flatMap((specifier) => {
    const target = specifier.startsWith('.') ? layerOf(normalize(join(dirname(path), specifier))) : specifier;
    return isAllowed(own, target, specifier) ? [] : [`${path}: ${own} must not import ${target}`];
  });
}

function isAllowed(own: string, target: string, specifier: string): boolean {
  const layer = LAYERS[own];
  if (layer === undefined) return false;
  if (specifier.startsWith('.')) return target === own || layer.may.includes(target);
  if (isBuiltin(specifier)) return layer.node === true || layer.node.includes(specifier);
  return layer.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

/** Specifiers of static imports, re-exports and dynamic imports. The formatter keeps statements at the line's start. */
function importsOf(source: string): readonly string[] {
  const found = [
    ...source.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm),
    ...source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return found.map((match) => match[1] ?? '');
}

/** `src/domain/run.ts` → domain, `src/main.ts` → app, `sandbox/slack/store.ts` → sandbox. */
function layerOf(path: string): string {
  if (GROUND.includes(path)) return 'ground';
  if (path === 'src/command.ts') return 'command';
  if (path.startsWith('sandbox/page/browser/')) return 'browser';
  if (/^sandbox\/(watch\/|demo\/backups)/.test(path)) return 'simulation';
  const [top = '', folder = '', ...rest] = path.split('/');
  if (top !== 'src') return top;
  // `dr doctor` looks at everything that was built, so it stands beside the app.
  return rest.length === 0 || folder === 'doctor' ? 'app' : folder;
}

function impureLines(path: string, source: string): readonly string[] {
  const impure =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(UUID|Bytes|Int)\(|\bprocess\.\w|\bperformance\.\w/;
  return source
    .split('\n')
    .flatMap((line, index) => (impure.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));
}

const PLATFORM = /janua|veza|santokit|auditron/i;

/** Lines that name a platform outside of a comment and of a text with a space in it, which is words for a person. */
function platformFaults(path: string, source: string): readonly string[] {
  const said = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\\n])*`/g;
  const isSaid = (text: string) => text.startsWith('/') || /\s/.test(text);
  const left = source.replace(said, (text) => (isSaid(text) ? text.replace(/[^\n]/g, '') : text)).split('\n');
  const lines = source.split('\n');
  return left.flatMap((line, index) =>
    PLATFORM.test(line) ? [`${path}:${index + 1} ${lines[index]?.trim()}`] : [],
  );
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

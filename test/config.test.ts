import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { AppError } from '../src/errors.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8');

const SOCKET = {
  DR_DATABASE_URL: 'postgresql://drbot@db.example/drbot',
  DR_CONFIG: '/etc/dr-bot',
  DR_SLACK_BOT_TOKEN: 'xoxb-1',
  DR_SLACK_APP_TOKEN: 'xapp-1',
};

test('Socket Mode is the default, and everything else has one', () => {
  expect(readConfig(SOCKET)).toEqual({
    ...SOCKET,
    DR_SLACK_MODE: 'socket',
    DR_LOG_LEVEL: 'info',
    DR_WATCH: 'on',
    DR_WORK_DIR: '/var/tmp/dr-bot',
    DR_HTTP_HOST: '0.0.0.0',
    DR_HTTP_PORT: 8080,
  });
});

test('without Slack no token is asked for', () => {
  const { DR_DATABASE_URL, DR_CONFIG } = SOCKET;

  expect(readConfig({ DR_DATABASE_URL, DR_CONFIG, DR_SLACK_MODE: 'off' }).DR_SLACK_MODE).toBe('off');
});

test('an empty variable is a missing one', () => {
  expect(faultsOf({ ...SOCKET, DR_CONFIG: '' })).toEqual(['DR_CONFIG: is missing']);
});

test('every missing variable is named at once', () => {
  expect(namesIn(faultsOf({}))).toEqual([
    'DR_CONFIG',
    'DR_DATABASE_URL',
    'DR_SLACK_APP_TOKEN',
    'DR_SLACK_BOT_TOKEN',
  ]);
  expect(namesIn(faultsOf({ DR_SLACK_MODE: 'http' }))).toEqual([
    'DR_CONFIG',
    'DR_DATABASE_URL',
    'DR_SLACK_BOT_TOKEN',
    'DR_SLACK_SIGNING_SECRET',
  ]);
});

test('every malformed variable is named at once, and no value is repeated', () => {
  const values = {
    DR_SLACK_MODE: 'http',
    DR_DATABASE_URL: 'hunter2 at db',
    DR_LOG_LEVEL: 'hunter3',
    DR_HTTP_PORT: '99999',
    DR_SLACK_API_URL: 'hunter4',
    DR_SLACK_BOT_TOKEN: 'xoxp-hunter5',
    DR_SLACK_SIGNING_SECRET: 'hunter6',
  };

  const faults = faultsOf({ ...values, DR_CONFIG: '/etc/dr-bot' });

  expect(namesIn(faults)).toEqual(
    Object.keys(values)
      .filter((name) => name !== 'DR_SLACK_MODE')
      .toSorted(),
  );
  for (const value of Object.values(values).filter((given) => given !== 'http'))
    expect(faults.join('\n')).not.toContain(value);
});

test('an unknown mode does not hide the other faults', () => {
  const faults = faultsOf({ DR_SLACK_MODE: 'sockets', DR_HTTP_PORT: 'eighty' });

  expect(namesIn(faults)).toEqual(['DR_CONFIG', 'DR_DATABASE_URL', 'DR_HTTP_PORT', 'DR_SLACK_MODE']);
  expect(faults.find((fault) => fault.startsWith('DR_SLACK_MODE'))).toContain('"socket", "http" or "off"');
});

test('the message says how many faults there are and where the variables are explained', () => {
  const fault = faultOf({});

  expect(fault.code).toBe('config-invalid');
  expect(fault.message).toMatch(/4 of its variables .*\.env\.example/);
});

test('.env.example is a configuration the bot starts with', () => {
  expect(() => readConfig(parseEnv(EXAMPLE))).not.toThrow();
  expect(() =>
    readConfig({ ...parseEnv(EXAMPLE.replaceAll(/^# (?=DR_)/gm, '')), DR_SLACK_MODE: 'http' }),
  ).not.toThrow();
});

test('.env.example has every variable the code reads, and no other', () => {
  const read = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => variablesIn(readFileSync(join(ROOT, 'src', name), 'utf8')))
    // The crash harness's own, documented where they are read.
    .filter((name) => !name.startsWith('DR_HOP_'));
  const explained = [...EXAMPLE.matchAll(/^(?:# )?(DR_[A-Z_]+)=/gm)].map((match) => match[1]);

  expect(explained.toSorted()).toEqual([...new Set(read)].toSorted());
});

function variablesIn(source: string): readonly string[] {
  return [...source.matchAll(/\bDR_[A-Z]+(?:_[A-Z]+)*\b/g)].map(([name]) => name);
}

function faultOf(env: Readonly<Record<string, string>>): AppError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  return faultOf(env).details;
}

function namesIn(faults: readonly string[]): readonly string[] {
  return faults.map((fault) => fault.split(':')[0] ?? '').toSorted();
}

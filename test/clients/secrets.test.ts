import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { resolveSecret, scrub } from '../../src/clients/secrets.ts';

afterEach(() => {
  delete process.env.SECRET_OF_A_TEST;
});

test('a secret comes from the environment or from a file, read anew each time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dr-secret-'));
  process.env.SECRET_OF_A_TEST = 'from-the-environment';
  await writeFile(join(folder, 'key'), 'from-a-file\n');

  expect(resolveSecret('env:SECRET_OF_A_TEST')).toBe('from-the-environment');
  expect(resolveSecret(`file:${folder}/key`)).toBe('from-a-file');
  await writeFile(join(folder, 'key'), 'rotated-value');
  expect(resolveSecret(`file:${folder}/key`)).toBe('rotated-value');
  await rm(folder, { recursive: true });
});

test('a missing or empty secret is named by its reference', () => {
  expect(() => resolveSecret('env:SECRET_OF_A_TEST')).toThrow('env:SECRET_OF_A_TEST is not set');
  expect(() => resolveSecret('file:/nowhere/key')).toThrow('file:/nowhere/key cannot be read');
  process.env.SECRET_OF_A_TEST = '';
  expect(() => resolveSecret('env:SECRET_OF_A_TEST')).toThrow('env:SECRET_OF_A_TEST is empty');
});

test('every secret ever resolved is hidden, and so is the password inside a connection string, however it is written', () => {
  process.env.SECRET_OF_A_TEST = 'postgres://dr:p%40ss-word-7@db:5432/janua';
  resolveSecret('env:SECRET_OF_A_TEST');

  expect(scrub('cannot reach postgres://dr:p%40ss-word-7@db:5432/janua')).toBe('cannot reach [hidden]');
  expect(scrub('password "p@ss-word-7" or p%40ss-word-7 was wrong')).toBe(
    'password "[hidden]" or [hidden] was wrong',
  );
  expect(scrub('redis://:never-resolved@cache:6379/0')).toBe('redis://:[hidden]@cache:6379/0');
  expect(scrub('the database janua is away')).toBe('the database janua is away');
});

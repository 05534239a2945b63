import { expect, test } from 'vitest';
import { fileFormat } from '../../src/domain/file-format.ts';

test.each([
  ['1f8b0800', 'gzip', 'packed'],
  ['28b52ffd', 'zstd', 'packed'],
  ['504b0304', 'zip', 'packed'],
  ['8502', 'PGP', 'encrypted'],
  [Buffer.from('Salted__12345678').toString('hex'), 'OpenSSL', 'encrypted'],
  [Buffer.from('age-encryption.org/v1').toString('hex'), 'age', 'encrypted'],
  [Buffer.from('PGDMP').toString('hex'), 'custom', 'dump'],
] as const)('%s is %s', (hex, name, is) => {
  expect(fileFormat(Buffer.from(hex, 'hex'))).toEqual({ name, is });
});

test('plain text, and nothing, have no format of their own', () => {
  expect(fileFormat(Buffer.from('-- PostgreSQL database dump'))).toBeUndefined();
  expect(fileFormat(Buffer.alloc(0))).toBeUndefined();
});

import { describe, expect, test } from 'vitest';
import { type Protection, seen } from '../../../src/domain/inventory.ts';
import { judge } from '../../../src/domain/rules/index.ts';
import { ago, DAY, inventoryOf, judged, NOW, subjectOf } from './world.ts';

const ASKED = {
  protection: {
    versioning: true,
    lock: { mode: 'COMPLIANCE', for: '30d' },
    encryption: 'aws:kms',
    key: 'alias/janua-production',
    keyRotation: '90d',
    publicAccess: 'blocked',
    writerDelete: 'denied',
  },
} as const;

const GOOD: Protection = {
  versioning: true,
  lock: { mode: 'COMPLIANCE', ms: 30 * DAY },
  encryption: { algorithm: 'aws:kms', key: 'arn:aws:kms:eu-west-1:123:alias/janua-production' },
  keyTurnedAt: ago(89 * DAY),
  publicAccess: 'blocked',
  writerDelete: 'denied',
};

const protection = (object: string, changes: Partial<Protection> = {}, backup: object = ASKED) =>
  judged('R13', object, {
    subject: subjectOf(backup),
    inventory: inventoryOf({ protection: seen({ ...GOOD, ...changes }) }),
  });

const OBJECTS = ['versioning', 'lock', 'encryption', 'key', 'key-age', 'public-access', 'writer-delete'];

describe('R13 protection', () => {
  test.each(OBJECTS)('%s as asked is healthy', (object) => {
    expect(protection(object)).toMatchObject({ health: 'ok', consequence: null });
  });

  test.each([
    ['versioning', { versioning: false }, 'Versioning is off, asked on'],
    ['lock', { lock: 'none' }, 'Object lock none, asked COMPLIANCE for 30 d'],
    [
      'lock',
      { lock: { mode: 'GOVERNANCE', ms: 60 * DAY } },
      'Object lock GOVERNANCE for 60 d, asked COMPLIANCE for 30 d',
    ],
    [
      'lock',
      { lock: { mode: 'COMPLIANCE', ms: 29 * DAY } },
      'Object lock COMPLIANCE for 29 d, asked COMPLIANCE for 30 d',
    ],
    ['encryption', { encryption: 'none' }, 'Encryption none, asked aws:kms'],
    ['encryption', { encryption: { algorithm: 'AES256', key: null } }, 'Encryption AES256, asked aws:kms'],
    ['key', { encryption: 'none' }, 'Key none of its own, asked alias/janua-production'],
    [
      'key',
      { encryption: { algorithm: 'aws:kms', key: 'alias/janua-staging' } },
      'Key alias/janua-staging, asked alias/janua-production',
    ],
    ['key-age', { keyTurnedAt: ago(91 * DAY) }, 'Key turned 22 Aug 12:00 UTC, 91 d ago; limit 90 d'],
    ['public-access', { publicAccess: 'open' }, 'Public access open, asked blocked'],
    ['writer-delete', { writerDelete: 'allowed' }, 'Deleting is allowed to the writer, asked denied'],
  ] as const)('%s %o is critical', (object, changes, text) => {
    expect(protection(object, changes)).toMatchObject({ health: 'critical', text });
  });

  test('a stricter lock than asked is as asked', () => {
    const asked = { protection: { lock: { mode: 'GOVERNANCE', for: '30d' } } };

    expect(protection('lock', {}, asked).health).toBe('ok');
    expect(protection('lock', { lock: { mode: 'GOVERNANCE', ms: 30 * DAY } }, asked).health).toBe('ok');
  });

  test.each(['alias/janua-production', 'abc-123'])(
    'a key is known by its id, its alias and its ARN: %s',
    (key) => {
      const asked = { protection: { key } };
      const arn = key.startsWith('alias/') ? `arn:aws:kms:x:1:${key}` : `arn:aws:kms:x:1:key/${key}`;

      for (const found of [key, arn]) {
        expect(protection('key', { encryption: { algorithm: 'aws:kms', key: found } }, asked).health).toBe(
          'ok',
        );
      }
    },
  );

  test.each(OBJECTS)('%s that was asked and not answered is not known', (object) => {
    const silent = {
      versioning: null,
      lock: null,
      encryption: null,
      keyTurnedAt: null,
      publicAccess: null,
      writerDelete: null,
    };

    expect(protection(object, silent)).toMatchObject({
      health: 'unknown',
      // The age of a key is read by nothing yet.
      alarms: object !== 'key-age',
    });
  });

  test('what the plan does not ask is not judged', () => {
    const verdicts = judge(
      subjectOf(),
      inventoryOf({ protection: seen({ ...GOOD, versioning: false }) }),
      NOW,
    );

    expect(verdicts.filter(({ rule }) => rule === 'R13')).toEqual([]);
  });
});

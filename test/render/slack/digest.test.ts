import { describe, expect, test } from 'vitest';
import { renderDigest } from '../../../src/render/slack/digest.ts';
import { textOf } from '../../helpers/block-kit.ts';
import { digest, manyLines } from '../../helpers/sample-backups.ts';

describe('the weekly digest', () => {
  test('tells how backups stand, what fired, what was proved and what changed its size', () => {
    const text = textOf(renderDigest(digest()));

    expect(text).toContain('Backups · Janua · 16 Nov to 23 Nov');
    expect(text).toContain(
      '*Backups (4)*   1 critical · 1 not known · 1 warning · 1 ok\n:rotating_light: critical · pg-daily',
    );
    expect(text).toContain(
      [
        '*Alerts*   1 fired · 1 closed',
        ':white_check_mark: ok · ALT-12 · pg-daily · newest good backup of PostgreSQL is too old · 23 Nov, lasted 1 h 31 min',
        ':warning: warning: still open for 9 d · ALT-9 · the bucket is open to the public',
      ].join('\n'),
    );
    expect(text).toContain(
      '*Restore tests*   1 of 2 done\n:white_check_mark: done: restore test Janua pg-daily',
    );
    expect(text).toContain('*Sizes*   1 changed\npg-daily · 38.4 MB · −60%');
    expect(text).toContain('Watch last ran 05:55 UTC');
  });

  test('says it in one sentence', () => {
    expect(renderDigest(digest()).text).toBe(
      'Backups of Janua this week: 1 critical, 1 not known, 1 warning, 1 ok, 1 alert fired, 1 closed, 1 of 2 restore tests done.',
    );
  });

  test('of a quiet week says so', () => {
    const quiet = textOf(renderDigest(digest({ alerts: [], tests: [], sizes: [] })));

    expect(quiet).toContain('*Alerts*   0 fired · 0 closed');
    expect(quiet).toContain('*Restore tests*   none ran');
    expect(quiet).toContain('*Sizes*   :white_check_mark: ok, all steady');
  });

  test('calls nothing ok where nothing is known', () => {
    const empty = textOf(
      renderDigest(digest({ lines: [], alerts: [], tests: [], sizes: [], lastRanAt: null })),
    );

    expect(empty).not.toContain(':white_check_mark:');
    expect(empty).toContain('not known when the watch last ran');
  });

  test('says how many do not fit', () => {
    expect(textOf(renderDigest(digest({ lines: manyLines(100) })))).toContain('… and 10 more');
  });
});

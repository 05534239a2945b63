import { describe, expect, it } from 'vitest';
import { renderBackups } from '../../../src/render/text/backups.ts';
import { backupLine, backupsModel, manyLines } from '../../helpers/sample-backups.ts';

describe('backups in a terminal', () => {
  it('have the words of Slack, a mark of one width and the local time', () => {
    expect(renderBackups(backupsModel(), 'Europe/Athens').split('\n').slice(0, 9)).toEqual([
      'Backups · 1 critical · 1 not known · 2 warning · 1 ok · watch last ran 04:10 UTC',
      '  (06:10 local)',
      '',
      'Janua',
      '  [crit] pg-daily           age 26 h 10 min (limit 25 h) · fails now: lose 26 h',
      '                            10 min · restored 14 Nov, 3 min',
      '  [????] redis-rdb          last good 22 Nov 20:00 · no answer since 02:40 ·',
      '                            never restored',
      '  [warn] pg-wal             age 2 min · no runbook restores from it, so it does',
    ]);
  });

  it('are all shown', () => {
    expect(renderBackups(backupsModel({ lines: manyLines(100) })).match(/^ {2}\[(ok|crit)\]/gm)).toHaveLength(
      100,
    );
  });

  it('never widen the screen nor colour it', () => {
    const hostile = backupLine({
      backup: 'x'.repeat(90),
      health: 'critical',
      ageMs: null,
      text: `${'y'.repeat(200)}\u001b[31m\n\u202e`,
    });

    const text = renderBackups(backupsModel({ lines: [hostile] }));

    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });

  it('say that nothing is watched, and that the watch has not run', () => {
    expect(renderBackups(backupsModel({ lines: [] }))).toBe(
      'No backup is declared. Nothing is watched. Add it under "backups" in the plan.',
    );
    expect(renderBackups(backupsModel({ lastRanAt: null }))).toContain('the watch has not run yet');
  });
});

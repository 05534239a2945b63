import { describe, expect, test } from 'vitest';
import { backupsHome, renderBackups, renderBackupsDetails } from '../../../src/render/slack/backups-list.ts';
import { message } from '../../../src/render/slack/blocks.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { HOUR } from '../../helpers/sample-alerts.ts';
import { backupLine, backupsModel, manyLines } from '../../helpers/sample-backups.ts';

const labels = (shown: ReturnType<typeof renderBackups>) =>
  buttonsOf(shown.blocks).map(({ text }) => text.text);
const lineOf = (changes: Parameters<typeof backupLine>[0]) =>
  textOf(renderBackups(backupsModel({ lines: [backupLine(changes)] })))
    .split('\n')
    .find((line) => line.startsWith(':') && line.includes('pg-daily'));

describe('the screen of backups', () => {
  const screen = renderBackups(backupsModel());

  test('counts them, says when the watch last ran, and lists problems first', () => {
    expect(textOf(screen).replace(/<!date[^>]*>/g, '')).toContain(
      [
        '*Backups* · 1 critical · 1 not known · 2 warning · 1 ok · watch last ran 04:10 UTC ',
        '*Janua*',
        ':rotating_light: critical · pg-daily · age 26 h 10 min (limit 25 h) · fails now: lose 26 h 10 min',
        ':grey_question: not known · redis-rdb · last good 22 Nov 20:00 · no answer since 02:40 · never restored',
        ':warning: warning · pg-wal · age 2 min · no runbook restores from it, so it does not reduce the loss',
        ':white_check_mark: ok · config-git · age 4 h · limit 24 h · size steady · restored 14 Nov, 3 min',
        '*Santokit*',
        ':warning: warning · rds-automated · acknowledged · age 6 min · the newest one is 24% larger',
      ].join('\n'),
    );
    expect(screen.text).toBe('Backups: 1 critical, 1 not known, 2 warning, 1 ok, watch last ran 04:10 UTC.');
  });

  test('leads to a restore test and to one system', () => {
    expect(labels(screen)).toEqual(['Run restore test']);
    expect(
      screen.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : [])).at(-1),
    ).toMatchObject({
      options: [{ value: 'do=backups.show&system=janua' }, { value: 'do=backups.show&system=santokit' }],
    });
  });

  test('of one system leads to the others, and of the only one nowhere', () => {
    expect(JSON.stringify(renderBackups(backupsModel({ system: 'janua' })))).not.toContain(
      'backups.show&system=janua',
    );
    expect(
      JSON.stringify(renderBackups(backupsModel({ systems: [{ id: 'janua', name: 'Janua' }] }))),
    ).not.toContain('overflow');
  });

  test('stops after twelve lines and offers the healthy ones', () => {
    const lines = manyLines(40);

    const short = renderBackups(backupsModel({ lines }));
    const long = renderBackups(backupsModel({ lines, healthyShown: true }));

    expect(textOf(short)).toContain('… and 28 more: Details');
    expect(labels(short)).toEqual(['Show healthy ones', 'Run restore test', 'Details']);
    expect(buttonsOf(short.blocks)[0]?.value).toBe('choice=all');
    expect(textOf(long).match(/:white_check_mark: ok/g)).toHaveLength(32);
    expect(labels(long)).toEqual(['Run restore test', 'Details']);
  });

  test('offers no healthy ones while not even the problems fit', () => {
    const crowd = renderBackups(backupsModel({ lines: manyLines(200) }));

    expect(labels(crowd)).toEqual(['Run restore test', 'Details']);
    expect(textOf(renderBackups(backupsModel({ lines: manyLines(200), healthyShown: true })))).toContain(
      '… and 140 more: Details',
    );
  });

  test('says what to do where nothing is declared, and is never green', () => {
    const none = renderBackups(backupsModel({ lines: [], lastRanAt: null }));

    expect(textOf(none)).toContain('not known how they are: the watch has not run yet');
    expect(textOf(none)).toContain(
      'No backup is declared for any system. Nothing is watched. Add it under "backups" in the plan.',
    );
    expect(textOf(renderBackups(backupsModel({ lines: [], system: 'janua' })))).toContain(
      'No backup is declared for Janua.',
    );
    expect(labels(none)).toEqual([]);
  });
});

describe('one backup', () => {
  test.each<[string, Parameters<typeof backupLine>[0], string]>([
    ['without a limit', { ageLimitMs: null }, 'age 4 h · size steady · restored 14 Nov, 3 min'],
    ['that shrank', { sizeTrend: -0.6 }, 'age 4 h · limit 24 h · size −60% · restored 14 Nov, 3 min'],
    ['without an age', { ageMs: null, lastGoodAt: null, sizeTrend: null }, 'restored 14 Nov, 3 min'],
    [
      'without an age that is not known to be good',
      { health: 'unknown', text: null, ageMs: null, lastGoodAt: null, sizeTrend: null },
      'last good not known · restored 14 Nov, 3 min',
    ],
    [
      'that loses less than its age, since the write-ahead log is archived',
      { lossMs: HOUR / 20, sizeTrend: null },
      'age 4 h · limit 24 h · fails now: lose 3 min · restored 14 Nov, 3 min',
    ],
    [
      'that loses its age, which is told once',
      { lossMs: 4 * HOUR },
      'age 4 h · limit 24 h · size steady · restored 14 Nov, 3 min',
    ],
    [
      'that is young enough and has another fault',
      { health: 'warning', text: 'the lock is open', lossMs: 4 * HOUR },
      'age 4 h · fails now: lose 4 h · the lock is open · size steady',
    ],
  ])('%s', (_, changes, facts) => {
    expect(lineOf(changes)).toMatch(new RegExp(` · pg-daily · ${facts.replace(/[()+]/g, '\\$&')}$`));
  });

  test('never takes more than 90 characters, and never cuts a name of an object in two', () => {
    const line =
      lineOf({ health: 'critical', ageMs: null, text: `\`${'key '.repeat(60)}\` <b> is gone` }) ?? '';

    expect(line.replace(/^:\w+: /, '').length).toBeLessThanOrEqual(90);
    expect(line).not.toContain('`');
  });
});

describe('all that is known of backups', () => {
  test('is on one line each, with their titles', () => {
    expect(textOf(renderBackupsDetails(backupsModel()))).toContain(
      ':warning: warning · rds-automated · daily dump · acknowledged · age 6 min · the newest one is 24% larger · size +24% · restored 19 Nov, 34 min',
    );
  });

  test('leaves the healthiest out where a dialog cannot hold all, and says so', () => {
    const text = textOf(renderBackupsDetails(backupsModel({ lines: manyLines(1_000) })));

    expect(text).toContain('800 more are left out, the healthiest: dr backups in a terminal shows all.');
    expect(text.match(/critical · set-/g)).toHaveLength(200);
  });
});

describe('the part of App Home', () => {
  const home = (changes: Parameters<typeof backupsModel>[0]) =>
    textOf(message('Home', ...backupsHome(backupsModel(changes))));

  test('has the counts and the problems of all systems', () => {
    expect(home({})).toContain(
      '*Backups (5)*   1 critical · 1 not known · 2 warning · 1 ok\n:rotating_light: critical · Janua pg-daily · age 26 h',
    );
    expect(home({})).not.toContain('config-git');
  });

  test('says how many problems do not fit, and that nothing is declared', () => {
    expect(home({ lines: manyLines(100) })).toContain('… and 8 more: Backups');
    expect(home({ lines: [] })).toContain('*Backups (0)*   none are declared');
  });
});

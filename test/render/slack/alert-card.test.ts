import { describe, expect, test } from 'vitest';
import { renderAlertCard } from '../../../src/render/slack/alert-card.ts';
import type { Message } from '../../../src/render/slack/blocks.ts';
import { buttonsOf, textOf } from '../../helpers/block-kit.ts';
import { ALERT, alertView, groupView, HOUR, night, tooOld, unreadable } from '../../helpers/sample-alerts.ts';

const labels = (card: Message): readonly string[] =>
  buttonsOf(card.blocks).map(({ text, style }) =>
    style === undefined ? text.text : `${style}: ${text.text}`,
  );
/** As a person reads it: date tokens show their fallback. */
const read = (card: Message): string => textOf(card).replace(/<!date\^[^|]*\|([^>]*)>/g, '$1');
const headerOf = (card: Message) => card.blocks.find(({ type }) => type === 'header');

describe('an alert that fires', () => {
  const card = renderAlertCard(alertView(tooOld(), [ALERT.told]));

  test('says what is wrong, since when, what it costs and what was seen', () => {
    expect(headerOf(card)).toMatchObject({ text: { text: 'Backup alert · Janua · critical' } });
    expect(read(card)).toContain(
      [
        ':rotating_light: *critical: newest good backup of PostgreSQL is too old*',
        'Age 26 h 10 min, limit 25 h. Since 03:00 UTC (2026-11-23 03:00Z).',
        '*If the database fails now you lose 26 h 10 min of data.* RPO 5 min.',
        "Last night's dump `postgres_janua_20261123_020004.sql.gz` is empty (20 bytes). The producer reported success.",
        'Newest good: `postgres_janua_20261122_020003.sql.gz`, 38.1 MB, an earlier one proved by a restore 14 Nov.',
      ].join('\n'),
    );
  });

  test('says in small print which rule it is, who is called next and how old the card is', () => {
    expect(read(card)).toContain(
      'ALT-12 · Rule R2 age · backup `pg-daily` · on call: Ana, then Ben at 04:25 UTC · watch last ran 04:10 UTC · As of 04:10:02 UTC',
    );
  });

  test('says all that in one sentence to who only hears it', () => {
    expect(card.text).toBe(
      'Critical: Janua pg-daily, newest good backup of PostgreSQL is too old. Age 26 h 10 min, limit 25 h. If the database fails now you lose 26 h 10 min of data.',
    );
  });

  test('asks to be acknowledged first', () => {
    expect(labels(card)).toEqual(['primary: Acknowledge', 'Declare incident', 'Run restore test']);
    expect(card.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))).toMatchObject([
      { value: 'alert=ALT-12' },
      { value: 'system=janua&alert=ALT-12' },
      { value: 'choice=monthly&system=janua' },
      { options: [{ text: { text: 'Snooze' } }, { text: { text: 'Details' } }] },
    ]);
  });

  test('shows its picture where there is one, and says it in words', () => {
    const drawn = renderAlertCard(
      alertView(),
      {},
      { fileId: 'F0CHART', alt: 'Age rose from 2 h to 26 h; limit 25 h crossed at 03:00 UTC' },
    );

    expect(card.blocks.map(({ type }) => type)).not.toContain('image');
    expect(drawn.blocks.find(({ type }) => type === 'image')).toEqual({
      type: 'image',
      slack_file: { id: 'F0CHART' },
      alt_text: 'Age rose from 2 h to 26 h; limit 25 h crossed at 03:00 UTC',
    });
  });

  test('offers no restore test where the plan has none for this backup', () => {
    const untested = alertView();

    expect(labels(renderAlertCard({ ...untested, plan: { ...untested.plan, restoreTests: [] } }))).toEqual([
      'primary: Acknowledge',
      'Declare incident',
    ]);
  });

  test('leaves out what is not known instead of inventing it', () => {
    const bare = read(
      renderAlertCard(
        alertView(tooOld({ consequence: null, facts: [], since: null }), [], {
          newestGood: null,
          checkedAt: null,
          lastRestoreProved: null,
        }),
      ),
    );

    expect(bare).toContain('First seen 03:00 UTC');
    expect(bare).toContain('not known when the watch last ran');
    expect(bare).not.toMatch(/Newest good|RPO/);
  });

  test('tells what the rule saw of the newest good backup where nothing else tells it', () => {
    const card = read(renderAlertCard(alertView(tooOld(), [], { newestGood: null })));

    expect(card).toContain('Newest good: postgres_janua_20261122_020003.sql.gz, 22 Nov 02:00 UTC');
    expect(card.match(/RPO 5 min/g)).toHaveLength(1);
  });

  test('says that a backup was never proved', () => {
    expect(read(renderAlertCard(alertView(tooOld(), [], { lastRestoreProved: null })))).toContain(
      '38.1 MB, never proved by a restore.',
    );
  });
});

describe('an alert of a source that does not answer', () => {
  test('is not known at first, and says when it counts as critical', () => {
    const card = renderAlertCard(alertView(unreadable()));

    expect(headerOf(card)).toMatchObject({ text: { text: 'Backup alert · Janua · not known' } });
    expect(read(card)).toContain(
      ':grey_question: *not known: bucket "backups" cannot be read*\nS3 in eu-west-1 refuses access. First seen 03:00 UTC (2026-11-23 03:00Z).\nTreated as critical after the next check, 04:15 UTC.\n*Whether its backups are good is not known.*\nAccessDenied.',
    );
    expect(labels(card)).not.toContain('Run restore test');
  });

  test('names no time where none is known', () => {
    expect(read(renderAlertCard(alertView(unreadable(), [], { nextCheckAt: null })))).toContain(
      'Treated as critical after the next check.',
    );
  });

  test('is critical the second time, and says why', () => {
    const card = read(renderAlertCard(alertView(unreadable(), [ALERT.worse(unreadable(), '03:15:00')])));

    expect(card).toContain(
      ':rotating_light: *critical, worse since 03:15 UTC: bucket "backups" cannot be read*',
    );
    expect(card).toContain('Treated as critical: two checks in a row could not look.');
  });
});

describe('an alert that somebody answered', () => {
  test('shows who looks after it and until when, and asks nobody any more', () => {
    const card = renderAlertCard(alertView(tooOld(), [ALERT.acknowledged()]));

    expect(read(card)).toContain('Acknowledged by Ben until 06:10 UTC (2026-11-23 06:10Z):\n> job restarted');
    expect(labels(card)).toEqual(['Declare incident', 'Run restore test', 'Details']);
    expect(read(card)).not.toContain('on call');
  });

  test('needs no note', () => {
    expect(read(renderAlertCard(alertView(tooOld(), [ALERT.acknowledged(null)])))).toContain(
      'Acknowledged by Ben until 06:10 UTC (2026-11-23 06:10Z).\n',
    );
  });

  test('shows the reason of a snooze as a quote', () => {
    expect(read(renderAlertCard(alertView(tooOld(), [ALERT.snoozed()])))).toContain(
      'Snoozed by Ben until 08:00 UTC (2026-11-23 08:00Z):\n> bucket is being moved',
    );
  });

  test('leads to the incident that was declared from it', () => {
    const card = renderAlertCard(alertView(tooOld(), [ALERT.declared]), {
      'INC-2026-016': 'https://example.slack.com/archives/C016',
    });

    expect(read(card)).toContain('INC-2026-016 declared from this alert.');
    expect(labels(card)).toEqual(['Open channel', 'Details']);
  });
});

test('an alert that is over says what ended it and how long it lasted', () => {
  const card = renderAlertCard(alertView(tooOld(), [ALERT.told, ALERT.closed()], { now: night('04:31:12') }));

  expect(headerOf(card)).toMatchObject({ text: { text: 'Backup alert · Janua · closed' } });
  expect(read(card)).toContain(
    ':white_check_mark: ok: a good backup was taken 04:31:11 UTC (38.4 MB). Alert lasted 1 h 31 min.\nIt was critical: newest good backup of PostgreSQL is too old.',
  );
  expect(card.text).toBe('Closed: Janua pg-daily, a good backup was taken 04:31:11 UTC (38.4 MB).');
  expect(labels(card)).toEqual(['Details']);
  expect(read(card)).toContain('Times are UTC');
  expect(read(card)).not.toMatch(/As of|on call/);
});

describe('alerts that fired together', () => {
  const loss = (backup: string, hours: number) =>
    unreadable({
      rule: 'R3',
      backup,
      measure: { kind: 'loss', value: hours * HOUR, limit: HOUR, unit: 'ms' },
    });
  const outage = [loss('redis-rdb', 5), loss('pg-daily', 3), loss('pg-wal', 4), loss('config-git', 8)];

  test('share a card that names their one cause', () => {
    const card = renderAlertCard(groupView(outage));

    expect(headerOf(card)).toMatchObject({ text: { text: '4 backup alerts · one cause' } });
    expect(read(card)).toContain(
      ':grey_question: *not known: S3 in eu-west-1 refuses access since 03:00 UTC.* 4 backups cannot be judged.',
    );
    expect(read(card)).toContain(
      ':grey_question: not known · Janua redis-rdb · fails now: lose at least 5 h',
    );
    expect(card.text).toBe('Not known: 4 backup alerts of Janua. S3 in eu-west-1 refuses access.');
    expect(labels(card)).toEqual(['primary: Acknowledge all', 'Declare incident', 'Details']);
  });

  test('are of a system where they have no cause in common, the worst first', () => {
    const card = renderAlertCard(
      groupView([...outage, tooOld({ measure: { kind: 'loss', value: 3 * HOUR, limit: HOUR, unit: 'ms' } })]),
    );

    expect(headerOf(card)).toMatchObject({ text: { text: '5 backup alerts · Janua' } });
    expect(read(card)).not.toContain('cannot be judged');
    expect(read(card)).toMatch(
      /:rotating_light: critical · Janua pg-daily · fails now: lose 3 h\n:grey_question: not known · Janua redis-rdb/,
    );
    expect(card.text).toContain('Worst: Janua pg-daily, fails now: lose 3 h.');
  });

  test('show ten lines and say how many more there are', () => {
    const card = renderAlertCard(groupView(Array.from({ length: 14 }, () => tooOld())));
    const lines = read(card).split('\n');

    expect(lines.filter((line) => line.startsWith(':rotating_light:'))).toHaveLength(9);
    expect(lines).toContain('… and 5 more: Details');
  });

  test('say each for itself who answered and what is over', () => {
    const events = [[ALERT.acknowledged()], [ALERT.snoozed()], [ALERT.closed()], []];
    const card = renderAlertCard(groupView(outage, (index) => events[index] ?? []));

    expect(headerOf(card)).toMatchObject({ text: { text: '3 backup alerts · one cause' } });
    expect(read(card)).toContain('redis-rdb · fails now: lose at least 5 h · acknowledged by Ben');
    expect(read(card)).toContain('pg-daily · fails now: lose at least 3 h · snoozed by Ben');
    expect(read(card)).toContain(':white_check_mark: ok · Janua pg-wal · closed 04:31 UTC');
    expect(labels(card)[0]).toBe('primary: Acknowledge all');
  });

  test('are not asked about again once all are answered', () => {
    const card = renderAlertCard(groupView(outage, () => [ALERT.acknowledged()]));

    expect(labels(card)).toEqual(['Declare incident', 'Details']);
  });

  test('lead to the incident that was declared from one of them', () => {
    const card = renderAlertCard(
      groupView(outage, (index) => (index === 0 ? [ALERT.declared] : [])),
      { 'INC-2026-016': 'https://example.slack.com/archives/C016' },
    );

    expect(read(card)).toContain('INC-2026-016 declared from this alert.');
    expect(labels(card)).toEqual(['primary: Acknowledge all', 'Open channel', 'Details']);
  });

  test('are closed together in the end', () => {
    const card = renderAlertCard(groupView(outage, () => [ALERT.closed()]));

    expect(headerOf(card)).toMatchObject({ text: { text: '4 backup alerts · closed' } });
    expect(read(card)).toContain(':white_check_mark: ok: all that fired together are closed.');
    expect(labels(card)).toEqual(['Details']);
  });
});

test('a restore from before a backup was taken is told as the proof of an earlier one', () => {
  const view = alertView();
  const proofAt = (lastRestoreProved: string) => read(renderAlertCard({ ...view, lastRestoreProved }));

  expect(proofAt('2026-11-21T03:00:00Z')).toContain('38.1 MB, an earlier one proved by a restore 21 Nov.');
  expect(proofAt('2026-11-22T03:00:00Z')).toContain('38.1 MB, restore proved 22 Nov.');
});

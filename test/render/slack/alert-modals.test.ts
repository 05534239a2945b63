import { describe, expect, test } from 'vitest';
import { renderAlertDetails } from '../../../src/render/slack/alert-details.ts';
import {
  readAcknowledge,
  readSnoozeAlert,
  renderAcknowledge,
  renderSnoozeAlert,
} from '../../../src/render/slack/alert-modals.ts';
import { choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import {
  ALERT,
  alertView,
  groupView,
  MINUTE,
  night,
  tooOld,
  unreadable,
} from '../../helpers/sample-alerts.ts';

describe('the acknowledgement', () => {
  const form = renderAcknowledge(alertView());

  test('asks for how long, two hours if nobody says otherwise, and for no reason', () => {
    expect(choicesOf(form, 'for')).toEqual(['30 min', '2 h', '8 h']);
    expect(fieldOf(form, 'for')?.element).toMatchObject({ initial_option: { value: '120' } });
    expect(fieldOf(form, 'note')?.optional).toBe(true);
    expect(form.private_metadata).toBe('alert=ALT-12');
    expect(textOf(form)).toContain('ALT-12, Janua pg-daily: newest good backup of PostgreSQL is too old.');
  });

  test('says of how many it is where they share a card', () => {
    expect(textOf(renderAcknowledge(groupView([tooOld(), tooOld(), tooOld(), tooOld()])))).toContain(
      '4 alerts of Janua that fired together.',
    );
  });

  test.each([
    [
      { for: '30', note: ' job restarted ' },
      { forMs: 30 * MINUTE, note: 'job restarted' },
    ],
    [{ for: '480' }, { forMs: 480 * MINUTE, note: null }],
    [
      { for: '999999', note: ' ' },
      { forMs: 120 * MINUTE, note: null },
    ],
    [{}, { forMs: 120 * MINUTE, note: null }],
  ])('is read from the form: %j', (fields, read) => {
    expect(readAcknowledge(fields)).toEqual(read);
  });
});

describe('the snooze', () => {
  const form = renderSnoozeAlert(alertView());

  test('needs a reason and ends after a week at the latest', () => {
    expect(choicesOf(form, 'for')).toEqual(['1 h', '8 h', '24 h', '7 d']);
    expect(fieldOf(form, 'reason')?.optional).toBe(false);
  });

  test.each([
    [
      { for: '10080', reason: 'moved' },
      { forMs: 10_080 * MINUTE, reason: 'moved' },
    ],
    [{ for: 'x' }, { forMs: 60 * MINUTE, reason: '' }],
  ])('is read from the form: %j', (fields, read) => {
    expect(readSnoozeAlert(fields)).toEqual(read);
  });
});

describe('the details of an alert', () => {
  const log = [
    [ALERT.acknowledged('looking <at> it'), '03:10:00'],
    [{ kind: 'alert.acknowledgement-ended', by: 'ben', at: '' }, '06:10:00'],
    [ALERT.worse(tooOld()), '09:00:00'],
    [ALERT.snoozed(), '09:10:00'],
    [{ kind: 'alert.snooze-ended', at: '' }, '09:20:00'],
    [ALERT.told, '09:30:00'],
    [ALERT.declared, '09:40:00'],
    [{ kind: 'alert.incident-ended', incident: 'INC-2026-016', at: '' }, '09:45:00'],
    [ALERT.closed(), '09:50:00'],
    [{ kind: 'incident.cancelled', reason: 'x' }, '09:55:00'],
  ] as const;
  const history = log.map(([event, at]) => ({ at: night(at), event }));
  const details = textOf(renderAlertDetails(alertView(tooOld(), [ALERT.told]), history));

  test('name the rule, its number, its limits and the rows of the plan that ask for it', () => {
    expect(details).toContain(
      [
        '*Rule R2 age* · backup `pg-daily`',
        'Measured: age 26 h 10 min, limit 25 h',
        'Schedule: `0 2 * * *` UTC, grace 30 min',
        'Places: `eu-west-1` (primary, s3)',
        'Limits: age 25 h · size ±20% warns, ±50% is critical · duration 150% of the usual',
        'Asked for by J-44',
      ].join('\n'),
    );
  });

  test('name the newest good one and its last proof in full', () => {
    expect(details).toContain(
      'Newest good: `postgres_janua_20261122_020003.sql.gz`, taken 22 Nov 2026 02:00:03 UTC, 38.1 MB\nRestore: proved 14 Nov 2026 03:00:00 UTC',
    );
  });

  test('tell what happened to it, words of people in quotation marks', () => {
    expect(details).toContain(
      [
        '*History*',
        '03:00:00 fired: critical, Age 26 h 10 min, limit 25 h',
        '03:10:00 acknowledged by Ben until 06:10 UTC: "looking &lt;at&gt; it"',
        '06:10:00 acknowledgement of Ben ended',
        '09:00:00 worse: critical, Age 26 h 10 min, limit 25 h',
        '09:10:00 snoozed by Ben until 08:00 UTC: "bucket is being moved"',
        '09:20:00 snooze ended',
        '09:30:00 Ana was told',
        '09:40:00 INC-2026-016 declared from this alert',
        '09:45:00 INC-2026-016 is over, and this still holds',
        '09:50:00 closed: a good backup was taken 04:31:11 UTC (38.4 MB)',
        'on call: Ana, then Ben at 04:25 UTC',
      ].join('\n'),
    );
  });

  test('say what is not known', () => {
    const bare = textOf(
      renderAlertDetails(
        alertView(unreadable({ since: null }), [], {
          backup: null,
          newestGood: null,
          lastRestoreProved: null,
        }),
      ),
    );

    expect(bare).toContain('Newest good: not known, none was found\nRestore: never proved');
    expect(bare).not.toMatch(/Measured|Schedule/);
  });

  test('of an alert that is over begin with its end', () => {
    expect(textOf(renderAlertDetails(alertView(tooOld(), [ALERT.closed()])))).toContain(
      'ok: a good backup was taken 04:31:11 UTC (38.4 MB). Alert lasted 1 h 31 min.',
    );
  });

  test('of a group have a line for each, none left out', () => {
    const group = textOf(renderAlertDetails(groupView(Array.from({ length: 30 }, () => unreadable()))));

    expect(group.match(/bucket "backups" cannot be read/g)).toHaveLength(30);
  });
});

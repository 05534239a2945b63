import { describe, expect, test } from 'vitest';
import { toldOf } from '../../../src/domain/alert-events.ts';
import { postOfAlert } from '../../../src/render/slack/alert-posts.ts';
import { textsOf } from '../../helpers/block-kit.ts';
import { ALERT, alertView, HOUR, night, tooOld, unreadable } from '../../helpers/sample-alerts.ts';

const aged = (hours: number) =>
  tooOld({ measure: { kind: 'age', value: hours * HOUR, limit: 25 * HOUR, unit: 'ms' } });
const ended = (at: string) =>
  ({ kind: 'alert.acknowledgement-ended', by: 'ben', at: night(at).toISOString() }) as const;
const said = (post: ReturnType<typeof postOfAlert>) => (post === null ? [] : textsOf(post.message));

describe('the reply under an alert', () => {
  test('tells the number that got worse, in the channel too', () => {
    const worse = ALERT.worse(aged(31));

    const post = postOfAlert(alertView(aged(31), [worse]), worse, toldOf(aged(26), 'critical'));

    expect(said(post)).toEqual([
      'ALT-12 Janua pg-daily: Worse: age 31 h (was 26 h).',
      'Worse: age 31 h (was 26 h).',
    ]);
    expect(post).toMatchObject({ broadcast: true, mention: [] });
  });

  test('tells the severity that rose, in words where there is no number', () => {
    const worse = ALERT.worse(unreadable(), '03:15:00');

    const post = postOfAlert(
      alertView(unreadable(), [worse]),
      worse,
      toldOf(unreadable({ health: 'warning' }), 'unknown'),
    );

    expect(said(post)[1]).toBe('Worse: critical (was not known), S3 in eu-west-1 refuses access.');
  });

  test('compares no two numbers of different kinds', () => {
    const worse = ALERT.worse(aged(31));
    const lag = tooOld({ measure: { kind: 'lag', value: 1, limit: 1, unit: 'ms' } });

    expect(said(postOfAlert(alertView(aged(31), [worse]), worse, toldOf(lag, 'critical')))[1]).toBe(
      'Worse: age 31 h.',
    );
    expect(said(postOfAlert(alertView(aged(31), [worse]), worse))[1]).toBe('Worse: age 31 h.');
  });

  test('calls who had acknowledged when that time is over', () => {
    const post = postOfAlert(alertView(aged(28), [ALERT.acknowledged()]), ended('06:10:00'));

    expect(said(post)[1]).toBe('<@U0000000BEN> Your acknowledgement ended. Still critical: age 28 h.');
    expect(post).toMatchObject({ broadcast: false, mention: ['ben'] });
  });

  test('says that it got worse where that ended the acknowledgement', () => {
    const worse = ALERT.worse(aged(31), '09:00:00');

    expect(said(postOfAlert(alertView(aged(31), [worse]), ended('09:00:00')))[1]).toBe(
      '<@U0000000BEN> Your acknowledgement ended, because it got worse. Now critical: age 31 h.',
    );
  });

  test('calls the next person with what is wrong, and says so without marks to who hears it', () => {
    const post = postOfAlert(alertView(), ALERT.told);

    expect(said(post)).toEqual([
      'ALT-12 Janua pg-daily: critical: newest good backup of PostgreSQL is too old. Age 26 h 10 min, limit 25 h. Nobody has answered since 03:00 UTC.',
      '<@U0000000ANA> :rotating_light: *critical: newest good backup of PostgreSQL is too old.* Age 26 h 10 min, limit 25 h. Nobody has answered since 03:00 UTC.',
    ]);
    expect(post).toMatchObject({ broadcast: false, mention: ['ana'] });
  });

  test('tells the end in the channel too', () => {
    const closed = ALERT.closed();

    const post = postOfAlert(alertView(tooOld(), [closed]), closed);

    expect(said(post)[1]).toBe(
      ':white_check_mark: ok: a good backup was taken 04:31:11 UTC (38.4 MB). Alert lasted 1 h 31 min.',
    );
    expect(post?.broadcast).toBe(true);
  });

  test('tells in the channel that an incident left it as it was', () => {
    const event = { kind: 'alert.incident-ended', incident: 'INC-2026-016', at: '' } as const;

    const post = postOfAlert(alertView(), event);

    expect(said(post)[1]).toBe('INC-2026-016 is over, and this still holds: age 26 h 10 min.');
    expect(post).toMatchObject({ broadcast: true, mention: [] });
  });

  test.each([ALERT.acknowledged(), ALERT.snoozed(), ALERT.declared])(
    'is none of $kind: the card says it',
    (event) => {
      expect(postOfAlert(alertView(), event)).toBeNull();
    },
  );
});

import { describe, expect, test } from 'vitest';
import {
  type Alert,
  alertDueAt,
  applyAlert,
  isAnswered,
  keyOf,
  nextEscalation,
} from '../../src/domain/alert.ts';
import {
  decideAcknowledge,
  decideAlertDue,
  decideRound,
  decideSnoozeAlert,
  firedBy,
  groupsOf,
} from '../../src/domain/alert-decide.ts';
import type { AlertEvent } from '../../src/domain/alert-events.ts';
import { fold, HOUR, later, NOW, round, verdict } from './alert-samples.ts';

const ESCALATE = [
  { after: 60_000, to: 'ana' },
  { after: 15 * 60_000, to: 'ben' },
];

const fired = (changes: Parameters<typeof verdict>[0] = {}, group: string | null = null) =>
  firedBy(verdict(changes), round({ escalate: ESCALATE }), group);

const acknowledged: AlertEvent = {
  kind: 'alert.acknowledged',
  by: 'ben',
  until: later(2 * HOUR).toISOString(),
  note: 'job restarted',
};
const snoozed: AlertEvent = {
  kind: 'alert.snoozed',
  by: 'ben',
  until: later(8 * HOUR).toISOString(),
  reason: 'bucket is being moved',
};

/** Kinds of events that a round gives an open alert. */
function changesOf(alert: Alert, ...verdicts: ReturnType<typeof verdict>[]): readonly string[] {
  return decideRound(round({ open: [alert], verdicts })).changes.flatMap(({ events }) =>
    events.map(({ kind }) => kind),
  );
}

describe('a round of the watch', () => {
  test('a rule that does not hold begins an alert, one that holds does not', () => {
    const { begun, changes } = decideRound(
      round({ verdicts: [verdict(), verdict({ rule: 'R6', health: 'ok' })] }),
    );

    expect(begun.map(({ rule }) => rule)).toEqual(['R2']);
    expect(changes).toEqual([]);
  });

  test('what nothing reads yet is told and begins nothing', () => {
    const unread = verdict({ rule: 'R4', health: 'unknown', alarms: false });

    expect(decideRound(round({ verdicts: [unread] })).begun).toEqual([]);
  });

  test('a source that cannot be read is one alert, not one of each rule', () => {
    const lost = verdict({ rule: 'R4', health: 'unknown' });

    const { begun } = decideRound(round({ verdicts: [lost, verdict({ health: 'unknown' })] }));

    expect(begun).toEqual([lost]);
  });

  test('the same again changes nothing', () => {
    expect(changesOf(fold(fired()), verdict())).toEqual([]);
  });

  test('not known is critical the second time', () => {
    const lost = { rule: 'R4', health: 'unknown', measure: null } as const;
    const alert = fold(fired(lost));

    const [change] = decideRound(round({ open: [alert], verdicts: [verdict(lost)] })).changes;

    expect(alert.health).toBe('unknown');
    expect(change?.events).toMatchObject([{ kind: 'alert.worsened', health: 'critical' }]);
  });

  test('a rule that cannot be judged now leaves its alert as it is', () => {
    const alert = fold(fired());

    expect(changesOf(alert, verdict({ health: 'unknown' }))).toEqual([]);
    expect(changesOf(alert, verdict({ rule: 'R4', object: 'bucket', health: 'unknown' }))).toEqual([]);
  });

  test('a rule that holds again closes its alert in its words', () => {
    const alert = fold(fired());

    const { changes } = decideRound(
      round({ open: [alert], verdicts: [verdict({ health: 'ok', text: 'Age 2 h, limit 25 h' })] }),
    );

    expect(changes).toEqual([
      {
        id: 'ALT-1',
        events: [{ kind: 'alert.closed', because: 'Age 2 h, limit 25 h', at: NOW.toISOString() }],
      },
    ]);
  });

  test('what the plan no longer asks for is closed, whatever else is not known for good', () => {
    expect(changesOf(fold(fired()))).toEqual(['alert.closed']);
    for (const unread of [
      verdict({ rule: 'R13', object: 'key-age', health: 'unknown', alarms: false }),
      verdict({ object: 'other', health: 'unknown', alarms: false }),
      verdict({ rule: 'R4', object: 'es', health: 'unknown', alarms: false }),
      verdict({ rule: 'R4', backup: 'other', object: 'bucket', health: 'unknown' }),
    ])
      expect(changesOf(fold(fired()), unread)).toEqual(['alert.closed']);
  });

  test('what nobody knew of is closed when it is found no more', () => {
    const shadow = { rule: 'R18', backup: null, object: 'db/shadow' } as const;
    const dns = verdict({ rule: 'R16', backup: null, object: 'dns', health: 'unknown', alarms: false });

    const [change] = decideRound(round({ open: [fold(fired(shadow))], verdicts: [dns] })).changes;

    expect(change?.events).toMatchObject([
      { kind: 'alert.closed', because: 'it is covered, ignored or gone' },
    ]);
  });

  test('two that are said of one thing begin one alert', () => {
    const [first, second] = [verdict(), verdict({ text: 'said again' })];

    expect(decideRound(round({ verdicts: [first, second] })).begun).toEqual([second]);
  });

  test('a number that grew by a quarter is told again', () => {
    const grown = (hours: number) =>
      verdict({ measure: { kind: 'age', value: hours * HOUR, limit: 25 * HOUR, unit: 'ms' } });

    expect(changesOf(fold(fired()), grown(32))).toEqual([]);
    expect(changesOf(fold(fired()), grown(33))).toEqual(['alert.worsened']);
  });

  test.each([
    ['sizes', { kind: 'size', value: 1_000, limit: 10, unit: 'bytes' } as const],
    ['counts', { kind: 'count', value: 1_000, limit: 10, unit: 'count' } as const],
    ['nothing', null],
  ])('%s of an alert do not make it worse by growing', (_, measure) => {
    const small = measure && { ...measure, value: 1 };

    expect(changesOf(fold(fired({ measure: small })), verdict({ measure }))).toEqual([]);
  });

  test('another kind of number is not compared', () => {
    const lag = { kind: 'lag', value: 100 * HOUR, limit: 1, unit: 'ms' } as const;

    expect(changesOf(fold(fired()), verdict({ measure: lag }))).toEqual([]);
    const bytes = { kind: 'age', value: 100 * HOUR, limit: 1, unit: 'bytes' } as const;
    expect(changesOf(fold(fired()), verdict({ measure: bytes }))).toEqual([]);
  });

  test('who snoozed it hears nothing of a number that only grows', () => {
    const grown = verdict({ measure: { kind: 'age', value: 60 * HOUR, limit: 25 * HOUR, unit: 'ms' } });

    expect(changesOf(fold(fired(), snoozed), grown)).toEqual([]);
    expect(changesOf(fold(fired(), acknowledged), grown)).toEqual(['alert.worsened']);
  });

  test('a warning that becomes critical lifts an acknowledgement, and a snooze', () => {
    const warning = fired({ health: 'warning' });

    expect(changesOf(fold(warning, acknowledged), verdict())).toEqual([
      'alert.acknowledgement-ended',
      'alert.worsened',
    ]);
    expect(changesOf(fold(warning, snoozed), verdict())).toEqual(['alert.snooze-ended', 'alert.worsened']);
    expect(changesOf(fold(warning), verdict())).toEqual(['alert.worsened']);
  });

  test('a critical one that eases to a warning is told on its card', () => {
    expect(changesOf(fold(fired()), verdict({ health: 'warning' }))).toEqual(['alert.eased']);
  });
});

test('an alert of the system itself has a key of its own', () => {
  const { told } = fired({ since: null }) as Extract<AlertEvent, { kind: 'alert.fired' }>;

  expect(keyOf({ rule: 'R18', backup: null, object: 'postgres/shadow' })).toBe('R18//postgres/shadow');
  expect(told.since).toBeNull();
});

describe('alerts that begin together', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      verdict({ object: String(index), health: index === 2 ? 'critical' : 'warning' }),
    );

  test('up to three have cards of their own', () => {
    expect(groupsOf(many(3)).map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  test('more share one, the worst first', () => {
    const [group] = groupsOf([
      ...many(3),
      verdict({ object: 'lost', health: 'unknown', rule: 'R4' }),
      verdict({ object: 'x', health: 'ok' }),
    ]);

    expect(group?.map(({ health }) => health)).toEqual(['critical', 'unknown', 'warning', 'warning', 'ok']);
  });

  test('a verdict that is fired though it holds counts as a warning', () => {
    expect(fired({ health: 'ok' })).toMatchObject({ health: 'warning' });
  });

  test('any of a group that nobody answers calls people, and nobody twice', () => {
    const at = later(60_000).toISOString();
    const [first, second] = ['ALT-7', 'ALT-8'].map((id) => applyAlert(null, fired({}, 'ALT-7'), id));
    if (first === undefined || second === undefined) throw new Error('there are two');
    const called = { kind: 'alert.escalated', to: 'ana', toldBy: null, at } as const;
    const told = applyAlert(first, called, first.id);
    const over = applyAlert(told, { kind: 'alert.closed', because: 'x', at }, first.id);

    expect(decideAlertDue(first, later(60_000), [first, second])).toEqual([called]);
    expect(decideAlertDue(second, later(60_000), [told, second])).toEqual([{ ...called, toldBy: 'ALT-7' }]);
    expect(decideAlertDue(second, later(60_000), [over, second])).toEqual([called]);
  });
});

describe('the clock of an alert', () => {
  test('calls one person after the other while nobody answers', () => {
    const alert = fold(fired());
    const first = decideAlertDue(alert, later(60_000));
    const told = first.reduce((before, event) => applyAlert(before, event, 'ALT-1'), alert);

    expect(alertDueAt(alert)).toEqual(later(60_000));
    expect(decideAlertDue(alert, later(59_999))).toEqual([]);
    expect(first).toEqual([
      { kind: 'alert.escalated', to: 'ana', toldBy: null, at: later(60_000).toISOString() },
    ]);
    expect(nextEscalation(told)).toEqual({ at: later(15 * 60_000), to: 'ben' });
  });

  test('calls nobody for a warning, nor once everybody was told', () => {
    const escalated = (to: string): AlertEvent => ({
      kind: 'alert.escalated',
      to,
      toldBy: null,
      at: NOW.toISOString(),
    });

    expect(alertDueAt(fold(fired({ health: 'warning' })))).toBeNull();
    expect(alertDueAt(fold(fired(), escalated('ana'), escalated('ben')))).toBeNull();
  });

  test.each([
    ['an acknowledgement', acknowledged, 2 * HOUR, 'alert.acknowledgement-ended'],
    ['a snooze', snoozed, 8 * HOUR, 'alert.snooze-ended'],
  ])('%s holds until its time is over', (_, event, ms, kind) => {
    const alert = fold(fired(), event);

    expect(isAnswered(alert)).toBe(true);
    expect(alertDueAt(alert)).toEqual(later(ms));
    expect(decideAlertDue(alert, later(ms)).map((each) => each.kind)).toEqual([kind]);
  });

  test('an incident that was declared from it answers it while it lasts', () => {
    const alert = fold(fired(), { kind: 'alert.incident-declared', incident: 'INC-2026-016' });

    expect(alertDueAt(alert)).toBeNull();
    expect(decideAlertDue(alert, later(HOUR))).toEqual([]);
  });

  test.each([
    ['still as bad', verdict(), ['alert.incident-ended'], NOW.toISOString()],
    [
      'worse',
      verdict({ measure: { kind: 'age', value: 40 * HOUR, limit: 25 * HOUR, unit: 'ms' } }),
      ['alert.incident-ended', 'alert.worsened'],
      NOW.toISOString(),
    ],
    ['only a warning', verdict({ health: 'warning' }), ['alert.incident-ended', 'alert.eased'], null],
    ['well', verdict({ health: 'ok' }), ['alert.closed'], null],
    ['not known', verdict({ health: 'unknown' }), [], null],
  ])('what is %s when its incident is over is told so', (_, now, kinds, callsFrom) => {
    const declared: AlertEvent = { kind: 'alert.incident-declared', incident: 'INC-2026-016' };
    const escalated: AlertEvent = { kind: 'alert.escalated', to: 'ana', toldBy: null, at: NOW.toISOString() };
    const alert = fold(fired(), escalated, declared);
    const given = { open: [alert], verdicts: [now] };
    const [change] = decideRound(round({ ...given, over: new Set(['INC-2026-016']) })).changes;
    const events = change?.events ?? [];

    expect(events.map(({ kind }) => kind)).toEqual(kinds);
    const after = events.reduce((state, event) => applyAlert(state, event, 'ALT-1'), alert);
    if (after.state === 'open' && events.length > 0)
      expect(after).toMatchObject({ incident: null, criticalSince: callsFrom, escalatedTo: [] });
    const kept = decideRound(round({ ...given, over: new Set(['INC-2026-017']) })).changes;
    expect(kept.flatMap((each) => each.events.map(({ kind }) => kind))).not.toContain('alert.incident-ended');
  });

  test('of one that has its time and nothing to do says nothing', () => {
    const answered = fold(
      fired(),
      { kind: 'alert.incident-declared', incident: 'INC-2026-016' },
      acknowledged,
    );

    expect(decideAlertDue(answered, later(2 * HOUR)).map(({ kind }) => kind)).toEqual([
      'alert.acknowledgement-ended',
    ]);
  });

  test('calls from the beginning when an answer ends, or when it turns critical anew', () => {
    const escalated: AlertEvent = { kind: 'alert.escalated', to: 'ana', toldBy: null, at: NOW.toISOString() };
    const at = later(2 * HOUR).toISOString();
    const { told } = fired() as Extract<AlertEvent, { kind: 'alert.fired' }>;
    const ended = fold(fired(), escalated, acknowledged, {
      kind: 'alert.acknowledgement-ended',
      by: 'ana',
      at,
    });
    const awake = fold(fired(), escalated, snoozed, { kind: 'alert.snooze-ended', at });
    const anew = fold(
      fired(),
      escalated,
      { kind: 'alert.eased', health: 'warning', told, at: later(HOUR).toISOString() },
      { kind: 'alert.worsened', health: 'critical', told, at },
    );
    const mild = fold(fired({ health: 'warning' }), snoozed, { kind: 'alert.snooze-ended', at });
    const mildToo = fold(fired({ health: 'warning' }), acknowledged, {
      kind: 'alert.acknowledgement-ended',
      by: 'ana',
      at,
    });

    for (const alert of [ended, awake, anew])
      expect(nextEscalation(alert)).toEqual({ at: later(2 * HOUR + 60_000), to: 'ana' });
    expect([nextEscalation(mild), nextEscalation(mildToo)]).toEqual([null, null]);
  });

  test('a closed one has none', () => {
    const alert = fold(fired(), acknowledged, { kind: 'alert.closed', because: 'x', at: NOW.toISOString() });

    expect(alertDueAt(alert)).toBeNull();
  });
});

describe('what people say to an alert', () => {
  const closed = fold(fired(), { kind: 'alert.closed', because: 'x', at: NOW.toISOString() });

  test('an acknowledgement holds for a time', () => {
    expect(decideAcknowledge(fold(fired()), 'ben', 2 * HOUR, 'job restarted', NOW)).toEqual({
      events: [acknowledged],
    });
  });

  test('a snooze needs a reason and lasts a week at most', () => {
    expect(decideSnoozeAlert(fold(fired()), 'ben', 8 * HOUR, ' bucket is being moved ', NOW)).toEqual({
      events: [snoozed],
    });
    expect(decideSnoozeAlert(fold(fired()), 'ben', HOUR, 'x', NOW)).toMatchObject({
      code: 'text-unreadable',
    });
    expect(decideSnoozeAlert(fold(fired()), 'ben', 1_000 * HOUR, 'moving', NOW)).toMatchObject({
      events: [{ until: later(168 * HOUR).toISOString() }],
    });
  });

  test('a closed one takes neither', () => {
    expect(decideAcknowledge(closed, 'ben', HOUR, null, NOW)).toMatchObject({ code: 'alert-closed' });
    expect(decideSnoozeAlert(closed, 'ben', HOUR, 'moving', NOW)).toMatchObject({ code: 'alert-closed' });
  });
});

describe('the life of an alert', () => {
  const worsened = (health: 'warning' | 'critical'): AlertEvent => {
    const { told } = fired({ health }) as Extract<AlertEvent, { kind: 'alert.fired' }>;
    return { kind: 'alert.worsened', health, told, at: later(HOUR).toISOString() };
  };

  test('remembers since when it is critical without a break', () => {
    const again = fold(fired(), worsened('critical'));
    const risen = fold(fired({ health: 'warning' }), worsened('critical'));
    const grown = fold(fired({ health: 'warning' }), worsened('warning'));

    expect(again.criticalSince).toBe(NOW.toISOString());
    expect(risen).toMatchObject({
      criticalSince: later(HOUR).toISOString(),
      worseSince: later(HOUR).toISOString(),
      health: 'critical',
    });
    expect(grown.criticalSince).toBeNull();
  });

  test('eases, and is no longer worse', () => {
    const { told } = fired({ health: 'warning' }) as Extract<AlertEvent, { kind: 'alert.fired' }>;
    const alert = fold(fired(), worsened('critical'), {
      kind: 'alert.eased',
      health: 'warning',
      told,
      at: later(2 * HOUR).toISOString(),
    });

    expect(alert).toMatchObject({ health: 'warning', worseSince: null, criticalSince: null, last: told });
  });

  test('an acknowledgement takes the place of a snooze, and the other way about', () => {
    expect(fold(fired(), snoozed, acknowledged)).toMatchObject({ snoozed: null });
    expect(fold(fired(), acknowledged, snoozed)).toMatchObject({ acknowledged: null });
    expect(fold(fired(), snoozed, { kind: 'alert.snooze-ended', at: NOW.toISOString() }).snoozed).toBeNull();
    expect(
      fold(fired(), acknowledged, { kind: 'alert.acknowledgement-ended', by: 'ben', at: NOW.toISOString() })
        .acknowledged,
    ).toBeNull();
  });

  test('begins with its first event only', () => {
    expect(() => applyAlert(null, acknowledged, 'ALT-1')).toThrow('ALT-1: alert.acknowledged before');
  });
});

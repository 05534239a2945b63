import { describe, expect, test } from 'vitest';
import type { IncidentEvent, UpdateText } from '../../src/domain/events.ts';
import { addMs, type Incident } from '../../src/domain/incident.ts';
import { decidePublish, decideSnooze, dueNow } from '../../src/domain/incident-decide.ts';
import { incidentAfter, iso, MINUTE, NOW } from './samples.ts';

/** The first update of an incident declared at 02:12:04 under a plan of 30 minutes. */
const DUE = '2026-11-21T02:42:04.000Z';
const DRAFTED: IncidentEvent = { kind: 'incident.update-drafted', dueAt: DUE };
const CANCELLED = incidentAfter({ kind: 'incident.cancelled', reason: 'a false alarm' });
const TEXT: UpdateText = {
  status: 'investigating',
  impact: 'x',
  changed: 'y',
  next: 'z',
  expectedBack: null,
};

describe('an update', () => {
  test('is numbered and promises the next', () => {
    expect(decidePublish(incidentAfter(), TEXT, false, NOW)).toEqual({
      events: [
        {
          kind: 'incident.update-published',
          number: 1,
          text: TEXT,
          dueAt: DUE,
          publishedAt: iso(),
          nextAt: iso(30 * MINUTE),
          automatic: false,
          missed: [],
        },
      ],
    });
  });

  test('may promise another time', () => {
    expect(decidePublish(incidentAfter(), TEXT, false, NOW, MINUTE)).toMatchObject({
      events: [{ nextAt: iso(MINUTE) }],
    });
  });

  test('stands for every slot that passed while nobody could post', () => {
    const late = new Date(addMs(DUE, 65 * MINUTE));

    expect(decidePublish(incidentAfter(), TEXT, true, late)).toMatchObject({
      events: [{ dueAt: DUE, missed: [addMs(DUE, 30 * MINUTE), addMs(DUE, 60 * MINUTE)] }],
    });
  });

  test('with another status changes it first', () => {
    const text: UpdateText = { ...TEXT, status: 'monitoring', changed: 'it works' };

    expect(decidePublish(incidentAfter(), text, false, NOW)).toMatchObject({
      events: [
        { kind: 'incident.status-changed', from: 'investigating', to: 'monitoring', what: 'it works' },
        { kind: 'incident.update-published' },
      ],
    });
  });

  test('cannot resolve: that is the closing check', () => {
    expect(decidePublish(incidentAfter(), { ...TEXT, status: 'resolved' }, false, NOW)).toMatchObject({
      events: [{ kind: 'incident.update-published' }],
    });
  });

  test('counts from now where no update was promised', () => {
    const incident: Incident = { ...incidentAfter(), updates: { ...incidentAfter().updates, nextAt: null } };

    expect(decidePublish(incident, TEXT, false, NOW)).toMatchObject({ events: [{ dueAt: iso() }] });
    expect(decideSnooze(incident, MINUTE, 'on a call', NOW)).toMatchObject({
      events: [{ until: iso(MINUTE) }],
    });
  });

  test.each([
    ['before it is due: from then', NOW, addMs(DUE, 10 * MINUTE)],
    ['when it is overdue: from now', new Date(addMs(DUE, MINUTE)), addMs(DUE, 11 * MINUTE)],
  ])('is snoozed %s', (_, now, until) => {
    expect(decideSnooze(incidentAfter(), 10 * MINUTE, ' on a call ', now)).toEqual({
      events: [{ kind: 'incident.update-snoozed', until, reason: 'on a call' }],
    });
  });

  test('is snoozed only with a reason', () => {
    expect(decideSnooze(incidentAfter(), MINUTE, 'x', NOW)).toMatchObject({ code: 'text-unreadable' });
  });
});

describe('what the update clock asks for', () => {
  const snoozed: IncidentEvent = {
    kind: 'incident.update-snoozed',
    until: addMs(DUE, 10 * MINUTE),
    reason: 'x',
  };

  test.each<[string, Incident, number, string]>([
    ['long before', incidentAfter(), -5 * MINUTE - 1, 'nothing'],
    ['five minutes before', incidentAfter(), -5 * MINUTE, 'draft'],
    ['drafted, before it is due', incidentAfter(DRAFTED), -1, 'nothing'],
    ['drafted and due', incidentAfter(DRAFTED), 0, 'publish'],
    ['due, and nobody was there to draft', incidentAfter(), 0, 'publish'],
    ['drafted and snoozed', incidentAfter(DRAFTED, snoozed), MINUTE, 'nothing'],
    ['drafted, and the snooze is over', incidentAfter(DRAFTED, snoozed), 10 * MINUTE, 'publish'],
    ['snoozed before the draft, when it would be due', incidentAfter(snoozed), 0, 'draft'],
    ['snoozed before the draft, and the snooze is over', incidentAfter(snoozed), 10 * MINUTE, 'publish'],
    ['over', CANCELLED, 60 * MINUTE, 'nothing'],
  ])('%s: %s', (_, incident, ms, what) => {
    expect(dueNow(incident, new Date(addMs(DUE, ms)))).toBe(what);
  });
});

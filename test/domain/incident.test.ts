import { describe, expect, test } from 'vitest';
import type { IncidentEvent, UpdateText } from '../../src/domain/events.ts';
import { addMs, applyIncident, type Incident, incidentDueAt, isOver } from '../../src/domain/incident.ts';
import { declared } from '../helpers/incidents.ts';
import { incidentAfter, iso, MINUTE } from './samples.ts';

const DECLARED_AT = '2026-11-21T02:12:04.000Z';
const FIRST_UPDATE = '2026-11-21T02:42:04.000Z';
const TEXT: UpdateText = { status: 'identified', impact: 'x', changed: 'y', next: 'z', expectedBack: null };

function published(
  changes: Partial<Extract<IncidentEvent, { kind: 'incident.update-published' }>> = {},
): IncidentEvent {
  return {
    kind: 'incident.update-published',
    number: 1,
    text: TEXT,
    dueAt: FIRST_UPDATE,
    publishedAt: FIRST_UPDATE,
    nextAt: addMs(FIRST_UPDATE, 30 * MINUTE),
    automatic: true,
    missed: [],
    ...changes,
  };
}

const RESOLVED: IncidentEvent = {
  kind: 'incident.resolved',
  at: iso(),
  rootCause: 'a migration',
  dataLost: 'none',
  reportOwner: 'ana',
  reportDueAt: iso(48 * 60 * MINUTE),
  unknownDetected: null,
};

describe('an incident', () => {
  test('begins investigating, nobody in a role, the first update promised', () => {
    const incident = incidentAfter();

    expect(incident).toMatchObject({
      id: 'INC-2026-001',
      status: 'investigating',
      statusSince: DECLARED_AT,
      declaredBy: 'ana',
      roles: { commander: null, deputy: null, scribe: null, liaison: null },
      updates: { nextAt: FIRST_UPDATE, draftedFor: null, published: [] },
      resolved: null,
    });
  });

  test('nothing can happen to one that was never declared', () => {
    const note: IncidentEvent = { kind: 'incident.note-added', text: 'x' };

    expect(() => applyIncident(null, note, iso(), 'INC-9', null)).toThrow(
      'INC-9: the first event must be incident.declared, got incident.note-added',
    );
  });

  test.each<[IncidentEvent, Partial<Incident>]>([
    [
      { kind: 'incident.edited', changes: { title: 'New', impact: 'all' } },
      { title: 'New', impact: 'all' },
    ],
    [
      { kind: 'incident.status-changed', from: 'investigating', to: 'identified', what: 'the disk is full' },
      { status: 'identified', statusSince: iso(), cause: 'the disk is full' },
    ],
    [
      { kind: 'incident.status-changed', from: 'investigating', to: 'monitoring', what: 'it works' },
      { status: 'monitoring', cause: null },
    ],
    [
      { kind: 'incident.role-assigned', role: 'scribe', person: 'ben', previous: null },
      { roles: { commander: null, deputy: null, scribe: 'ben', liaison: null } },
    ],
    [
      { kind: 'incident.channel-linked', channel: 'C1', name: 'inc-1', thread: '1.2' },
      { channel: { id: 'C1', name: 'inc-1', thread: '1.2' } },
    ],
    [
      { kind: 'incident.verified', at: iso(), evidence: '5 of 5', run: 'RUN-1' },
      { verified: { at: iso(), evidence: '5 of 5', run: 'RUN-1' } },
    ],
    [
      { kind: 'incident.recovery-point-found', at: iso(), evidence: 'a.dump', run: 'RUN-1' },
      { recoveryPoint: { at: iso(), evidence: 'a.dump', run: 'RUN-1' } },
    ],
    [
      { kind: 'incident.loss-measured', rows: 118, text: '118 rows', run: 'RUN-1' },
      { loss: { rows: 118, text: '118 rows' } },
    ],
    [
      { kind: 'incident.action-item-added', text: 'watch disks', owner: 'ben', due: '2026-12-01' },
      { actionItems: [{ text: 'watch disks', owner: 'ben', due: '2026-12-01' }] },
    ],
    [{ kind: 'incident.lesson-added', text: 'watch disks' }, { lessons: ['watch disks'] }],
    [{ kind: 'incident.report-written', revision: 2, sha256: 'x', bytes: 1 }, { reportRevision: 2 }],
    [{ kind: 'incident.note-added', text: 'only for the timeline' }, incidentAfter()],
  ])('$kind is folded into its state', (event, state) => {
    expect(incidentAfter(event)).toMatchObject(state);
  });
});

describe('the update clock', () => {
  test('a new severity counts its interval from the last update, or from the declaration', () => {
    const faster: IncidentEvent = {
      kind: 'incident.severity-changed',
      from: 'SEV2',
      to: 'SEV1',
      updateEveryMs: 15 * MINUTE,
    };

    expect(incidentAfter(faster)).toMatchObject({
      severity: 'SEV1',
      updates: { everyMs: 15 * MINUTE, nextAt: addMs(DECLARED_AT, 15 * MINUTE) },
    });
    expect(incidentAfter(published(), faster).updates.nextAt).toBe(addMs(FIRST_UPDATE, 15 * MINUTE));
    expect(incidentAfter(RESOLVED, faster).updates.nextAt).toBeNull();
  });

  test('a posted update ends a snooze and promises the next', () => {
    const snoozed: IncidentEvent = {
      kind: 'incident.update-snoozed',
      until: iso(MINUTE),
      reason: 'on a call',
    };

    expect(incidentAfter(snoozed).updates.snoozedUntil).toBe(iso(MINUTE));
    expect(incidentAfter(snoozed, published()).updates).toMatchObject({
      snoozedUntil: null,
      nextAt: addMs(FIRST_UPDATE, 30 * MINUTE),
    });
  });

  test.each<[string, Parameters<typeof published>[0], boolean]>([
    ['ten seconds late', { publishedAt: addMs(FIRST_UPDATE, 10_000) }, true],
    ['early', { publishedAt: addMs(FIRST_UPDATE, -MINUTE) }, true],
    ['later than that', { publishedAt: addMs(FIRST_UPDATE, 10_001) }, false],
    ['for several slots at once', { missed: [addMs(FIRST_UPDATE, 30 * MINUTE)] }, false],
  ])('an update posted %s is on time: %s', (_, changes, onTime) => {
    expect(incidentAfter(published(changes)).updates.published).toMatchObject([{ number: 1, onTime }]);
  });

  test('an update that says "resolved" does not stop it: only the closing check does', () => {
    const closing = published({ text: { ...TEXT, status: 'resolved' } });

    expect(incidentAfter(closing).updates.nextAt).not.toBeNull();
  });

  test('looks at the draft first, then at the update, then at the end of a snooze', () => {
    const drafted: IncidentEvent = { kind: 'incident.update-drafted', dueAt: FIRST_UPDATE };
    const snoozed: IncidentEvent = { kind: 'incident.update-snoozed', until: iso(60 * MINUTE), reason: 'x' };

    expect(incidentDueAt(incidentAfter())?.toISOString()).toBe(addMs(FIRST_UPDATE, -5 * MINUTE));
    expect(incidentDueAt(incidentAfter(drafted))?.toISOString()).toBe(FIRST_UPDATE);
    expect(incidentDueAt(incidentAfter(drafted, snoozed))?.toISOString()).toBe(iso(60 * MINUTE));
  });
});

describe('the end', () => {
  test.each<[string, IncidentEvent, string]>([
    ['resolved', RESOLVED, 'resolved'],
    ['cancelled', { kind: 'incident.cancelled', reason: 'a false alarm' }, 'cancelled'],
  ])('%s stops the update clock', (_, event, status) => {
    const incident = incidentAfter(event);

    expect(incident).toMatchObject({ status, statusSince: iso() });
    expect(isOver(incident)).toBe(true);
    expect(incidentDueAt(incident)).toBeNull();
  });

  test('keeps what was said at the closing check', () => {
    const { kind: _, ...said } = RESOLVED;

    expect(incidentAfter(RESOLVED).resolved).toEqual(said);
    expect(isOver(incidentAfter())).toBe(false);
  });

  test('an incident declared by nobody known keeps that', () => {
    expect(applyIncident(null, declared(), DECLARED_AT, 'INC-1', null).declaredBy).toBeNull();
  });
});

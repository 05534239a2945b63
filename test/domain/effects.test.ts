import { describe, expect, test } from 'vitest';
import { firedBy } from '../../src/domain/alert-decide.ts';
import { type Effect, effectsOf, type Kin } from '../../src/domain/effects.ts';
import type { DomainEvent, IncidentEvent, Stream } from '../../src/domain/events.ts';
import { declared } from '../helpers/incidents.ts';
import { round, verdict } from './alert-samples.ts';
import { ABORT, begun, finished, GATE_OPENED, iso, requested, started, voteOf } from './samples.ts';

const INCIDENT = 'INC-2026-001';

const NO_KIN: Kin = { run: null, approval: null, card: null };

function effects(stream: Stream, event: DomainEvent, kin: Partial<Kin> = {}): readonly string[] {
  return effectsOf({ seq: 7, stream, incident: INCIDENT, event }, { ...NO_KIN, ...kin }).map(told);
}

function told(effect: Effect): string {
  return effect.kind === 'wake-run' ? `wake ${effect.run}` : `${effect.surface} ${effect.subject}`;
}

const ofIncident = (event: IncidentEvent) => effects({ type: 'incident', id: INCIDENT }, event);
const ofRun = (event: DomainEvent, approval: string | null = null) =>
  effects({ type: 'run', id: 'RUN-1' }, event, { approval });
const ofApproval = (event: DomainEvent) =>
  effects({ type: 'approval', id: 'APR-1' }, event, { run: 'RUN-1' });

describe('the effects of an event', () => {
  test('a declared incident gets its channel before any card', () => {
    expect(ofIncident(declared())).toEqual([
      `channel ${INCIDENT}`,
      'incident-card card',
      'announcement card',
    ]);
  });

  test('a note refreshes the cards and posts nothing', () => {
    expect(ofIncident({ kind: 'incident.note-added', text: 'x' })).toEqual([
      'incident-card card',
      'announcement card',
    ]);
  });

  test('a written report is posted for its event', () => {
    const written: IncidentEvent = { kind: 'incident.report-written', revision: 1, sha256: 'x', bytes: 1 };

    expect(ofIncident(written)).toContain('report 7');
  });

  test('a started run is shown, told and woken', () => {
    expect(ofRun(started())).toEqual(['run-card RUN-1', 'incident-card card', 'post 7', 'wake RUN-1']);
  });

  test.each<[string, DomainEvent]>([
    ['an abort', ABORT],
    ['a retry', { kind: 'step.retried', step: 'look', look: false }],
    ['a ruling', { kind: 'step.ruled', step: 'look', happened: true, saw: 'x', person: 'ana' }],
    ['a gate asked for again', { kind: 'gate.retried', gate: 'change' }],
    ['an undo', { kind: 'undo.started', gate: 'change', reason: 'x', at: iso() }],
    ['an answer', { ...finished('look'), known: 'answered' } as DomainEvent],
    ['a ruled end', { ...finished('look'), known: 'ruled' } as DomainEvent],
    ['a skip by a person', { kind: 'step.skipped', step: 'look', reason: 'x', byPerson: true, at: iso() }],
  ])('%s by a person wakes the run', (_, event) => {
    expect(ofRun(event)).toContain('wake RUN-1');
  });

  test.each<[string, DomainEvent]>([
    ['a begun step', begun('look')],
    ['a finished step', finished('look')],
    ['a step seen to have happened', { ...finished('look'), known: 'observed' } as DomainEvent],
    ['an opened gate', GATE_OPENED],
    ['a skip by condition', { kind: 'step.skipped', step: 'look', reason: 'x', byPerson: false, at: iso() }],
  ])('%s wakes nobody: the worker is still in its loop', (_, event) => {
    expect(ofRun(event)).not.toContain('wake RUN-1');
  });

  test('a vote is shown and told, and does not wake the run before the second one', () => {
    expect(ofApproval(voteOf('ana'))).toEqual([
      'approval-card APR-1',
      'run-card RUN-1',
      'incident-card card',
      'post 7',
    ]);
  });

  test('a step of an open gate is shown on the card that was approved too', () => {
    expect(ofRun(begun('stop'), 'APR-1')).toEqual([
      'run-card RUN-1',
      'approval-card APR-1',
      'incident-card card',
    ]);
  });

  test.each<DomainEvent>([
    { kind: 'approval.approved', openBy: iso(), at: iso() },
    { kind: 'approval.vetoed', person: 'ben', reason: 'x', at: iso() },
    { kind: 'approval.voided', reason: 'x', differences: [], at: iso() },
    { kind: 'approval.expired', votes: 0, at: iso() },
  ])('$kind wakes the run that asked', (event) => {
    expect(ofApproval(event).at(-1)).toBe('wake RUN-1');
  });

  test('a reminder is posted and leaves the cards alone', () => {
    expect(
      ofApproval({ kind: 'approval.reminded', people: ['ben'], escalated: false, nextAt: iso() }),
    ).toEqual(['post 7']);
  });

  test('a refused click shows nothing to anybody else', () => {
    const refused: DomainEvent = {
      kind: 'approval.click-refused',
      person: null,
      account: 'U0X',
      code: 'not-in-people-file',
      at: iso(),
    };

    expect(ofApproval(refused)).toEqual([]);
  });

  test('an event of no incident has none', () => {
    const logged = {
      seq: 7,
      stream: { type: 'approval', id: 'APR-1' },
      incident: null,
      event: requested(),
    } as const;

    expect(effectsOf(logged, NO_KIN)).toEqual([]);
  });

  const ofAlert = (event: DomainEvent, card: string | null = null) =>
    effectsOf({ seq: 7, stream: { type: 'alert', id: 'ALT-2' }, incident: null, event }, { ...NO_KIN, card });
  const CLOSED: DomainEvent = { kind: 'alert.closed', because: 'x', at: iso() };

  test('a critical alert is shown, and told outside of Slack', () => {
    const fired = firedBy(verdict(), round(), null);

    expect(ofAlert(fired).map(told)).toEqual(['alert-card card', 'sns 7']);
    expect(ofAlert(firedBy(verdict({ health: 'warning' }), round(), null)).map(told)).toEqual([
      'alert-card card',
    ]);
  });

  test('an alert that closes is told under its card, or under that of its group', () => {
    expect(ofAlert(CLOSED).map(told)).toEqual(['alert-card card', 'post 7']);
    expect(ofAlert(CLOSED, 'ALT-1')).toEqual([
      { kind: 'show', surface: 'alert-card', subject: 'card', owner: 'ALT-1' },
      { kind: 'show', surface: 'post', subject: '7', owner: 'ALT-1' },
    ]);
  });

  test('somebody who is called is told once for all of a card', () => {
    const called = (toldBy: string | null): DomainEvent => ({
      kind: 'alert.escalated',
      to: 'ana',
      toldBy,
      at: iso(),
    });

    expect(ofAlert(called(null), 'ALT-1').map(told)).toEqual(['alert-card card', 'post 7']);
    expect(ofAlert(called('ALT-1'), 'ALT-1').map(told)).toEqual(['alert-card card']);
  });
});

import { describe, expect, it } from 'vitest';
import { BOT, type DomainEvent } from '../../src/domain/events.ts';
import { endOf, measure } from '../../src/domain/measure.ts';
import { at, person, TOLD, toldUntil, viewAt } from '../render/story.ts';

const MIN = 60_000;
const run = (time: string, event: DomainEvent) => [time, BOT, 'run', 'RUN-31', event] as const;

describe('what was achieved', () => {
  it('is measured against the objectives of the component that was recovered', () => {
    const measures = measure(viewAt('04:00'));

    expect(measures).toMatchObject({
      clockStart: at('02:12:04'),
      rtaMs: 15 * MIN + 26_000,
      rtoMs: 60 * MIN,
      rpaMs: 4 * MIN + 52_000,
      rpoMs: 5 * MIN,
      usersAffectedMs: 22 * MIN + 34_000,
      why: { rta: null, rpa: null, usersAffected: null },
    });
  });

  it('is null with the reason where a fact is missing, never 0', () => {
    const measures = measure(viewAt('02:13'));

    expect(measures).toMatchObject({
      rtaMs: null,
      rpaMs: null,
      usersAffectedMs: null,
      rtoMs: 240 * MIN,
      rpoMs: 60 * MIN,
    });
    expect(measures.why).toEqual({
      rta: 'the service is not verified yet',
      rpa: 'no recovery point has been recorded',
      usersAffected: 'the time it began is missing',
    });
  });

  it('names the missing beginning even when a recovery point is known', () => {
    const told = TOLD.filter(([, , , , event]) => event.kind !== 'incident.edited');

    expect(measure(viewAt('03:00', told)).why).toMatchObject({
      rpa: 'the time it began is missing',
      usersAffected: 'the time it began is missing',
    });
  });

  it('starts the clock at the instant the plan names', () => {
    const view = viewAt('04:00');
    const early = viewAt('02:13');

    expect(measure({ ...view, plan: { ...view.plan, clock: 'occurred' } }).rtaMs).toBe(22 * MIN + 34_000);
    expect(measure({ ...early, plan: { ...early.plan, clock: 'detected' } }).why.rta).toBe(
      'the time it was detected is missing',
    );
  });

  it('is not known when the service was verified before the clock began', () => {
    const view = viewAt('04:00');
    const late = { ...view, incident: { ...view.incident, declaredAt: at('02:30') } };

    expect(measure(late)).toMatchObject({
      rtaMs: null,
      why: { rta: 'the service was verified before the clock began' },
    });
  });

  it('loses nothing when the recovery point lies after the disruption', () => {
    const view = viewAt('04:00');
    const incident = {
      ...view.incident,
      recoveryPoint: { at: at('02:30'), evidence: 'standby', run: 'RUN-31' },
    };

    expect(measure({ ...view, incident }).rpaMs).toBe(0);
  });

  it('falls back to the objectives of the system where a component has none', () => {
    const view = viewAt('04:00');
    const components = view.plan.components.map(({ objectives: _, ...component }) => component);

    expect(measure({ ...view, plan: { ...view.plan, components } }).rtoMs).toBe(240 * MIN);
  });
});

describe('the end of an incident', () => {
  it('is its resolution or its cancellation', () => {
    const cancelled = toldUntil('02:13', [
      '02:14:00',
      person('ana'),
      'incident',
      'INC-2026-014',
      { kind: 'incident.cancelled', reason: 'a mistake' },
    ]);

    expect(endOf(viewAt('04:00').incident)).toBe(at('03:20:10'));
    expect(endOf(viewAt('02:20').incident)).toBeNull();
    expect(endOf(viewAt('04:00', cancelled).incident)).toBe(at('02:14'));
    expect(measure(viewAt('04:00', cancelled)).why.rta).toBe('no check has verified the service');
  });
});

describe('updates', () => {
  it('counts promises kept and the longest silence', () => {
    expect(measure(viewAt('04:00')).updates).toEqual({
      due: 3,
      posted: 3,
      onTime: 3,
      longestSilenceMs: 28 * MIN + 12_000,
    });
  });

  it('counts a slot as due once it is late, and every further one', () => {
    const told = toldUntil('02:13');

    expect(measure(viewAt('02:42:10', told)).updates).toMatchObject({
      due: 0,
      longestSilenceMs: 30 * MIN + 6_000,
    });
    expect(measure(viewAt('02:42:20', told)).updates).toMatchObject({ due: 1, posted: 0, onTime: 0 });
    expect(measure(viewAt('03:13', told)).updates).toMatchObject({ due: 2 });
  });

  it('counts each slot that one late update stands for', () => {
    const told = toldUntil('02:13', [
      '03:20:00',
      BOT,
      'incident',
      'INC-2026-014',
      {
        kind: 'incident.update-published',
        number: 1,
        text: { status: 'investigating', impact: 'x', changed: 'y', next: 'z', expectedBack: null },
        dueAt: at('02:42:04'),
        publishedAt: at('03:20'),
        nextAt: at('03:50'),
        automatic: true,
        missed: [at('03:12:04')],
      },
    ]);

    expect(measure(viewAt('03:21', told)).updates).toMatchObject({ due: 2, posted: 1, onTime: 0 });
  });
});

describe('waiting for people', () => {
  it('adds votes and choices up to the verified service', () => {
    expect(measure(viewAt('04:00')).waitingForPeopleMs).toBe(30_000 + 7 * MIN + 51_000);
  });

  it('counts what waits now, and an answer ends it', () => {
    expect(measure(viewAt('02:15')).waitingForPeopleMs).toBe(10_000);
    expect(measure(viewAt('02:20')).waitingForPeopleMs).toBe(30_000 + 70_000);
  });

  it.each([
    [
      'a question',
      {
        kind: 'step.asked',
        step: 'find',
        attempt: 1,
        question: { kind: 'decision', question: 'Which?', options: [] },
        at: at('02:14:42'),
      },
    ],
    [
      'an uncertain step',
      { kind: 'step.uncertain', step: 'find', attempt: 1, seen: [], howToTell: null, at: at('02:14:42') },
    ],
  ] satisfies [string, DomainEvent][])('counts %s until it is answered', (_, event) => {
    const view = viewAt('02:15:42', toldUntil('02:14:41', run('02:14:42', event)));

    expect(measure(view).waitingForPeopleMs).toBe(MIN);
  });

  it('counts overlapping waits once, and a first ruling of two as waiting', () => {
    const told = toldUntil(
      '02:19:10',
      run('02:19:20', {
        kind: 'step.uncertain',
        step: 'find',
        attempt: 1,
        seen: [],
        howToTell: null,
        at: at('02:19:20'),
      }),
      run('02:19:30', { kind: 'step.ruled', step: 'find', happened: true, saw: 'x', person: 'ben' }),
    );

    expect(measure(viewAt('02:19:50', told)).waitingForPeopleMs).toBe(30_000 + MIN);
  });

  it('goes on after a veto until somebody asks again', () => {
    const told = toldUntil(
      '02:19:10',
      [
        '02:19:50',
        person('mina'),
        'approval',
        'APR-57',
        { kind: 'approval.vetoed', person: 'mina', reason: 'wrong', at: at('02:19:50') },
      ],
      ['02:21:50', person('ana'), 'run', 'RUN-31', { kind: 'gate.retried', gate: 'cut-over' }],
    );

    expect(measure(viewAt('02:30', told)).waitingForPeopleMs).toBe(30_000 + MIN + 2 * MIN);
  });
});

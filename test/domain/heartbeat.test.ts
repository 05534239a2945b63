import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Heartbeat, runsOfHeartbeats } from '../../src/domain/heartbeat.ts';
import { Backup } from '../../src/domain/plan-backup.ts';

const at = (time: string) => new Date(`2026-03-01T${time}Z`);

function told(said: Partial<Heartbeat>): Heartbeat {
  return {
    ...{ system: 'janua', backup: 'pg-daily', from: 'heartbeat', run: 'night', state: 'success' },
    ...{ at: at('02:10:00'), bytes: null, durationMs: null, reason: null },
    ...said,
  };
}

test('a start without an end is a running run', () => {
  const runs = runsOfHeartbeats([told({ state: 'start', at: at('02:00:00') })]);

  expect(runs).toEqual([
    {
      ...{ id: 'night', from: 'heartbeat', state: 'running' },
      ...{ startedAt: at('02:00:00'), endedAt: null, bytes: null, reason: null },
    },
  ]);
});

test('a start and a success are one run that is done, with the bytes of its end', () => {
  const runs = runsOfHeartbeats([
    told({ state: 'start', at: at('02:00:00') }),
    told({ at: at('02:10:00'), bytes: 4096, durationMs: 1, reason: 'all went well' }),
  ]);

  expect(runs).toEqual([
    {
      ...{ id: 'night', from: 'heartbeat', state: 'done' },
      ...{ startedAt: at('02:00:00'), endedAt: at('02:10:00'), bytes: 4096, reason: null },
    },
  ]);
});

test.each([
  ['by the duration it tells', 300_000, '02:05:00'],
  ['at its end, when it tells none', null, '02:10:00'],
])('an end without a start began %s', (_, durationMs, began) => {
  const [run] = runsOfHeartbeats([told({ durationMs })]);

  expect(run?.startedAt).toEqual(at(began));
});

test('a failure tells its reason, at most 200 characters of it and none of them broken', () => {
  const [run] = runsOfHeartbeats([told({ state: 'failure', reason: '💾'.repeat(201) })]);
  const [silent] = runsOfHeartbeats([told({ state: 'failure' })]);

  expect(run).toMatchObject({ state: 'failed', reason: '💾'.repeat(200) });
  expect(silent).toMatchObject({ state: 'failed', reason: null });
});

test.each([
  ['the later one', '02:10:00', '02:11:00', 'done'],
  ['the later one, also when it is the failure', '02:11:00', '02:10:00', 'failed'],
  ['the failure, when both are of one instant', '02:10:00', '02:10:00', 'failed'],
])('of two ends counts %s', (_, failure, success, state) => {
  const [run] = runsOfHeartbeats([
    told({ state: 'failure', at: at(failure) }),
    told({ state: 'success', at: at(success) }),
  ]);

  expect(run?.state).toBe(state);
});

test('a start that comes after the end changes nothing', () => {
  const [run] = runsOfHeartbeats([
    told({ state: 'start', at: at('02:12:00') }),
    told({ durationMs: 60_000 }),
  ]);

  expect(run).toMatchObject({ state: 'done', startedAt: at('02:09:00') });
});

test('runs of the same name from a script and from SNS are two', () => {
  const runs = runsOfHeartbeats([told({}), told({ from: 'sns' })]);

  expect(runs.map(({ from }) => from)).toEqual(['heartbeat', 'sns']);
});

test('newest first, and the same whatever the order of the heartbeats', () => {
  const state = fc.constantFrom('start', 'success', 'failure');
  const heartbeat = fc
    .record({ run: fc.constantFrom('a', 'b', 'c', 'd'), state, minute: fc.integer({ min: 10, max: 59 }) })
    .map(({ run, state, minute }) => told({ run, state, at: at(`02:${minute}:00`), durationMs: 60_000 }));
  const heartbeats = fc.uniqueArray(heartbeat, {
    selector: ({ run, state }) => `${run} ${state}`,
    minLength: 1,
  });

  fc.assert(
    fc.property(
      heartbeats.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
      ),
      ([all, shuffled]) => {
        const runs = runsOfHeartbeats(all);

        expect(new Set(runsOfHeartbeats(shuffled))).toEqual(new Set(runs));
        expect(new Set(runs.map(({ id }) => id))).toEqual(new Set(all.map(({ run }) => run)));
        const times = runs.map(({ startedAt }) => startedAt.getTime());
        expect(times).toEqual(times.toSorted((a, b) => b - a));
      },
    ),
    { seed: 5 },
  );
});

test.each([
  ['a token', { token: 'pg-daily-token', every: '1h' }, true],
  ['a topic', { sns: { connection: 'notices', success: 'Backup Success' } }, true],
  [
    'both',
    { token: 'pg-daily-token', sns: { connection: 'notices', success: 'ok!', failure: 'FAILED' } },
    true,
  ],
  ['neither', { every: '1h' }, false],
  ['a topic without words', { sns: { connection: 'notices' } }, false],
])('a plan may name %s by which a producer speaks: %j is taken: %s', (_, heartbeat, taken) => {
  const location = { id: 'here', role: 'primary', failureDomain: 'home', source: 'manual', ref: 'a safe' };
  const backup = { id: 'pg-daily', component: 'postgres', kind: 'logical', locations: [location], heartbeat };

  expect(Backup.safeParse(backup).success).toBe(taken);
});

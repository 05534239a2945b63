import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/events.ts';
import { begun, failed, finished, GATE_ASKED, GATE_OPENED, uncertain } from '../domain/samples.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;

beforeAll(async () => {
  desk = await startDesk();
});

afterAll(() => desk.stop());

const FAILED = [begun('look'), failed('look')];
const IN_GATE = [begun('look'), finished('look'), GATE_ASKED, GATE_OPENED, begun('stop')];
const at = expect.any(String);

/** State of the run, what is typed, and what it records. `RUN` stands for the run. */
const RECORDED: readonly (readonly [string, readonly RunEvent[], object[]])[] = [
  ['retry', FAILED, [{ kind: 'step.retried', step: 'look', look: false }]],
  ['Retry look', FAILED, [{ kind: 'step.retried', step: 'look', look: false }]],
  ['retry run=RUN step=look', FAILED, [{ kind: 'step.retried', step: 'look', look: false }]],
  ['look', [...IN_GATE, uncertain('stop')], [{ kind: 'step.retried', step: 'stop', look: true }]],
  [
    'skip look reason="counted by hand"',
    FAILED,
    [{ kind: 'step.skipped', step: 'look', reason: 'counted by hand', byPerson: true, at }],
  ],
  [
    'skip look counted by hand, rows=4',
    FAILED,
    [{ kind: 'step.skipped', step: 'look', reason: 'counted by hand, rows=4', byPerson: true, at }],
  ],
  [
    'skip reason="counted by hand"',
    FAILED,
    [{ kind: 'step.skipped', step: 'look', reason: 'counted by hand', byPerson: true, at }],
  ],
  [
    'happened stop saw="0 pods are left"',
    [...IN_GATE, uncertain('stop')],
    [
      { kind: 'step.ruled', step: 'stop', person: 'ana', happened: true, saw: '0 pods are left' },
      expect.objectContaining({ kind: 'step.finished', step: 'stop', known: 'ruled' }),
    ],
  ],
  [
    'did-not-happen stop 4 pods run',
    [...IN_GATE, uncertain('stop')],
    [
      { kind: 'step.ruled', step: 'stop', person: 'ana', happened: false, saw: '4 pods run' },
      { kind: 'step.retried', step: 'stop', look: false },
    ],
  ],
];

const VERBS = 'retry, skip, done, choose, happened, did-not-happen, look';

const REFUSED: readonly (readonly [string, readonly RunEvent[], string])[] = [
  ['', FAILED, `/dr step needs one of ${VERBS}. Nothing was changed. Example: /dr step retry`],
  ['undo', FAILED, `/dr step needs one of ${VERBS}. Nothing was changed. Example: /dr step retry`],
  [
    'skip look',
    FAILED,
    '/dr step needs a reason. Nothing was changed. Example: /dr step skip integrity reason="counted by hand"',
  ],
  [
    'skip look reason=" "',
    FAILED,
    '/dr step needs a reason. Nothing was changed. Example: /dr step skip integrity reason="counted by hand"',
  ],
  [
    'happened stop',
    [...IN_GATE, uncertain('stop')],
    '/dr step needs what you saw. Nothing was changed. Example: /dr step happened swap saw="janua has 214,600 rows"',
  ],
  [
    'retry lok',
    FAILED,
    'There is no step "lok" in this run. Nothing was changed. Its steps: look, stop, swap, after.',
  ],
  [
    'retry after',
    FAILED,
    'Step "Look again" has not stopped (it is pending). Nothing was changed. Retry, skip and rulings are for failed or uncertain steps: see /dr status.',
  ],
  [
    'retry',
    [begun('look')],
    'No step of RUN has stopped. Nothing was changed. Retry, skip and rulings are for failed or uncertain steps: see /dr status.',
  ],
  [
    'happened look it is there',
    FAILED,
    'Step "Look at it" has not stopped (it is failed). Nothing was changed. Retry, skip and rulings are for failed or uncertain steps: see /dr status.',
  ],
  [
    'skip stop counted by hand',
    [...IN_GATE, uncertain('stop')],
    'Step "Stop the demo" cannot be skipped: it is part of an approved gate. Nothing was changed. Retry it, or abort the run.',
  ],
  [
    'done look by hand',
    FAILED,
    'Step "Look at it" asks nothing of anybody now. Nothing was recorded. See /dr status for what it waits for.',
  ],
  [
    'choose restore',
    FAILED,
    'No step of RUN waits for an answer. Nothing was recorded. See /dr status for what it waits for.',
  ],
  ['retry run=RUN-99', FAILED, 'There is no run "RUN-99". Nothing was done. Runs of an incident: /dr status'],
  [
    'retry',
    [...FAILED, { kind: 'run.finished', outcome: 'aborted', cleaned: [], at: '2026-11-21T02:30:00.000Z' }],
    'RUN is over (aborted). Nothing was changed. To start another: /dr run',
  ],
];

test.each(RECORDED)('/dr step %s', async (words, state, events) => {
  const { incident, run } = await desk.runAfter(...state);

  expect(await desk.outcome(`/dr step ${words.replace('RUN', run)}`, { here: incident })).toEqual({
    said: `${run}: recorded. Follow: /dr run show`,
    events,
  });
});

test.each(REFUSED)('/dr step %s is refused', async (words, state, said) => {
  const { incident, run } = await desk.runAfter(...state);

  expect(await desk.outcome(`/dr step ${words}`, { here: incident })).toEqual({
    said: said.replace('RUN ', `${run} `),
    events: [],
  });
});

describe('a run that asks people', () => {
  test('is answered by typed words to its end', async () => {
    const here = await desk.declare();
    const started = await desk.type('/dr run ask-people where=here --yes', { here });
    const run = started.said.split(' ')[0] ?? '';
    await desk.advance(run);

    expect(await desk.outcome('/dr step done compare', { here })).toEqual({
      said: 'Step "Compare the rows" asks for evidence (text). It is not marked as done. Say what you saw, or paste a link.',
      events: [],
    });
    expect(await desk.outcome('/dr step done compare 96,212 rows, lost=118', { here, who: 'ben' })).toEqual({
      said: `${run}: recorded. Follow: /dr run show`,
      events: [
        expect.objectContaining({
          kind: 'step.finished',
          step: 'compare',
          output: { by: 'ben', evidence: '96,212 rows, lost=118' },
          known: 'answered',
        }),
      ],
    });
    await desk.advance(run);
    for (const [words, got] of [
      ['choose', 'An empty answer'],
      ['choose wait', '"wait"'],
      ['choose constructor step=way', '"constructor"'],
    ])
      expect(await desk.outcome(`/dr step ${words}`, { here })).toEqual({
        said: `${got} is not one of the choices. Nothing was recorded. Choose one of: repair, restore.`,
        events: [],
      });
    expect((await desk.outcome('/dr step choose restore', { here })).events).toMatchObject([
      { kind: 'step.finished', step: 'way', output: { by: 'ana', choice: 'restore' } },
    ]);
    await desk.advance(run);
    expect((await desk.run(run)).outcome).toBe('done');
  });
});

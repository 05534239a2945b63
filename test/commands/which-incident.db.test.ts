import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { person } from '../helpers/bot.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;

beforeAll(async () => {
  desk = await startDesk();
});

afterAll(() => desk.stop());

async function closeAll(): Promise<void> {
  for (const { id } of await desk.queries.incidents({ open: true }))
    await desk.incidents.cancel(person('ana'), id, 'the test is over');
}

const CLOSING = 'cause="A migration deleted rows" began=2020-01-01T02:04Z detected=2020-01-01T02:09Z';

/** Every command that is about an incident: as typed in its channel, and naming it elsewhere. */
const LINES: readonly (readonly [string, ...((id: string) => string)[]])[] = [
  ['/dr status', (id) => `/dr status ${id}`, (id) => `/dr status ${id.toLowerCase()}`],
  ['/dr severity SEV2', (id) => `/dr severity SEV2 ${id}`, (id) => `/dr severity ${id} SEV2`],
  ['/dr role scribe', (id) => `/dr role scribe ${id}`, (id) => `/dr role ${id} scribe @ben`],
  ['/dr note seen', (id) => `/dr note ${id} seen`, (id) => `/dr note seen incident=${id}`],
  ['/dr edit title="Sign-in fails"', (id) => `/dr edit ${id} title="Sign-in fails"`],
  ['/dr run recover', (id) => `/dr run recover --incident ${id}`, (id) => `/dr run recover incident=${id}`],
  ['/dr update It runs', (id) => `/dr update ${id} It runs`, (id) => `/dr update It runs --incident=${id}`],
  [`/dr resolve ${CLOSING}`, (id) => `/dr resolve ${id} ${CLOSING}`],
  ['/dr cancel a false alarm', (id) => `/dr cancel ${id} a false alarm`],
  ['/dr report', (id) => `/dr report ${id}`],
  ['/dr report lesson Dry runs', (id) => `/dr report lesson ${id} Dry runs`],
  [
    '/dr report action Dry runs owner=ben due=2026-12-01',
    (id) => `/dr report action ${id} Dry runs owner=ben due=2026-12-01`,
  ],
];
const TYPED = LINES.map(([typed]) => typed);
const OF_RUNS = ['/dr abort wrong', '/dr step retry', '/dr run show'];
const NAMING = LINES.flatMap(([, ...named]) => named.map((line) => [line('INC-…'), line] as const));

describe('no incident is open', () => {
  test.each([...TYPED, ...OF_RUNS])('%s', async (line) => {
    expect(await desk.outcome(line)).toEqual({
      said: 'There is no open incident. Nothing was done. To open one: /dr declare',
      events: [],
    });
  });
});

describe('one incident is open', () => {
  let only: string;
  beforeEach(async () => {
    only = await desk.declare();
  });
  afterEach(closeAll);

  test.each(TYPED)('%s is about it', async (line) => {
    const { answer } = await desk.type(line);

    expect(answer.kind).toBe('reply');
    expect(JSON.stringify(answer)).toContain(only);
  });
});

describe('two incidents are open', () => {
  let older: string;
  let newer: string;
  beforeAll(async () => {
    older = await desk.declare();
    newer = await desk.declare();
  });
  afterAll(closeAll);

  test.each([...TYPED, ...OF_RUNS])('%s asks which', async (line) => {
    expect(await desk.outcome(line)).toEqual({
      said: `Two incidents are open and this place belongs to none of them (${newer}, ${older}). Nothing was done. Name the one you mean, for example: /dr status INC-…`,
      events: [],
    });
  });

  test.each(NAMING)('%s with an id that does not exist', async (_, line) => {
    expect(await desk.outcome(line('INC-1999-001'))).toEqual({
      said: 'There is no incident "INC-1999-001". Nothing was done. Open incidents: /dr list',
      events: [],
    });
  });

  test.each(OF_RUNS)('%s in the channel of one finds no run of it', async (line) => {
    expect(await desk.outcome(line, { here: older })).toEqual({
      said: `${older} has no run. Nothing was done. Runs of an incident: /dr status`,
      events: [],
    });
  });

  test.each(NAMING)('%s is about the one it names', async (_, line) => {
    const named = await desk.declare();

    const { answer } = await desk.type(line(named));

    expect(answer.kind).toBe('reply');
    expect(JSON.stringify(answer)).toContain(named);
    expect(JSON.stringify(answer)).not.toContain(newer);
  });

  test.each(TYPED)('%s in the channel of one is about that one', async (line) => {
    const here = await desk.declare();

    const { answer } = await desk.type(line, { here });

    expect(answer.kind).toBe('reply');
    expect(JSON.stringify(answer)).toContain(here);
    expect(JSON.stringify(answer)).not.toContain(newer);
  });
});

describe('the channel of an incident that is over', () => {
  let here: string;
  beforeAll(async () => {
    here = await desk.declare();
    await closeAll();
  });

  test.each([
    ...['/dr severity SEV2', '/dr role scribe', '/dr edit title="Sign-in fails"', '/dr run recover --yes'],
    ...['/dr update It runs', '/dr update', '/dr cancel a false alarm', `/dr resolve ${CLOSING}`],
  ])('%s changes nothing', async (line) => {
    expect(await desk.outcome(line, { here })).toEqual({
      said: `${here} is cancelled. Nothing was changed. A note can still be added with /dr note; for a new fault use /dr declare.`,
      events: [],
    });
  });

  test.each([
    ['/dr note seen', ['incident.note-added']],
    ['/dr report lesson Dry runs', ['incident.lesson-added']],
    ['/dr report action Dry runs owner=ben due=2026-12-01', ['incident.action-item-added']],
    ['/dr report', ['incident.report-written']],
    ['/dr status', []],
  ])('%s still works: reports are written afterwards', async (line, kinds) => {
    const { answer, events } = await desk.type(line, { here });

    expect(answer.kind).toBe('reply');
    expect(events.map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('another incident named in the channel of one', () => {
  test('is mentioned by a note, all of which is kept', async () => {
    const [here, other] = [await desk.declare(), await desk.declare()];

    expect(await desk.outcome(`/dr note ${other} had the same cause`, { here })).toEqual({
      said: `Added to the timeline of ${here}.`,
      events: [{ kind: 'incident.note-added', text: `${other} had the same cause` }],
    });
  });

  test('is not cancelled, and neither is this one, until it is clear which', async () => {
    const [here, other] = [await desk.declare(), await desk.declare()];

    expect(await desk.outcome(`/dr cancel ${other} is the same fault`, { here })).toEqual({
      said: `/dr cancel needs to know which incident you mean, ${other} or this one (${here}). Nothing was changed. Example: /dr cancel incident=${other} "the alert was a test"`,
      events: [],
    });
    expect(await desk.outcome(`/dr cancel incident=${other} the same fault`, { here })).toEqual({
      said: `${other} is cancelled. Its channel and its log stay.`,
      events: [{ kind: 'incident.cancelled', reason: 'the same fault' }],
    });
  });
});

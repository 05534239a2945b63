import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { begun, requested } from '../domain/samples.ts';
import { smallPlan } from '../helpers/bot.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;
let here: string;

beforeAll(async () => {
  desk = await startDesk(smallPlan({ system: 'shop', name: 'The Shop', report: { dueWithin: '12h' } }));
});

afterAll(() => desk.stop());

beforeEach(async () => {
  here = await desk.declare();
});

const FIVE =
  'holds no readable text of 5 characters or more. Nothing was recorded. Say it in a few words and send it again.';
const THREE = FIVE.replace('5', '3');
const PEOPLE = 'Nothing was changed. People there: ana, ben, mina, dan.';
const at = expect.any(String);

describe('resolve', () => {
  const FACTS = 'cause="A migration deleted rows" began=2020-01-01T02:04Z detected=2020-01-01T02:09Z';
  const OPEN = 'The incident is not resolved. Fill it in, or say why it cannot be known.';
  const EXAMPLE =
    'Example: /dr resolve cause="A migration deleted rows" began=2026-11-21T02:04Z detected=2026-11-21T02:09Z';
  const NO_TIME = 'Nothing was changed. Expected a time like "02:04" (UTC) or "2026-11-21T02:04Z".';

  test('closes with the facts, and the commander owns the report', async () => {
    await desk.type('/dr role commander @mina', { here });

    expect(await desk.outcome(`/dr resolve ${FACTS} lost="118 rows"`, { here })).toEqual({
      said: `${here} is resolved. The report is due in 48 h: /dr report`,
      events: [
        {
          kind: 'incident.edited',
          changes: { occurredAt: '2020-01-01T02:04:00.000Z', detectedAt: '2020-01-01T02:09:00.000Z' },
        },
        {
          kind: 'incident.resolved',
          at,
          rootCause: 'A migration deleted rows',
          dataLost: '118 rows',
          reportOwner: 'mina',
          reportDueAt: at,
          unknownDetected: null,
        },
      ],
    });
  });

  test.each([
    [FACTS, { reportOwner: 'ana', dataLost: 'not known' }],
    [`${FACTS} owner=@ben lost=""`, { reportOwner: 'ben', dataLost: 'not known' }],
    [`${FACTS} owner=<@U0BEN|ben>`, { reportOwner: 'ben' }],
    [
      'cause="Not known yet" began=2020-01-01T02:04Z unknown-detected="nobody was there"',
      { rootCause: 'Not known yet', unknownDetected: 'nobody was there' },
    ],
  ])('%s', async (words, closing) => {
    const { events } = await desk.type(`/dr resolve ${words}`, { here });

    expect(events.at(-1)).toMatchObject({ kind: 'incident.resolved', ...closing });
  });

  test('says when the report is due by the plan', async () => {
    const shop = await desk.declare('shop');

    expect((await desk.type(`/dr resolve ${FACTS}`, { here: shop })).said).toBe(
      `${shop} is resolved. The report is due in 12 h: /dr report`,
    );
  });

  test('the example of its usage works as it stands', async () => {
    const { said: usage } = await desk.type('/dr resolve', { here });

    expect(usage).toBe(`/dr resolve needs the root cause so far. Nothing was changed. ${EXAMPLE}`);
    const { said } = await desk.type(usage.split('Example: ')[1] ?? '', { here });
    expect(said).toContain('is resolved');
  });

  test.each([
    [
      'cause=A migration deleted rows',
      `/dr resolve needs quotes around more than one word. Nothing was changed. ${EXAMPLE}`,
    ],
    [
      'A migration deleted rows',
      `/dr resolve needs quotes around more than one word. Nothing was changed. ${EXAMPLE}`,
    ],
    [FACTS.replace(/cause="[^"]*"/, 'cause=""'), `The root cause ${FIVE}`],
    ['cause="A migration"', `One fact is missing: when it began. ${OPEN}`],
    ['cause="A migration" began=2020-01-01T02:04Z', `One fact is missing: when it was detected. ${OPEN}`],
    [
      'cause="A migration" began=2020-01-01T02:04Z unknown-detected=" "',
      `One fact is missing: when it was detected. ${OPEN}`,
    ],
    [
      FACTS.replace('02:09', '02:03'),
      `One fact is missing: a detection that is not before the beginning. ${OPEN}`,
    ],
    [FACTS.replace('2020-01-01T02:04Z', 'yesterday'), `"began" cannot be "yesterday". ${NO_TIME}`],
    [`${FACTS} owner=bob`, `Nobody in people.yml is called "bob". ${PEOPLE}`],
    [`${FACTS} owner=constructor`, `Nobody in people.yml is called "constructor". ${PEOPLE}`],
    [
      `${FACTS} begun=02:04`,
      '"begun" cannot be "02:04". Nothing was changed. Expected one of cause, began, detected, unknown-detected, lost, owner, incident.',
    ],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr resolve ${words}`, { here })).toEqual({ said, events: [] });
  });

  test('keeps a typed time that cannot be read from being passed over for an earlier one', async () => {
    await desk.type('/dr edit began=2020-01-01T02:04Z detected=2020-01-01T02:09Z', { here });

    const { said, events } = await desk.outcome('/dr resolve cause="A migration" began=02.01', { here });

    expect({ said, events }).toEqual({ said: `"began" cannot be "02.01". ${NO_TIME}`, events: [] });
  });

  test('waits for the run, then for an approval that outlived it', async () => {
    const { incident, run } = await desk.runAfter(begun('look'));

    expect(await desk.outcome(`/dr resolve ${FACTS}`, { here: incident })).toEqual({
      said: `${run} is still running. The incident cannot be resolved yet. Wait, or abort it first.`,
      events: [],
    });
    await desk.type(`/dr abort ${run} wrong`);
    await desk.advance(run);
    const asked = requested({ incident, run, system: 'demo' });
    await desk.db.transact((tx) =>
      desk.commit(tx, BOT, [{ type: 'approval', id: 'APR-900', events: [asked] }]),
    );
    expect(await desk.outcome(`/dr resolve ${FACTS}`, { here: incident })).toEqual({
      said: 'APR-900 is still open. The incident is not resolved. Veto it or let it end.',
      events: [],
    });
  });

  test('without a cause is a dialog where there is one', async () => {
    expect((await desk.type('/dr resolve', { here, form: true })).answer).toMatchObject({
      form: 'resolve',
      view: { incident: { id: here } },
    });
  });
});

describe('a text that is too long', () => {
  test.each([
    ['/dr declare demo TEXT --new', 'title', 120],
    ['/dr edit title="TEXT"', 'title', 120],
    ['/dr note TEXT', 'note', 3000],
    ['/dr cancel TEXT', 'reason', 500],
    ['/dr resolve cause=TEXT began=2020-01-01T02:04Z detected=2020-01-01T02:09Z', 'root cause', 1500],
  ])('%s', async (line, field, max) => {
    const { said, events } = await desk.outcome(line.replace('TEXT', 'é'.repeat(max + 1)), { here });

    expect(said).toBe(
      `The ${field} has ${max + 1} of ${max} characters. Nothing was recorded. Shorten it and send it again.`,
    );
    expect(events).toEqual([]);
    expect((await desk.outcome(line.replace('TEXT', 'é'.repeat(max)), { here })).events).not.toEqual([]);
  });
});

describe('cancel', () => {
  const cancelled = (id: string, reason: string) => ({
    said: `${id} is cancelled. Its channel and its log stay.`,
    events: [{ kind: 'incident.cancelled', reason }],
  });

  test.each([
    ['the alert was a test', 'the alert was a test'],
    ['"the alert was a test"', 'the alert was a test'],
    ['replicas=0 was --planned', 'replicas=0 was --planned'],
    ['"INC-2026-001 covers it"', 'INC-2026-001 covers it'],
    ['INC a false alarm', 'a false alarm'],
  ])('%s', async (words, reason) => {
    expect(
      await desk.outcome(`/dr cancel ${words.replace('INC ', `${here} `)}`, { here, who: 'mina' }),
    ).toEqual(cancelled(here, reason));
  });

  test.each([
    ['', '/dr cancel needs a reason. Nothing was changed. Example: /dr cancel "the alert was a test"'],
    ['INC', '/dr cancel needs a reason. Nothing was changed. Example: /dr cancel "the alert was a test"'],
    [
      '"\u200b "',
      '/dr cancel needs a reason. Nothing was changed. Example: /dr cancel "the alert was a test"',
    ],
    ['no', `The reason ${THREE}`],
  ])('%s is refused', async (words, said) => {
    for (const form of [false, true])
      expect(await desk.outcome(`/dr cancel ${words.replace('INC', here)}`, { here, form })).toEqual({
        said,
        events: [],
      });
  });

  test('waits for the run', async () => {
    const { incident, run } = await desk.runAfter(begun('look'));

    expect(await desk.outcome('/dr cancel a false alarm', { here: incident })).toEqual({
      said: `${run} is still running. The incident cannot be cancelled yet. Wait, or abort it first.`,
      events: [],
    });
    await desk.type(`/dr abort ${run} wrong`);
    await desk.advance(run);
    expect(await desk.outcome('/dr cancel a false alarm', { here: incident })).toEqual(
      cancelled(incident, 'a false alarm'),
    );
  });
});

test('what is over stands in nobody’s way: the next incident is declared at once', async () => {
  const other = await startDesk();
  const over = await other.declare();
  await other.type('/dr resolve cause="A migration" began=2020-01-01T02:04Z detected=2020-01-01T02:09Z', {
    here: over,
  });

  const { said, events } = await other.type('/dr declare demo sev1 It is broken again');

  await other.stop();
  expect(said).toMatch(/declared for Demo, SEV1/);
  expect(events).toMatchObject([{ kind: 'incident.declared', title: 'It is broken again' }]);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { person, smallPlan } from '../helpers/bot.ts';
import { type Desk, startDesk } from './desk.ts';

let one: Desk;
let two: Desk;

beforeAll(async () => {
  one = await startDesk();
  two = await startDesk(smallPlan({ system: 'shop', name: 'The Shop', defaultSeverity: 'SEV3' }));
});

afterAll(async () => {
  await one.stop();
  await two.stop();
});

const NO_TIME = 'Nothing was changed. Expected a time like "02:04" (UTC) or "2026-11-21T02:04Z".';

describe('declare', () => {
  test.each([
    ['demo sev1 Sign-in fails for most', 'demo', 'SEV1', 'Sign-in fails for most', 'Demo'],
    ['DEMO SEV4 "Sign-in is slow"', 'demo', 'SEV4', 'Sign-in is slow', 'Demo'],
    ['demo Sign-in fails sev1', 'demo', 'SEV2', 'Sign-in fails sev1', 'Demo'],
    ['shop Nobody can pay', 'shop', 'SEV3', 'Nobody can pay', 'The Shop'],
    ['"the shop" sev2 Nobody can pay', 'shop', 'SEV2', 'Nobody can pay', 'The Shop'],
    ['shop cpu=100 on "db --clean" P1', 'shop', 'SEV3', 'cpu=100 on db --clean P1', 'The Shop'],
    ['shop INC-2026-001 is back again', 'shop', 'SEV3', 'INC-2026-001 is back again', 'The Shop'],
  ])('%s', async (words, system, severity, title, name) => {
    const { answer, said, events } = await two.type(`/dr declare ${words} --new`, { who: 'stranger' });

    const id = 'data' in answer ? answer.data : null;
    expect(id).toEqual({ incident: expect.stringMatching(/^INC-\d{4}-\d{3}$/) });
    expect(said).toMatch(new RegExp(`^INC-\\d{4}-\\d{3} declared for ${name}, ${severity}\\.$`));
    expect(events).toMatchObject([{ kind: 'incident.declared', system, severity, title, impact: null }]);
  });

  test('takes the impact and the times along', async () => {
    const { events } = await one.type(
      '/dr declare Sign-in fails impact="All regions" began=2020-01-01T02:04 detected=2020-01-01T02:09Z --new',
    );

    expect(events).toMatchObject([
      {
        title: 'Sign-in fails',
        impact: 'All regions',
        occurredAt: '2020-01-01T02:04:00.000Z',
        detectedAt: '2020-01-01T02:09:00.000Z',
      },
    ]);
  });

  test.each([
    ['', 'There is no plan for that system. Nothing was done. Plans: demo, shop.'],
    ['jannua sev1 Sign-in fails', 'There is no plan for "jannua". Nothing was done. Plans: demo, shop.'],
    [
      'shpo Nobody can pay',
      'There is no plan for "shpo". Nothing was done. Did you mean shop? Plans: demo, shop.',
    ],
    [
      'demo',
      '/dr declare needs what is wrong. Nothing was changed. Example: /dr declare demo sev1 Sign-in fails',
    ],
    [
      'demo sev1',
      '/dr declare needs what is wrong. Nothing was changed. Example: /dr declare demo sev1 Sign-in fails',
    ],
    [
      'demo sev9 Sign-in fails',
      '"sev9" is not a severity. Nothing was changed. Use SEV1, SEV2, SEV3 or SEV4.',
    ],
    ['demo P1 Sign-in fails', '"P1" is not a severity. Nothing was changed. Use SEV1, SEV2, SEV3 or SEV4.'],
    [
      'demo down --new',
      'The title holds no readable text of 5 characters or more. Nothing was recorded. Say it in a few words and send it again.',
    ],
    ['demo Sign-in fails began=yesterday', `"began" cannot be "yesterday". ${NO_TIME}`],
    ['demo Sign-in fails detected="10 min ago"', `"detected" cannot be "10 min ago". ${NO_TIME}`],
    [
      'demo Game day --drill',
      '/dr declare needs an option it knows (--new), not --drill. Nothing was changed. Example: /dr declare janua sev1 Sign-in fails for most customers',
    ],
  ])('%s is refused', async (words, said) => {
    expect(await two.outcome(`/dr declare ${words}`)).toEqual({ said, events: [] });
  });

  test('the only system need not be named, but a misspelt one is not taken for a title', async () => {
    const { events } = await one.type('/dr declare sev3 Sign-in is slow --new');

    expect(events).toMatchObject([{ system: 'demo', severity: 'SEV3', title: 'Sign-in is slow' }]);
    expect(await one.outcome('/dr declare dmeo sev1 Sign-in fails')).toEqual({
      said: 'There is no plan for "dmeo". Nothing was done. Did you mean demo? Plans: demo.',
      events: [],
    });
  });

  test('offers what is open for the same system, unless a new one is wanted', async () => {
    const open = await one.declare();

    const { answer, events } = await one.type('/dr declare demo sev1 It is still broken');

    expect(answer).toMatchObject({
      what: 'similar',
      system: 'demo',
      severity: 'SEV1',
      title: 'It is still broken',
      similar: expect.arrayContaining([expect.objectContaining({ id: open })]),
    });
    expect(events).toEqual([]);
  });

  test('without words is a dialog where there is one', async () => {
    expect((await one.type('/dr declare', { form: true })).answer).toEqual({
      kind: 'form',
      form: 'declare',
      view: null,
    });
    expect((await one.type('/dr declare --new')).said).toBe(
      '/dr declare needs what is wrong. Nothing was changed. Example: /dr declare demo sev1 Sign-in fails',
    );
  });
});

describe('list and status', () => {
  test('list names what is open, newest first, and everything with "all"', async () => {
    const [over, open] = [await one.declare(), await one.declare()];
    await one.incidents.cancel(person('ana'), over, 'a false alarm');

    const ids = async (line: string) => {
      const { answer } = await one.type(line, { who: 'stranger' });
      return 'items' in answer ? answer.items.map(({ id }) => id) : [];
    };

    expect((await ids('/dr list'))[0]).toBe(open);
    expect(await ids('/dr list')).not.toContain(over);
    expect(await ids('/dr list all')).toEqual(expect.arrayContaining([over, open]));
  });

  test('status shows the incident of the channel, and the one it names', async () => {
    const [here, other] = [await one.declare(), await one.declare()];

    expect((await one.type('/dr status', { here })).answer).toMatchObject({
      what: 'status',
      view: { incident: { id: here } },
    });
    expect((await one.type(`/dr status ${other}`, { here })).answer).toMatchObject({
      view: { incident: { id: other } },
    });
    expect((await one.type('/dr status everything', { here })).said).toBe(
      'There is no incident "EVERYTHING". Nothing was done. Open incidents: /dr list',
    );
  });
});

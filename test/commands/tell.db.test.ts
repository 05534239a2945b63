import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.ts';
import { type Desk, startDesk } from './desk.ts';

let desk: Desk;
let here: string;

beforeAll(async () => {
  desk = await startDesk();
});

afterAll(() => desk.stop());

beforeEach(async () => {
  here = await desk.declare();
});

const PEOPLE = 'Nothing was changed. People there: ana, ben, mina, dan.';

describe('update', () => {
  const published = (changes: object) => ({
    kind: 'incident.update-published',
    number: 1,
    automatic: false,
    text: expect.objectContaining(changes),
  });

  test('is posted as it was typed, with the status and what comes next', async () => {
    const { said, events } = await desk.type(
      '/dr update The restore runs, replicas=4 status=identified next="Check the counts"',
      { here },
    );

    expect(said).toBe(`Posted. The next update of ${here} is due in 30 min.`);
    expect(events).toMatchObject([
      { kind: 'incident.status-changed', from: 'investigating', to: 'identified' },
      published({
        status: 'identified',
        impact: 'The demo is broken.',
        changed: 'The restore runs, replicas=4',
        next: 'Check the counts',
      }),
    ]);
  });

  test('keeps the status when none is typed', async () => {
    expect((await desk.type('/dr update Still looking next=', { here })).events).toMatchObject([
      published({
        status: 'investigating',
        changed: 'Still looking',
        next: 'Find the cause and choose a runbook.',
      }),
    ]);
  });

  test.each([
    ['', '/dr update needs words. Nothing was changed. Example: /dr update "The restore runs"'],
    [
      '"  " \u200b status=identified',
      '/dr update needs words. Nothing was changed. Example: /dr update "The restore runs"',
    ],
    [
      'It runs status=resolved',
      '"resolved" is not one of the choices. Nothing was recorded. Choose one of: investigating, identified, monitoring.',
    ],
    [
      'It runs status=done',
      '"done" is not one of the choices. Nothing was recorded. Choose one of: investigating, identified, monitoring.',
    ],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr update ${words}`, { here })).toEqual({ said, events: [] });
  });

  test('without words is a dialog where there is one', async () => {
    expect((await desk.type('/dr update', { here, form: true })).answer).toMatchObject({
      form: 'update',
      view: { incident: { id: here } },
    });
  });
});

describe('report', () => {
  test('is written from the log, and again only when something is new', async () => {
    const { answer, events } = await desk.type('/dr report', { here, who: 'stranger' });

    expect(answer).toMatchObject({ what: 'report', report: { incident: here, revision: 1 } });
    expect(answer).toMatchObject({ report: { body: expect.stringContaining('The demo is broken') } });
    expect(events).toMatchObject([{ kind: 'incident.report-written', revision: 1 }]);
    await desk.type('/dr report lesson Prevention: dry runs', { here });
    const second = await desk.type(`/dr report ${here}`);
    expect(second.answer).toMatchObject({
      report: { revision: 2, body: expect.stringContaining('dry runs') },
    });
  });

  test.each([
    [
      'lesson Prevention: max=100 was wrong',
      { kind: 'incident.lesson-added', text: 'Prevention: max=100 was wrong' },
      'A lesson of INC is recorded.',
    ],
    [
      'lesson "lesson one" action two',
      { kind: 'incident.lesson-added', text: 'lesson one action two' },
      'A lesson of INC is recorded.',
    ],
    [
      'action Add a dry run, max=100 owner=ben due=2026-12-01',
      { kind: 'incident.action-item-added', text: 'Add a dry run, max=100', owner: 'ben', due: '2026-12-01' },
      'An action item of INC is recorded for Ben Okoye.',
    ],
    [
      'action owner=<@U0MINA> due=2028-02-29 "Add a dry run"',
      { kind: 'incident.action-item-added', text: 'Add a dry run', owner: 'mina', due: '2028-02-29' },
      'An action item of INC is recorded for Mina Sato.',
    ],
  ])('%s', async (words, event, said) => {
    expect(await desk.outcome(`/dr report ${words}`, { here })).toEqual({
      said: said.replace('INC', here),
      events: [event],
    });
  });

  test.each([
    ['lesson', '/dr report needs words. Nothing was changed. Example: /dr report lesson "What we learned"'],
    [
      'lesson " "',
      '/dr report needs words. Nothing was changed. Example: /dr report lesson "What we learned"',
    ],
    [
      'action owner=ben due=2026-12-01',
      '/dr report needs words. Nothing was changed. Example: /dr report action "Add a dry run" owner=ben due=2026-12-01',
    ],
    ['action Dry runs due=2026-12-01', `That is nobody in people.yml. ${PEOPLE}`],
    ['action Dry runs owner=bob due=2026-12-01', `Nobody in people.yml is called "bob". ${PEOPLE}`],
    [
      'action Dry runs owner=constructor due=2026-12-01',
      `Nobody in people.yml is called "constructor". ${PEOPLE}`,
    ],
    [
      'action Dry runs owner=ben',
      '"due" cannot be empty. Nothing was changed. Expected a day like 2026-12-01.',
    ],
    [
      'action Dry runs owner=ben due=soon',
      '"due" cannot be "soon". Nothing was changed. Expected a day like 2026-12-01.',
    ],
    [
      'action Dry runs owner=ben due=2026-02-31',
      '"due" cannot be "2026-02-31". Nothing was changed. Expected a day like 2026-12-01.',
    ],
    ['lessons Dry runs', 'There is no incident "LESSONS". Nothing was done. Open incidents: /dr list'],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr report ${words}`, { here })).toEqual({ said, events: [] });
  });
});

describe('audit and help', () => {
  test('audit verifies the log, and needs to be told so', async () => {
    const { answer, said, events } = await desk.type('/dr audit verify', { who: 'stranger' });

    expect(said).toMatch(
      /^ok: \d+ events verified\. Chain unbroken from [0-9a-f]{4}… to [0-9a-f]{4}…\. \d+ records are what their events say\.$/,
    );
    expect(answer).toMatchObject({
      data: { verified: true, head: expect.stringMatching(/^[0-9a-f]{64}$/), records: expect.any(Number) },
    });
    expect(events).toEqual([]);
    for (const line of ['/dr audit', '/dr audit log'])
      expect(await desk.outcome(line)).toEqual({
        said: '/dr audit needs "verify". Nothing was changed. Example: /dr audit verify',
        events: [],
      });
  });

  test('audit fails for a record that somebody changed', async () => {
    const change = (by: number) =>
      desk.owner.query('update incidents set version = version + $2 where id = $1', [here, by]);
    await change(1);

    expect((await desk.type('/dr audit verify')).answer).toMatchObject({
      code: 'audit-failed',
      facts: { what: here, reason: expect.stringContaining('version 2 after 1 event') },
    });
    await change(-1);
    expect((await desk.type('/dr audit verify')).said).toMatch(/^ok: /);
  });

  test('help is all commands, one in full, or the nearest', async () => {
    expect((await desk.type('/dr help')).answer).toMatchObject({ what: 'help', topic: null });
    for (const { name } of commands)
      expect((await desk.type(`/dr help ${name}`)).answer).toMatchObject({ what: 'help', topic: { name } });
    expect((await desk.type('/dr help declar')).said).toBe(
      'There is no command "declar". Nothing was done. Did you mean /dr declare? All commands: /dr help',
    );
    expect((await desk.type('/dr help frobnicate')).said).toBe(
      'There is no command "frobnicate". Nothing was done. All commands: /dr help',
    );
  });
});

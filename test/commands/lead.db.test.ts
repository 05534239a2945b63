import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

const HOUR = 3_600_000;

describe('severity', () => {
  test.each([
    ['/dr severity', '/dr severity needs a level. Nothing was changed. Example: /dr severity SEV2'],
    ['/dr severity SEV9', '"SEV9" is not a severity. INC is still SEV1. Use SEV1, SEV2, SEV3 or SEV4.'],
    ['/dr severity P1', '"P1" is not a severity. INC is still SEV1. Use SEV1, SEV2, SEV3 or SEV4.'],
    ['/dr severity 2', '"2" is not a severity. INC is still SEV1. Use SEV1, SEV2, SEV3 or SEV4.'],
    ['/dr severity level=2', '/dr severity needs a level. Nothing was changed. Example: /dr severity SEV2'],
    ['/dr severity SEV1', 'INC is SEV1 now.'],
  ])('%s changes nothing', async (line, said) => {
    expect(await desk.outcome(line, { here })).toEqual({ said: said.replace('INC', here), events: [] });
  });

  test.each(['/dr severity SEV3', '/dr severity sev3'])('%s changes it', async (line) => {
    expect(await desk.outcome(line, { here, who: 'ben' })).toEqual({
      said: `${here} is SEV3 now.`,
      events: [
        { kind: 'incident.severity-changed', from: 'SEV1', to: 'SEV3', updateEveryMs: expect.any(Number) },
      ],
    });
  });
});

describe('role', () => {
  const NOBODY = 'Nothing was changed. People there: ana, ben, mina, dan.';

  test.each([
    ['/dr role commander', 'commander', 'ana', 'Ana Duarte'],
    ['/dr role Scribe', 'scribe', 'ana', 'Ana Duarte'],
    ['/dr role liaison @ben', 'liaison', 'ben', 'Ben Okoye'],
    ['/dr role liaison ben', 'liaison', 'ben', 'Ben Okoye'],
    ['/dr role deputy <@U0BEN>', 'deputy', 'ben', 'Ben Okoye'],
    ['/dr role deputy <@U0BEN|ben.okoye>', 'deputy', 'ben', 'Ben Okoye'],
    ['/dr role deputy <@U0ANA2|ana.second>', 'deputy', 'ana', 'Ana Duarte'],
    ['/dr role scribe Mina Sato', 'scribe', 'mina', 'Mina Sato'],
    ['/dr role scribe "mina SATO"', 'scribe', 'mina', 'Mina Sato'],
    ['/dr role scribe Dan', 'scribe', 'dan', 'Dan Weber'],
  ])('%s', async (line, role, person, name) => {
    expect(await desk.outcome(line, { here })).toEqual({
      said: `${name} is ${role} of ${here}.`,
      events: [{ kind: 'incident.role-assigned', role, person, previous: null }],
    });
  });

  test('goes from one person to another, and giving it twice is one event', async () => {
    await desk.type('/dr role commander', { here });

    expect(await desk.outcome('/dr role commander @mina', { here, who: 'ben' })).toEqual({
      said: `Mina Sato is commander of ${here}.`,
      events: [{ kind: 'incident.role-assigned', role: 'commander', person: 'mina', previous: 'ana' }],
    });
    expect((await desk.outcome('/dr role commander <@U0MINA>', { here })).events).toEqual([]);
  });

  test.each([
    [
      '/dr role',
      '/dr role needs one of commander, deputy, scribe, liaison. Nothing was changed. Example: /dr role commander',
    ],
    [
      '/dr role boss',
      '/dr role needs one of commander, deputy, scribe, liaison. Nothing was changed. Example: /dr role commander',
    ],
    [
      '/dr role @ben',
      '/dr role needs one of commander, deputy, scribe, liaison. Nothing was changed. Example: /dr role commander',
    ],
    ['/dr role commander bob', `Nobody in people.yml is called "bob". ${NOBODY}`],
    ['/dr role commander ben mina', `Nobody in people.yml is called "ben mina". ${NOBODY}`],
    ['/dr role commander <@U0STRANGE|eve>', `Nobody in people.yml is called "<@U0STRANGE|eve>". ${NOBODY}`],
    ['/dr role commander constructor', `Nobody in people.yml is called "constructor". ${NOBODY}`],
    [
      `/dr role commander ${'x'.repeat(99)}`,
      `Nobody in people.yml is called "${'x'.repeat(39)}…". ${NOBODY}`,
    ],
  ])('%s is refused', async (line, said) => {
    expect(await desk.outcome(line, { here })).toEqual({ said, events: [] });
  });

  test('cannot be taken by somebody the bot does not know', async () => {
    expect(await desk.outcome('/dr role commander', { here, who: 'stranger' })).toEqual({
      said: `You are not in people.yml. ${NOBODY}`,
      events: [],
    });
  });

  test('without words is a dialog where there is one', async () => {
    const { answer, events } = await desk.type('/dr role', { here, form: true });

    expect(answer).toMatchObject({ kind: 'form', form: 'role', view: { incident: { id: here } } });
    expect(events).toEqual([]);
    expect((await desk.type('/dr role boss', { here, form: true })).answer).toMatchObject({ code: 'usage' });
  });
});

describe('edit', () => {
  const ago = async (ms: number) => new Date((await desk.queries.now()).getTime() - ms);
  const minute = (at: Date) => at.toISOString().slice(0, 16);
  const told = (what: string) => `${here}: ${what} corrected. The timeline keeps what was there before.`;

  test('corrects title, impact and both times at once', async () => {
    const [began, detected] = [minute(await ago(2 * HOUR)), minute(await ago(HOUR))];

    expect(
      await desk.outcome(
        `/dr edit title="Sign-in fails in all regions" impact="All customers" began=${began}Z detected=${detected}Z`,
        { here },
      ),
    ).toEqual({
      said: told('several things were'),
      events: [
        {
          kind: 'incident.edited',
          changes: {
            title: 'Sign-in fails in all regions',
            impact: 'All customers',
            occurredAt: `${began}:00.000Z`,
            detectedAt: `${detected}:00.000Z`,
          },
        },
      ],
    });
  });

  test.each([
    ['title="Sign-in fails"', { title: 'Sign-in fails' }],
    ['title=“Sign-in fails”', { title: 'Sign-in fails' }],
    ['--title="Sign-in fails"', { title: 'Sign-in fails' }],
    ['title="<!channel> a=b"', { title: '<!channel> a=b' }],
    ['impact="EU\u200b only "', { impact: 'EU only' }],
    ['title="Sign-in fails" began=', { title: 'Sign-in fails' }],
    ['began=2020-02-29T23:59:30Z', { occurredAt: '2020-02-29T23:59:30.000Z' }],
    ['began="2020-01-01 02:04"', { occurredAt: '2020-01-01T02:04:00.000Z' }],
    ['detected=2020-01-01T02:04+02:00', { detectedAt: '2020-01-01T00:04:00.000Z' }],
  ])('%s', async (words, changes) => {
    expect(await desk.outcome(`/dr edit ${words}`, { here })).toEqual({
      said: told('one thing was'),
      events: [{ kind: 'incident.edited', changes }],
    });
  });

  test('a time of day is the last such minute', async () => {
    const [before, after] = [minute(await ago(10 * 60_000)), minute(await ago(-10 * 60_000))];

    const { events } = await desk.outcome(`/dr edit began=${after.slice(11)} detected=${before.slice(11)}`, {
      here,
    });

    const yesterday = new Date(Date.parse(`${after}Z`) - 24 * HOUR).toISOString();
    expect(events).toEqual([
      { kind: 'incident.edited', changes: { occurredAt: yesterday, detectedAt: `${before}:00.000Z` } },
    ]);
  });

  const NO_TIME = 'Nothing was changed. Expected a time like "02:04" (UTC) or "2026-11-21T02:04Z".';

  test.each([
    ['', '/dr edit needs what to change. Nothing was changed. Example: /dr edit title="Sign-in fails"'],
    ['INC', '/dr edit needs what to change. Nothing was changed. Example: /dr edit title="Sign-in fails"'],
    [
      'Sign-in fails',
      '/dr edit needs what to change. Nothing was changed. Example: /dr edit title="Sign-in fails"',
    ],
    ['began=', '/dr edit needs what to change. Nothing was changed. Example: /dr edit title="Sign-in fails"'],
    [
      'INC title=Sign-in fails everywhere',
      '/dr edit needs quotes around more than one word. Nothing was changed. Example: /dr edit title="Sign-in fails"',
    ],
    [
      'title=down',
      'The title holds no readable text of 5 characters or more. Nothing was recorded. Say it in a few words and send it again.',
    ],
    [
      'title=""',
      'The title holds no readable text of 5 characters or more. Nothing was recorded. Say it in a few words and send it again.',
    ],
    [
      'impact=""',
      'The impact holds no readable text. Nothing was recorded. Say it in a few words and send it again.',
    ],
    [
      'impact="\u200b  "',
      'The impact holds no readable text. Nothing was recorded. Say it in a few words and send it again.',
    ],
    [
      'titel="Sign-in fails" impact=all',
      '"titel" cannot be "Sign-in fails". Nothing was changed. Expected one of title, impact, began, detected, incident.',
    ],
    [
      'severity=SEV2',
      '"severity" cannot be "SEV2". Nothing was changed. Expected one of title, impact, began, detected, incident.',
    ],
    ['began=yesterday', `"began" cannot be "yesterday". ${NO_TIME}`],
    ['began="about 5"', `"began" cannot be "about 5". ${NO_TIME}`],
    ['began=25:00', `"began" cannot be "25:00". ${NO_TIME}`],
    ['began=2020-02-30T02:04Z', `"began" cannot be "2020-02-30T02:04Z". ${NO_TIME}`],
    ['began=2020-01-01', `"began" cannot be "2020-01-01". ${NO_TIME}`],
    ['title="Sign-in fails" detected=now', `"detected" cannot be "now". ${NO_TIME}`],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr edit ${words.replace('INC', here)}`, { here })).toEqual({
      said,
      events: [],
    });
  });

  test('a time in the future is refused with the time it is', async () => {
    const tomorrow = minute(await ago(-24 * HOUR));

    const { said, events } = await desk.outcome(`/dr edit began=${tomorrow}Z`, { here });

    expect(said).toMatch(
      /^"began" cannot be ".*"\. Nothing was changed\. Expected a time not after now \(.*Z\)\.$/,
    );
    expect(events).toEqual([]);
  });
});

describe('note', () => {
  test.each([
    ['Support counts 40 tickets', 'Support counts 40 tickets'],
    ['"Support counts 40 tickets"', 'Support counts 40 tickets'],
    ['replicas=4 now, was started --dry-run', 'replicas=4 now, was started --dry-run'],
    ['max=100 \u202eevil\u202c \u0000 *bold*', 'max=100 evil *bold*'],
    ["'; drop table events; --", "'; drop table events; --"],
  ])('%s is kept to the last word', async (words, text) => {
    expect(await desk.outcome(`/dr note ${words}`, { here, who: 'stranger' })).toEqual({
      said: `Added to the timeline of ${here}.`,
      events: [{ kind: 'incident.note-added', text }],
    });
  });

  test.each([
    ['', '/dr note needs words. Nothing was changed. Example: /dr note "Support counts 40 tickets"'],
    [
      '" " \u200b',
      '/dr note needs words. Nothing was changed. Example: /dr note "Support counts 40 tickets"',
    ],
  ])('%s is refused', async (words, said) => {
    expect(await desk.outcome(`/dr note ${words}`, { here })).toEqual({ said, events: [] });
  });

  test('without words is a dialog where there is one', async () => {
    expect((await desk.type('/dr note', { here, form: true })).answer).toMatchObject({
      kind: 'form',
      form: 'note',
      view: { incident: { id: here } },
    });
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplePlan } from '../helpers/sample-plan.ts';
import {
  type Answer,
  type Asked,
  fault,
  type Listed,
  type PretendStore,
  page,
  startPretendStore,
} from './pretend-store.ts';
import { roundOf } from './round.ts';
import { NOW } from './setup.ts';

const PREFIX = 'postgres/daily/';
const fresh = `${PREFIX}db_20261121_020000.tar`;

let store: PretendStore;
beforeAll(async () => {
  store = await startPretendStore();
});
afterAll(() => store.stop());

/** One backup for each prefix; all of them in one round. */
function planOf(...prefixes: readonly string[]) {
  const place = {
    id: 'bucket',
    role: 'primary',
    failureDomain: 'eu',
    source: 's3',
    connection: 'store',
  } as const;
  const backups = prefixes.map((prefix, index) => ({
    id: `backup-${index}`,
    component: 'postgres',
    kind: 'sync' as const,
    minBytes: 100,
    namePattern: 'db_{YYYYmmdd_HHMMSS}.tar',
    schedule: { cron: '0 2 * * *' },
    locations: [{ ...place, prefix }],
  }));
  return samplePlan({ backups });
}

/** What lies under each prefix; every other question is not known to the store. */
const answers = (under: Readonly<Record<string, (asked: Asked) => Answer | undefined>>) =>
  store.answers((asked) => under[asked.query.get('prefix') ?? '']?.(asked));

const listed =
  (...objects: readonly Listed[]) =>
  ({ operation }: Asked) =>
    operation === 'list' ? page(objects) : undefined;

test('names that do not match, a folder and empty files are told beside the backup that is there', async () => {
  answers({
    [PREFIX]: listed(
      { key: PREFIX, bytes: 0 },
      { key: `${PREFIX}README` },
      { key: `${PREFIX}db_20261131_020000.tar` },
      { key: `${PREFIX}db_20261120_020000.tar`, bytes: 0 },
      { key: fresh },
    ),
  });

  const { told, wrong } = await roundOf(planOf(PREFIX), store.clients, NOW);

  expect(told('backup-0', 'R4', 'bucket')).toMatchObject({
    health: 'ok',
    facts: [
      '1 object too small: db_20261120_020000.tar',
      '2 objects with a name the plan does not know: db_20261131_020000.tar, README',
    ],
  });
  expect(told('backup-0', 'R1', 'slot')).toMatchObject({ health: 'ok' });
  expect(wrong('backup-0')).toEqual([]);
});

test('a bucket in which no name matches is not called empty, and its backup not healthy', async () => {
  answers({ [PREFIX]: listed({ key: `${PREFIX}20261121.dump` }, { key: `${PREFIX}20261120.dump` }) });

  const { told } = await roundOf(planOf(PREFIX), store.clients, NOW);

  expect(told('backup-0', 'R4', 'bucket')).toMatchObject({
    health: 'unknown',
    title: 'no backup of PostgreSQL was ever found',
    facts: ['2 objects with a name the plan does not know: 20261121.dump, 20261120.dump'],
  });
  expect(told('backup-0', 'R2', 'age')).toMatchObject({ health: 'unknown' });
});

test('of two backups in one slot both are named, and the younger gives the age', async () => {
  answers({ [PREFIX]: listed({ key: fresh }, { key: `${PREFIX}db_20261121_021000.tar` }) });

  const { told, wrong } = await roundOf(planOf(PREFIX), store.clients, NOW);

  expect(told('backup-0', 'R1', 'slot')).toMatchObject({
    health: 'ok',
    facts: ['2 backups in one slot: db_20261121_021000.tar, db_20261121_020000.tar'],
  });
  expect(told('backup-0', 'R2', 'age')?.text).toMatch(/^Age 4 min/);
  expect(wrong('backup-0')).toEqual([]);
});

test('a backup dated ahead of the clock is told and hides no missing one', async () => {
  answers({
    [PREFIX]: listed(
      { key: `${PREFIX}db_20261119_020000.tar` },
      { key: `${PREFIX}db_20271121_020000.tar` },
      // A producer whose clock is a little ahead is no fault.
      { key: `${PREFIX}db_20261118_020000.tar`, at: '2026-11-21T02:15:00.000Z' },
    ),
  });

  const { told } = await roundOf(planOf(PREFIX), store.clients, NOW);

  const age = told('backup-0', 'R2', 'age');
  expect(age).toMatchObject({ health: 'warning', text: expect.stringMatching(/^Age 2 d/) });
  expect(age?.facts).toContain('1 object dated in the future: db_20271121_020000.tar');
  expect(told('backup-0', 'R1', 'slot')).toMatchObject({
    health: 'warning',
    title: 'backup of PostgreSQL is missing',
  });
});

test('what is still uploaded is told, and is no backup', async () => {
  const key = `${PREFIX}db_20261121_021400.tar`;
  const uploads = {
    body: `<ListMultipartUploadsResult><Upload><Key>${key}</Key></Upload></ListMultipartUploadsResult>`,
  };
  answers({
    [PREFIX]: ({ operation }) => (operation === 'uploads' ? uploads : page([{ key: fresh }])),
  });

  const { told, wrong } = await roundOf(planOf(PREFIX), store.clients, NOW);

  expect(told('backup-0', 'R4', 'bucket')?.facts).toEqual([
    '1 object still being written: db_20261121_021400.tar',
  ]);
  expect(told('backup-0', 'R2', 'age')?.text).toMatch(/^Age 14 min/);
  expect(wrong('backup-0')).toEqual([]);
});

test('one round tells each fault of its own backup, and the healthy one stays healthy', async () => {
  const faults: readonly (readonly [string, Answer, string])[] = [
    ['denied/', fault(403, 'AccessDenied'), 'not known: S3 in eu refuses access'],
    ['gone/', fault(404, 'NoSuchBucket'), 'not known: S3 bucket "store" is not there'],
    ['elsewhere/', fault(301, 'PermanentRedirect'), 'not known: S3 bucket "store" is in another region'],
    ['busy/', fault(503, 'SlowDown'), 'not known: S3 in eu asks to slow down'],
    ['broken/', { body: 'Hello <b>there' }, 'not known: S3 bucket "store" answers what cannot be read'],
  ];
  answers({
    ...Object.fromEntries(faults.map(([prefix, answer]) => [prefix, () => answer])),
    [PREFIX]: listed({ key: fresh }),
  });
  const plan = planOf(PREFIX, ...faults.map(([prefix]) => prefix));

  const { told, wrong } = await roundOf(plan, store.clients, NOW);

  expect(wrong('backup-0')).toEqual([]);
  expect(faults.map((_, index) => told(`backup-${index + 1}`, 'R4', 'bucket'))).toEqual(
    faults.map(([, , text]) => ({
      health: 'unknown',
      title: 'S3 bucket "store" cannot be read',
      text,
      facts: [expect.any(String)],
    })),
  );
  for (const [index] of faults.entries())
    expect(wrong(`backup-${index + 1}`)).toEqual(
      expect.arrayContaining(['R1 unknown', 'R2 unknown', 'R3 unknown', 'R4 unknown']),
    );
  expect(
    faults.flatMap((_, index) => wrong(`backup-${index + 1}`)).filter((rule) => !rule.endsWith('unknown')),
  ).toEqual([]);
});

test('a page is asked for when the one before it was read, so that no bucket fills the memory', async () => {
  const pages = 40;
  const keys = 500;
  let ahead = 0;
  store.answers(({ operation, query }) => {
    if (operation !== 'list') return undefined;
    const number = Number(query.get('continuation-token') ?? 0);
    ahead = Math.max(ahead, number);
    const objects = Array.from({ length: keys }, (_, index) => ({
      key: `${PREFIX}db_2026${String(10 + (number % 3))}20_02${String(index % 60).padStart(2, '0')}00.tar`,
    }));
    return page(objects, number + 1 < pages ? String(number + 1) : undefined);
  });
  const asked: number[] = [];
  let read = 0;

  for await (const _ of store.clients.s3.list('store', PREFIX, { signal: AbortSignal.timeout(30_000) })) {
    if (read % keys === 0) asked.push(ahead);
    read += 1;
  }

  expect(read).toBe(pages * keys);
  expect(asked).toEqual(Array.from({ length: pages }, (_, number) => number));
});

import { describe, expect, test } from 'vitest';
import { Plan, stepsOf } from '../../src/domain/plan.ts';
import { isTestable, runbookOf, shortcomings } from '../../src/domain/restore-test.ts';
import { RULES } from '../../src/domain/verdict.ts';
import { smallPlan } from '../helpers/bot.ts';

const BUCKET = {
  id: 'bucket',
  role: 'primary',
  source: 's3',
  connection: 'backups',
  prefix: 'daily/',
  failureDomain: 'eu',
};
const FOLDER = { id: 'disk', role: 'primary', source: 'directory', path: '/backups', failureDomain: 'here' };
const DATABASE = { id: 'db', name: 'Database', kind: 'postgres', restore: { into: 'scratch' } };
const BACKUP = { id: 'db-daily', component: 'db', kind: 'logical', locations: [BUCKET], namePattern: '*' };

function planOf({ database = {}, backup = {}, queries = [] as unknown[], of = 'db-daily' } = {}) {
  const plan = Plan.parse(
    smallPlan({
      components: [
        { id: 'app', name: 'App', kind: 'kubernetes' },
        { ...DATABASE, ...database },
      ],
      backups: [{ ...BACKUP, ...backup }],
      restoreTests: [{ id: 'monthly', title: 'Restore it', backup: of, queries }],
    }),
  );
  const [test] = plan.restoreTests;
  if (test === undefined) throw new Error('the plan has a test');
  return { plan, test };
}

describe('a restore test', () => {
  test.each([
    ['a dump in a bucket', {}, true],
    ['a dump in a folder', { backup: { locations: [FOLDER] } }, false],
    ['a physical backup', { backup: { kind: 'physical' } }, false],
    ['a backup nobody knows', { of: 'other' }, false],
    ['a database that nothing is restored into', { database: { restore: undefined } }, false],
    ['something that is no database', { database: { kind: 'files' } }, false],
  ])('of %s: can it be made', (_, changes, can) => {
    const { plan, test: one } = planOf(changes);

    expect(isTestable(plan, one)).toBe(can);
  });

  test('finds, fetches, verifies, restores and checks; then asks for access and what the plan asks', () => {
    const { plan, test: one } = planOf({
      database: { appRoles: ['web', 'worker'] },
      queries: [{ title: 'there are users', sql: 'select count(*) > 0 from users' }],
    });

    const runbook = runbookOf(plan, one);

    const steps = runbook === null ? [] : stepsOf(runbook).map(({ step }) => step);
    expect(steps.map(({ id, uses }) => `${id} ${uses}`)).toEqual([
      'find backup.find',
      'fetch backup.fetch',
      'verify backup.verify',
      'restore pg.restore',
      'integrity pg.integrity',
      'access pg.assert',
      'question-1 pg.assert',
    ]);
    expect(steps.find(({ id }) => id === 'access')?.with.sql).toContain("array['web', 'worker']");
    expect(steps.at(-1)?.with).toMatchObject({ component: 'db', expect: { op: '=', value: true } });
  });

  test('asks for no access where no role is named', () => {
    const { plan, test: one } = planOf();

    expect(stepsOf(runbookOf(plan, one) ?? { title: '', component: '', inputs: {}, steps: [] })).toHaveLength(
      5,
    );
  });
});

describe('a copy that passes', () => {
  const found = {
    key: 'daily/older.dump',
    refused: [
      { key: 'daily/of-tomorrow.dump', reason: 'is of tomorrow' },
      { key: 'daily/newest.dump', reason: 'is cut off' },
    ],
  };
  const grants = [{ name: 'grants', value: 'from live' }];
  const of = (appRoles: string[]) => planOf({ database: { appRoles } }).plan.components[1];
  const taken = (key: string) => !key.includes('tomorrow');

  test.each([
    ['of the newest backup is flawless', ['web'], { key: found.key }, [], []],
    [
      'of an older one tells why the newest was not taken',
      [],
      found,
      [],
      [{ step: 'find', text: 'the newest, `newest.dump`, is cut off; `older.dump` was taken instead' }],
    ],
    [
      'whose grants came from the live database tells that the backup holds none',
      ['web'],
      { key: found.key },
      grants,
      [
        {
          step: 'restore',
          text: 'the backup holds no grants; without the live database `web` can do nothing',
        },
      ],
    ],
    ['whose grants nobody needs is flawless', [], { key: found.key, refused: 'unreadable' }, grants, []],
  ])('%s', (_, roles, output, restored, faults) => {
    const component = of(roles);

    expect(component && shortcomings(component, output, restored, taken)).toEqual(faults);
  });
});

test('there are eighteen rules', () => {
  expect(Object.keys(RULES)).toEqual(Array.from({ length: 18 }, (_, index) => `R${index + 1}`));
});

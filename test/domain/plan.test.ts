import { describe, expect, test } from 'vitest';
import {
  type ActionClass,
  componentOf,
  gatesOf,
  Plan,
  stepsOf,
  strictestClass,
  updateEveryMs,
} from '../../src/domain/plan.ts';
import { MINUTE, plan, RUNBOOK } from './samples.ts';

const BACKUP = {
  id: 'daily',
  component: 'app',
  kind: 'export',
  locations: [{ id: 'shelf', role: 'archive', failureDomain: 'house', source: 'manual', ref: 'a tape' }],
};

describe('a plan', () => {
  test('says nothing it need not: defaults are two people, 15 and 10 minutes, an update every 30', () => {
    expect(plan()).toMatchObject({
      environment: 'PRODUCTION',
      clock: 'declared',
      defaultSeverity: 'SEV2',
      channels: { incidents: 'incidents', perIncident: 'channel' },
      updates: { every: 30 * MINUTE, draftBefore: 5 * MINUTE },
      report: { dueWithin: 48 * 60 * MINUTE },
      approvals: {
        requesterCounts: true,
        approveWithin: 15 * MINUTE,
        openWithin: 10 * MINUTE,
        remindEvery: 5 * MINUTE,
        escalateAfter: 10 * MINUTE,
      },
    });
  });

  test.each<[string, Record<string, unknown>, readonly PropertyKey[]]>([
    ['a misspelt key', { objectivs: {} }, []],
    ['no objectives', { objectives: undefined }, ['objectives']],
    ['an id with a capital', { system: 'Janua' }, ['system']],
    ['a duration without a unit', { objectives: { rto: '60', rpo: '5m' } }, ['objectives', 'rto']],
    ['a duration of nothing', { updates: { every: '0s' } }, ['updates', 'every']],
    [
      'a step that may take longer than a timer lasts',
      {
        runbooks: {
          go: {
            title: 'Go on',
            component: 'app',
            steps: [{ id: 'look', title: 'Look', uses: 'http.check', timeout: '30d' }],
          },
        },
      },
      ['runbooks', 'go', 'steps', 0, 'timeout'],
    ],
    ['a severity there is not', { updates: { bySeverity: { SEV5: '5m' } } }, ['updates', 'bySeverity']],
    ['a row id of no document', { provenance: ['X-1'] }, ['provenance', 0]],
    [
      'a heartbeat that nobody can send',
      { backups: [{ ...BACKUP, heartbeat: { every: '1h' } }] },
      ['backups', 0, 'heartbeat'],
    ],
    ['a backup that is nowhere', { backups: [{ ...BACKUP, locations: [] }] }, ['backups', 0, 'locations']],
  ])('with %s is refused at its place', (_, changes, path) => {
    const result = Plan.safeParse({ ...RAW, ...changes });

    expect(result.error?.issues.map((issue) => issue.path)).toContainEqual(path);
  });

  const RAW = {
    system: 'janua',
    name: 'Janua',
    owner: 'Platform',
    objectives: { rto: '1h', rpo: '5m' },
    components: [{ id: 'app', name: 'App', kind: 'external' }],
    approvals: { approvers: ['ana'] },
    runbooks: {},
  };

  test('finds its components by id', () => {
    expect(componentOf(plan(), 'app')?.name).toBe('App');
    expect(componentOf(plan(), 'database')).toBeUndefined();
  });

  test('may want updates more often for a severity', () => {
    const urgent = plan({ updates: { bySeverity: { SEV1: '15m' } } });

    expect(updateEveryMs(urgent, 'SEV1')).toBe(15 * MINUTE);
    expect(updateEveryMs(urgent, 'SEV2')).toBe(30 * MINUTE);
  });
});

describe('a runbook', () => {
  test('numbers its steps from 1 through its gates', () => {
    expect(stepsOf(RUNBOOK).map(({ step, gate, number }) => [number, step.id, gate?.gate ?? null])).toEqual([
      [1, 'look', null],
      [2, 'stop', 'change'],
      [3, 'swap', 'change'],
      [4, 'tell', null],
    ]);
    expect(gatesOf(RUNBOOK).map(({ gate }) => gate)).toEqual(['change']);
  });
});

describe('the strictest class', () => {
  test.each<[readonly ActionClass[], ActionClass]>([
    [[], 'read'],
    [['read', 'reversible'], 'reversible'],
    [['irreversible', 'reversible', 'read'], 'irreversible'],
  ])('of %j is %s', (classes, strictest) => {
    expect(strictestClass(classes)).toBe(strictest);
  });
});

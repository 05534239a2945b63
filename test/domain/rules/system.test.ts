import { describe, expect, test } from 'vitest';
import { type RegionReadiness, type StandbyLag, seen } from '../../../src/domain/inventory.ts';
import { Plan } from '../../../src/domain/plan.ts';
import { judgeSystem, type SystemLook } from '../../../src/domain/rules/index.ts';
import { HOUR, inventoryOf, judged, lost, MB, MINUTE, subjectOf, verdictOf } from './world.ts';

const STANDBY = { connection: 'janua-2', slot: 'janua_2', maxLag: { bytes: 16 * MB, time: MINUTE } };
const COMPONENT = {
  id: 'postgres',
  name: 'PostgreSQL',
  objectives: { rto: HOUR, rpo: 5 * MINUTE },
  standby: STANDBY,
};
const REGION = {
  name: 'us-west-2',
  failureDomain: 'us-west-2',
  health: 'https://dr.janua.test/health',
  images: ['api@sha256:1', 'web@sha256:2', 'job@sha256:3', 'mail@sha256:4'],
  secrets: ['janua/database'],
  dnsZone: 'Z1',
};

/** Only what the rules read. */
function planOf(drRegion?: Partial<typeof REGION>): Parameters<typeof judgeSystem>[0] {
  const component = Plan.shape.components.parse([
    {
      id: 'postgres',
      name: 'PostgreSQL',
      kind: 'postgres',
      objectives: { rto: '1h', rpo: '5m' },
      standby: { ...STANDBY, maxLag: { bytes: 16 * MB, time: '1m' } },
    },
    { id: 'api', name: 'API', kind: 'kubernetes' },
  ]);
  return {
    system: 'janua',
    name: 'Janua',
    components: component,
    drRegion:
      drRegion === undefined
        ? undefined
        : { images: [], secrets: [], name: 'x', failureDomain: 'x', ...drRegion },
  };
}

const system = (look: SystemLook, drRegion: Partial<typeof REGION> | undefined = REGION) =>
  judgeSystem(planOf(drRegion), look);

describe('R15 standby', () => {
  const HEALTHY: StandbyLag = { receiving: true, bytes: 1 * MB, ms: 2_000, slotActive: true };
  const standby = (object: string, changes: Partial<StandbyLag> = {}, component: object = COMPONENT) =>
    judged('R15', object, {
      subject: subjectOf({}, { component: { id: 'postgres', name: 'PostgreSQL', ...component } }),
      inventory: inventoryOf({ standby: seen({ ...HEALTHY, ...changes }) }),
    });

  test.each(['lag', 'receiver', 'slot'])('%s is healthy', (object) => {
    expect(standby(object)).toMatchObject({ health: 'ok', consequence: null });
  });

  test.each([
    ['lag', { ms: 61_000 }, 'Lag 1 min 1 s, 1 MB; limit 1 min, 16 MB'],
    ['lag', { bytes: 17 * MB }, 'Lag 2 s, 17 MB; limit 1 min, 16 MB'],
    ['receiver', { receiving: false }, 'The receiver is down, it must run'],
    ['slot', { slotActive: false }, 'The slot is inactive, it must be active'],
  ] as const)('%s %o is critical', (object, changes, text) => {
    expect(standby(object, changes)).toMatchObject({ health: 'critical', text });
  });

  test('a standby that has every byte does not lag, however long nothing was written', () => {
    expect(standby('lag', { bytes: 0, ms: 9 * HOUR }).text).toBe('Lag 0 s, 0 bytes; limit 1 min, 16 MB');
    expect(standby('lag', { bytes: null, ms: 9 * HOUR }).health).toBe('critical');
  });

  test('the RPO is the limit where the plan has none of its own, or a longer one', () => {
    const { objectives } = COMPONENT;

    expect(standby('lag', { ms: 4 * MINUTE }, { objectives }).health).toBe('ok');
    expect(standby('lag', { ms: 6 * MINUTE }, { objectives }).measure).toMatchObject({
      value: 6 * MINUTE,
      limit: 5 * MINUTE,
    });
    expect(standby('lag', { ms: 6 * MINUTE }, {})).toMatchObject({
      health: 'ok',
      text: 'Lag 6 min, 1 MB; limit not in the plan',
      measure: null,
    });
  });

  test('what the server does not tell is not known', () => {
    expect(standby('lag', { ms: null, bytes: null }).health).toBe('unknown');
    expect(standby('lag', { ms: null }).health).toBe('ok');
    expect(standby('slot', { slotActive: null })).toMatchObject({
      health: 'unknown',
      text: 'not known: only the primary can tell',
    });
  });

  test('is judged for each component of a system too', () => {
    const verdicts = system({ standbys: { postgres: seen({ ...HEALTHY, receiving: false }) } });

    expect(verdictOf(verdicts, 'R15', 'postgres/receiver')).toMatchObject({
      health: 'critical',
      backup: null,
    });
    expect(verdictOf(verdicts, 'R4', 'standby/postgres').health).toBe('ok');
  });
});

describe('R16 recovery region', () => {
  const READY: RegionReadiness = {
    health: 'ok',
    healthReason: null,
    missingImages: [],
    missingSecrets: [],
    dnsWritable: true,
    capacity: 'enough',
  };
  const region = (object: string, changes: Partial<RegionReadiness> = {}, planned?: Partial<typeof REGION>) =>
    verdictOf(system({ region: seen({ ...READY, ...changes }) }, planned), 'R16', object);

  test.each(['health', 'images', 'secrets', 'dns', 'capacity'])('%s is ready', (object) => {
    expect(region(object).health).toBe('ok');
  });

  test.each([
    [
      'health',
      { health: 'failing', healthReason: '503 from the load balancer' },
      'critical',
      'Health failing, asked ok',
    ],
    [
      'images',
      { missingImages: REGION.images },
      'critical',
      '4 images missing of 4: api@sha256:1, web@sha256:2, job@sha256:3 and 1 more',
    ],
    ['secrets', { missingSecrets: ['janua/database'] }, 'critical', '1 secret missing of 1: janua/database'],
    ['dns', { dnsWritable: false }, 'critical', 'Zone Z1 is not writable, asked writable'],
    ['capacity', { capacity: 'short' }, 'warning', 'Capacity short, asked enough'],
  ] as const)('%s %o is %s', (object, changes, health, text) => {
    expect(region(object, changes)).toMatchObject({
      health,
      title: `recovery region us-west-2 is not ready: ${object}`,
      text,
      consequence: 'If its own region fails now Janua cannot be moved',
    });
  });

  test('the reason of a failing health is told', () => {
    expect(region('health', { health: 'failing', healthReason: '503' }).facts).toEqual(['503']);
  });

  test.each([
    ['health', { health: null }],
    ['images', { missingImages: null }],
    ['secrets', { missingSecrets: null }],
    ['dns', { dnsWritable: null }],
  ] as const)('%s that nothing reads yet are not known, and wake nobody', (object, changes) => {
    expect(region(object, changes)).toMatchObject({
      health: 'unknown',
      title: `${object} of recovery region us-west-2 is not known`,
      text: 'not known: no source yet',
      alarms: false,
    });
  });

  test('what the plan does not name is not judged', () => {
    const verdicts = system({ region: seen({ ...READY, capacity: null, health: 'failing' }) }, {});
    expect(verdicts.filter(({ rule }) => rule === 'R16')).toEqual([]);
  });

  test('a region that cannot be asked is not known', () => {
    const verdicts = system({ region: lost('timeout') });

    expect(verdictOf(verdicts, 'R4', 'region').text).toBe(
      'not known: recovery region us-west-2 did not answer in time',
    );
    expect(verdicts.map(({ rule, object, health }) => `${rule} ${object} ${health}`)).toEqual([
      'R4 region unknown',
      'R16 health unknown',
      'R16 images unknown',
      'R16 secrets unknown',
      'R16 dns unknown',
    ]);
    expect(verdictOf(judgeSystem(planOf(), { region: lost() }), 'R4', 'region').cause).toBe(
      'recovery region of Janua refuses access',
    );
  });
});

describe('R18 coverage', () => {
  test('is healthy while everything is in a plan', () => {
    const verdicts = system({ coverage: seen({ uncovered: [] }) });

    expect(verdictOf(verdicts, 'R18', 'everything')).toMatchObject({
      health: 'ok',
      system: 'janua',
      backup: null,
    });
  });

  test('each thing that is in no plan is a warning of its own', () => {
    const uncovered = [
      { kind: 'database', name: 'billing', where: 'janua-primary' },
      { kind: 'volume', name: 'uploads', where: 'prod/janua' },
    ] as const;

    const verdicts = system({ coverage: seen({ uncovered }) });

    expect(verdictOf(verdicts, 'R18', 'database/janua-primary/billing')).toMatchObject({
      health: 'warning',
      title: 'database "billing" is in no plan',
      text: 'The database "billing" in janua-primary is neither in a plan nor in the list of things to ignore',
    });
    expect(verdictOf(verdicts, 'R18', 'volume/prod/janua/uploads').health).toBe('warning');
  });

  test('is not known when nobody could look', () => {
    const verdicts = system({ coverage: lost() });

    expect(verdicts.map(({ rule, health }) => `${rule} ${health}`)).toEqual(['R4 unknown', 'R18 unknown']);
  });

  test('nothing looked at is nothing judged', () => {
    expect(judgeSystem(planOf(), {})).toEqual([]);
  });
});

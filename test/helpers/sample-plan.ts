import type { z } from 'zod';
import { People } from '../../src/domain/people.ts';
import { Plan } from '../../src/domain/plan.ts';

/** The cast of CARDS §0. Eli is a guest and not in the file. */
export const people: People = People.parse({
  people: {
    ana: { name: 'Ana Duarte', title: 'on-call engineer', slack: ['U0000000ANA'] },
    ben: { name: 'Ben Okoye', title: 'database lead', slack: ['U0000000BEN'] },
    chloe: { name: 'Chloe Martin', title: 'communications', slack: ['U00000CHLOE'] },
    dan: { name: 'Dan Weber', title: 'support', slack: ['U0000000DAN'], responder: false },
    mina: { name: 'Mina Sato', title: 'CTO', slack: ['U000000MINA'] },
  },
});

type PlanInput = z.input<typeof Plan>;
type RunbookInput = PlanInput['runbooks'][string];

const restorePostgres: RunbookInput = {
  title: 'Restore PostgreSQL from a backup',
  component: 'postgres',
  expected: '24m',
  scenario: 'Rows or tables are destroyed',
  inputs: {
    before: { label: 'Restore point not after', hint: 'Empty means the newest good backup.', type: 'time' },
  },
  steps: [
    { id: 'find', title: 'Find the newest good backup', uses: 'backup.find' },
    { id: 'fetch', title: 'Fetch backup', uses: 'backup.fetch' },
    { id: 'verify', title: 'Verify backup', uses: 'backup.verify' },
    { id: 'measure', title: 'Measure live database', uses: 'pg.measure' },
    { id: 'roles', title: 'Fetch roles and grants', uses: 'backup.fetch', when: 'find.roles' },
    { id: 'restore', title: 'Restore into a scratch database', uses: 'pg.restore', expected: '3m' },
    { id: 'check', title: 'Check the restored copy', uses: 'pg.integrity' },
    { id: 'compare', title: 'Compare with live', uses: 'pg.lossReport' },
    {
      gate: 'cut-over',
      title: 'Cut over to the restored database',
      impact: 'Sign-in and token refresh for everyone, about 3 s.',
      steps: [
        { id: 'stop', title: 'Scale `janua-api` to 0', uses: 'k8s.scale' },
        { id: 'swap', title: 'Swap databases', uses: 'pg.swap' },
        { id: 'start', title: 'Scale `janua-api` back', uses: 'k8s.scale' },
        { id: 'ready', title: 'Wait until all are ready', uses: 'k8s.waitReady' },
      ],
    },
    { id: 'health', title: 'Check health and login', uses: 'http.check' },
    { id: 'soak', title: 'Soak 15 min', uses: 'http.soak', expected: '15m' },
  ],
};

/** Three steps, one of them behind a gate that cannot be undone: the smallest runbook with everything in it. */
const failover: RunbookInput = {
  title: 'Promote the standby',
  component: 'postgres',
  steps: [
    { id: 'look', title: 'Look at the standby', uses: 'pg.measure' },
    {
      gate: 'promote',
      title: 'Promote the standby to primary',
      impact: 'The old primary must be rebuilt as a standby, about 2 h.',
      confirmName: 'janua-db-2',
      steps: [{ id: 'promote', title: 'Promote `janua-db-2`', uses: 'pg.promote', class: 'irreversible' }],
    },
    { id: 'told', title: 'Tell the network team', uses: 'manual' },
  ],
};

/** A runbook of many harmless steps, for the rules that shorten cards. */
export function longRunbook(steps: number): RunbookInput {
  return {
    title: 'A long way back',
    component: 'postgres',
    steps: Array.from({ length: steps }, (_, index) => ({
      id: `s${index + 1}`,
      title: `Step with a rather long title number ${index + 1} of many`,
      uses: 'http.check',
      expected: '1m',
    })),
  };
}

export function samplePlan(changes: Partial<PlanInput> = {}): Plan {
  return Plan.parse({
    system: 'janua',
    name: 'Janua',
    owner: 'Platform Engineering',
    objectives: { rto: '1h', rpo: '5m' },
    components: [
      { id: 'postgres', name: 'PostgreSQL', kind: 'postgres', objectives: { rto: '1h', rpo: '5m' } },
    ],
    severities: {
      SEV1: { label: 'Critical', means: 'Most users cannot sign in, or data is lost' },
      SEV2: { label: 'Major', means: 'An important part is down, or many users are affected' },
      SEV3: { label: 'Minor', means: 'Some users are affected and can work around it' },
      SEV4: { label: 'Low', means: 'No user effect yet' },
    },
    approvals: { approvers: ['ana', 'ben', 'mina'], escalateTo: ['mina'] },
    runbooks: {
      'restore-postgres': restorePostgres,
      'failover-standby': failover,
      'long-40': longRunbook(40),
    },
    ...changes,
  });
}

import type { People } from '../../src/domain/people.ts';
import { Plan } from '../../src/domain/plan.ts';

/** Who and what the story is about. */
export const people: People = {
  people: {
    ana: {
      name: 'Ana Duarte',
      slack: ['U0000000ANA'],
      sshKeys: [],
      responder: true,
      title: 'on-call engineer',
    },
    ben: { name: 'Ben Okoye', slack: ['U0000000BEN'], sshKeys: [], responder: true, title: 'database lead' },
    chloe: { name: 'Chloe Martin', slack: ['U000000CHLO'], sshKeys: [], responder: true },
    mina: { name: 'Mina Sato', slack: ['U000000MINA'], sshKeys: [], responder: true },
  },
};

export const plan: Plan = Plan.parse({
  system: 'janua',
  name: 'Janua',
  owner: 'Platform Engineering',
  objectives: { rto: '4h', rpo: '1h' },
  components: [
    {
      id: 'postgres',
      name: 'PostgreSQL',
      kind: 'postgres',
      connection: 'janua-primary',
      database: 'janua',
      owner: 'janua_owner',
      objectives: { rto: '1h', rpo: '5m' },
      writers: [{ cluster: 'janua', namespace: 'janua', deployment: 'janua-api' }],
    },
  ],
  severities: {
    SEV1: { label: 'Critical', means: 'Most users cannot sign in, or data is lost' },
    SEV2: { label: 'Major', means: 'An important part is down' },
    SEV3: { label: 'Minor', means: 'Some users are affected' },
    SEV4: { label: 'Low', means: 'No user effect yet' },
  },
  updates: { closing: 'Thank you for your patience.' },
  approvals: { approvers: ['ana', 'ben', 'mina'] },
  runbooks: {
    'restore-postgres': {
      title: 'Restore PostgreSQL from a backup',
      component: 'postgres',
      expected: '24m',
      scenario: 'Data corruption or accidental deletion',
      inputs: { before: { label: 'Restore point', type: 'time' } },
      steps: [
        {
          id: 'find',
          title: 'Find the newest good backup',
          uses: 'backup.find',
          with: { backup: 'pg-daily' },
          expected: '4s',
        },
        {
          id: 'verify',
          title: 'Verify the backup',
          uses: 'backup.verify',
          with: { path: '${find.path}' },
          timeout: '15m',
        },
        { id: 'restore', title: 'Restore into a scratch database', uses: 'pg.restore', expected: '3m' },
        { id: 'keys', title: 'Confirm the encryption key', uses: 'manual', when: 'inputs.before' },
        {
          gate: 'cut-over',
          title: 'Cut over to the restored database',
          impact: 'Sign-in and token refresh for everyone, for some seconds',
          steps: [
            { id: 'stop', title: 'Stop everything that writes', uses: 'k8s.scale' },
            { id: 'swap', title: 'Swap the databases', uses: 'pg.swap' },
            { id: 'start', title: 'Start what was stopped', uses: 'k8s.scale' },
          ],
        },
        { id: 'login', title: 'Sign in with the test account', uses: 'http.check' },
        { id: 'soak', title: 'Watch for 15 minutes', uses: 'soak' },
      ],
    },
  },
});

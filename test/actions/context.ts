import type { ActionContext } from '../../src/actions/action.ts';
import { type Clients, createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { Plan } from '../../src/domain/plan.ts';
import { watchOutputs } from './declared-outputs.ts';

// Every test of an action comes through here, and so proves that the action gives only what it declares.
watchOutputs();

export type Given = Partial<Omit<ActionContext, 'step'>> & { readonly clients?: Clients };

const plan = Plan.parse({
  system: 'janua',
  name: 'Janua',
  owner: 'Platform',
  objectives: { rto: '1h', rpo: '5m' },
  components: [
    { id: 'postgres', name: 'PostgreSQL', kind: 'postgres', connection: 'janua', database: 'janua' },
  ],
  backups: [
    {
      id: 'pg-daily',
      component: 'postgres',
      kind: 'logical',
      locations: [
        {
          id: 'bucket',
          role: 'primary',
          failureDomain: 'eu',
          source: 's3',
          connection: 'janua-backups',
          prefix: 'postgres/daily/',
        },
      ],
      namePattern: 'postgres_janua_{YYYYmmdd_HHMMSS}.{*}',
    },
    {
      id: 'pg-wal',
      component: 'postgres',
      kind: 'wal',
      locations: [
        {
          id: 'bucket',
          role: 'primary',
          failureDomain: 'eu',
          source: 's3',
          connection: 'janua-backups',
          prefix: 'wal/',
        },
      ],
      namePattern: '{YYYYmmdd}{*}',
    },
    {
      id: 'pg-disk',
      component: 'postgres',
      kind: 'logical',
      locations: [
        { id: 'disk', role: 'primary', failureDomain: 'host', source: 'directory', path: '/backups' },
      ],
      namePattern: '{YYYYmmdd}.dump',
    },
  ],
  approvals: { approvers: ['ana', 'ben'] },
  runbooks: {
    restore: {
      title: 'Restore',
      component: 'postgres',
      steps: [{ id: 'find', title: 'Find', uses: 'backup.find' }],
    },
  },
});

/** What a step is given, with nothing behind its clients unless a test brings some. */
export function contextFor(id: string, given: Given = {}): ActionContext {
  const [component] = plan.components;
  if (component === undefined) throw new Error('the plan has a component');
  return {
    run: {
      id: 'RUN-31',
      incident: 'INC-2026-014',
      mode: 'live',
      startedAt: new Date('2026-11-21T02:14:40Z'),
    },
    step: { id, attempt: 1 },
    plan,
    component,
    outputs: {},
    memory: null,
    key: `RUN-31/${id}/1`,
    signal: AbortSignal.timeout(20_000),
    now: new Date('2026-11-21T02:14:40Z'),
    clients: given.clients ?? createClients(Connections.parse({})),
    workDir: '/nonexistent',
    phase: 'run',
    baseline: async () => undefined,
    lastReading: async () => undefined,
    primarySeen: async () => undefined,
    ownStore: { systemIdentifier: '0', databaseOid: '0' },
    progress: () => undefined,
    ...given,
  };
}

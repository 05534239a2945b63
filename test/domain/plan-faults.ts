import { Connections } from '../../src/domain/connections.ts';
import { People } from '../../src/domain/people.ts';
import { planFaults } from '../../src/domain/plan-lint.ts';
import type { ActionShape } from '../../src/domain/plan-lint-runbook.ts';
import { plan } from './samples.ts';

export const ACTIONS: Readonly<Record<string, ActionShape>> = {
  'test.look': shape('read'),
  'test.effect': shape('reversible'),
  'test.drop': shape('irreversible'),
};

function shape(className: ActionShape['class']): ActionShape {
  return {
    class: className,
    gives: ({ read }) => ['key', 'url', ...(typeof read === 'string' ? [read] : [])],
    paramFaults: (params) => ('wrong' in params ? [{ path: ['wrong'], message: 'no such parameter' }] : []),
  };
}

const PEOPLE = People.parse({
  people: { ana: { name: 'Ana' }, ben: { name: 'Ben' }, mina: { name: 'Mina' } },
});
const CONNECTIONS = Connections.parse({
  postgres: { 'janua-primary': { url: 'env:PG' } },
  redis: { cache: { url: 'env:REDIS' } },
  s3: { backups: { bucket: 'janua-backups', region: 'eu-west-1' } },
  kubernetes: { janua: { kubeconfig: 'env:KUBECONFIG', context: 'janua', uid: 'u' } },
  sns: { notices: { topicArn: 'arn:aws:sns:eu-west-1:1:notices', region: 'eu-west-1' } },
  secrets: { token: 'env:TOKEN' },
  vars: { 'janua-url': 'https://janua.example' },
});

/** `path: message` of every fault of the sample plan with changes. */
export function faultsOf(
  changes: Record<string, unknown>,
  connections: Connections | null = CONNECTIONS,
): readonly string[] {
  return planFaults(plan(changes), ACTIONS, PEOPLE, connections).map(
    ({ path, message, level }) => `${level === 'warning' ? 'warning ' : ''}${path.join('.')}: ${message}`,
  );
}

export const LOOK = { id: 'look', title: 'Look at it', uses: 'test.look' };
export const EFFECT = { id: 'stop', title: 'Stop it', uses: 'test.effect' };
export const gate = (id: string, steps: readonly object[], changes: object = {}) => ({
  gate: id,
  title: 'Change it',
  impact: 'Nobody can sign in',
  steps,
  ...changes,
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { backend, namespace, primarySet } from '../../sandbox/veza/cluster.ts';
import { startWorld, type VezaWorld } from '../../sandbox/world.ts';
import { type Clients, createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { Plan } from '../../src/domain/plan.ts';
import { PrimaryPosition, type PrimarySeen } from '../../src/domain/primary.ts';
import { differences, digestOf, FAILOVER_FACTS, factsOf, look, pathsOf, withAnother } from './bound-facts.ts';
import { contextFor } from './context.ts';

const plan = Plan.parse(parse(readFileSync(new URL('../../plans/veza.yml', import.meta.url), 'utf8')));
const AT = { cluster: 'veza', namespace };
const SECRET = { ...AT, secret: 'veza-secrets', key: 'database-url', value: 'veza-database-url-db-2' };

const PARAMS: Readonly<Record<string, object>> = {
  'k8s.inspect': { ...AT, deployments: [backend] },
  'k8s.patchSecret': { ...SECRET, consumers: ['veza-backend-api', 'veza-chat-server'] },
  'k8s.rolloutUndo': { ...AT, deployment: backend, revision: 2 },
  'pg.check': { component: 'postgres', expect: 'healthy' },
  'pg.fence': { component: 'postgres', by: 'workload' },
  'pg.promote': { component: 'postgres' },
  'pg.rebuildStandby': { component: 'postgres' },
};

let world: VezaWorld;
let clients: Clients;
let seen: PrimarySeen;
beforeAll(async () => {
  world = await startWorld({ platforms: ['veza'] });
  Object.assign(process.env, world.env);
  clients = createClients(
    Connections.parse(parse(readFileSync(join(world.configDir, 'connections.yml'), 'utf8'))),
  );
  seen = await lastSeen();
});
afterAll(() => world.stop());

/** How far the primary had come when all was well: later it may be gone. */
async function lastSeen(): Promise<PrimarySeen> {
  const [row] = await world.veza.primary.query(
    'postgres',
    `select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
            1 as timeline, pg_current_wal_lsn()::text as lsn`,
  );
  return { at: new Date(), ...PrimaryPosition.parse(row) };
}

/** A real preview. A running primary blocks a promotion; what an approval would rest on is told all the same. */
function preview(uses: string) {
  const context = contextFor('it', { clients, plan, phase: 'gate', primarySeen: async () => seen });
  return look(uses, context, PARAMS[uses] ?? {});
}

test('every action of a failover and a rollback has its row', () => {
  expect(Object.keys(PARAMS).sort()).toEqual(Object.keys(FAILOVER_FACTS).sort());
});

test.each(Object.keys(PARAMS))('%s binds what its row says, and each of it alone counts', async (uses) => {
  const { bound, digest } = await preview(uses);
  const facts = [...factsOf(bound).keys()];

  const others = facts.map((path) => digestOf(uses, withAnother(bound, path)));

  expect(pathsOf(facts)).toEqual(pathsOf(FAILOVER_FACTS[uses] ?? []));
  expect(new Set([digest, ...others]).size).toBe(1 + facts.length);
});

const control = () => world.veza.kubernetes.control;

/** What changes one thing in the world, and the facts that are others then. */
const CHANGES: readonly [what: string, uses: string, change: () => void, facts: readonly string[]][] = [
  [
    'a secret that somebody wrote',
    'k8s.patchSecret',
    () =>
      void control().patch('secrets', namespace, 'veza-secrets', {
        data: { 'database-url': Buffer.from('postgres://elsewhere').toString('base64') },
      }),
    ['secret.now'],
  ],
  [
    'a secret that was made anew',
    'k8s.patchSecret',
    () => void control().recreate('secrets', namespace, 'veza-secrets'),
    // A value is salted with the object it is in, so its fingerprint is another one too.
    ['secret.now', 'secret.uid', 'secret.wanted'],
  ],
  [
    'another release',
    'k8s.rolloutUndo',
    () => control().setImage(namespace, backend, 'veza/backend-api:2.9.0'),
    ['template.from'],
  ],
  [
    'a StatefulSet that was made anew',
    'pg.fence',
    () => void control().recreate('statefulsets', namespace, primarySet),
    ['uid'],
  ],
];

test.each(CHANGES)('%s gives %s another fingerprint', async (_, uses, change, facts) => {
  const before = await preview(uses);

  change();
  const after = await preview(uses);

  expect(differences(before, after)).toEqual(facts);
  expect(after.digest).not.toBe(before.digest);
});

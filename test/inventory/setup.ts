import { type Clients, createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { Seen } from '../../src/domain/inventory.ts';
import { Backup } from '../../src/domain/plan-backup.ts';
import type { Look, Sources } from '../../src/inventory/look.ts';

export const NOW = new Date('2026-11-21T02:14:40Z');

type Given = { readonly locations: readonly object[]; readonly [key: string]: unknown };

/** A daily dump of a plan, as its YAML file would say it. */
export const backupOf = (given: Given): Backup =>
  Backup.parse({
    id: 'pg-daily',
    component: 'postgres',
    kind: 'logical',
    minBytes: 5,
    ...given,
    locations: given.locations.map((location, index) => ({
      id: `place-${index}`,
      role: index === 0 ? 'primary' : 'copy',
      failureDomain: `region-${index}`,
      ...location,
    })),
  });

export const clientsOf = (connections: object): Clients => createClients(Connections.parse(connections));

export const depsOf = (clients: Clients): Sources => ({ clients });

export const look = (given: Partial<Look> = {}): Look => ({
  now: NOW,
  signal: AbortSignal.timeout(20_000),
  ...given,
});

/** What was seen; a test in which it could not be read fails with the reason. */
export function seenIn<Value>(part: Seen<Value> | undefined): Value {
  if (part?.state === 'seen') return part.value;
  throw new Error(part === undefined ? 'the part was left out' : `${part.cause}: ${part.reason}`);
}

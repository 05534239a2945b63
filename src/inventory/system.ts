import type { Seen, StandbyLag } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { SystemLook } from '../domain/rules/index.ts';
import { attempt } from './attempt.ts';
import { inspectCoverage } from './coverage.ts';
import type { Look, Sources } from './look.ts';
import { inspectRegion } from './region.ts';
import { readStandbyLag } from './standby.ts';

type Watched = Pick<Plan, 'components' | 'backups' | 'watch' | 'drRegion'>;

/** What is seen of a system as a whole, whatever its backups are (R15, R16, R18). */
export async function inspectSystem(
  deps: Sources,
  plan: Watched,
  look: Look,
): Promise<Required<Pick<SystemLook, 'standbys'>> & SystemLook> {
  const { postgres, volumes } = plan.watch.coverage;
  const [standbys, region, coverage] = await Promise.all([
    standbysOf(deps, plan, look),
    plan.drRegion && inspectRegion(deps, plan.drRegion, look),
    postgres.length + volumes.length > 0 ? inspectCoverage(deps, plan, look) : undefined,
  ]);
  return { standbys, ...(region && { region }), ...(coverage && { coverage }) };
}

async function standbysOf(
  deps: Sources,
  { components }: Watched,
  look: Look,
): Promise<Readonly<Record<string, Seen<StandbyLag>>>> {
  const seen = components.flatMap(({ id, connection, standby }) => {
    if (connection === undefined || standby === undefined) return [];
    const lag = attempt(`PostgreSQL ${connection}`, look.signal, () =>
      readStandbyLag(deps, { connection, standby }, look),
    );
    return [lag.then((part) => [id, part] as const)];
  });
  return Object.fromEntries(await Promise.all(seen));
}

import { isRefusal } from '../domain/refusal.ts';
import type { HomeModel, IncidentView } from '../domain/views.ts';
import { databaseNow, listIncidents, openApprovals } from '../store/aggregates.ts';
import { peopleInForce, plansInForce } from '../store/documents.ts';
import type { Backups } from './backups.ts';
import type { Deps } from './deps.ts';
import type { Views } from './views.ts';

export type Home = ReturnType<typeof createHome>;

const OPEN = 5;
const ENDED = 3;

/** What one person finds in App Home: what waits for them, and how things stand. */
export function createHome(
  { db }: Pick<Deps, 'db'>,
  views: Pick<Views, 'incident'>,
  backups: Pick<Backups, 'screen'>,
) {
  async function incidents(open: boolean, limit: number): Promise<readonly IncidentView[]> {
    const found = await listIncidents(db, { open, limit });
    const read = await Promise.all(found.map(({ id }) => views.incident(id)));
    return read.filter((view) => view !== undefined);
  }

  return async function of(person: string | null): Promise<HomeModel> {
    const plans = (await plansInForce(db)).map(({ plan }) => plan);
    const screen = await backups.screen(null, false);
    if (isRefusal(screen)) throw new Error('all systems are always known');
    return {
      now: await databaseNow(db),
      people: await peopleInForce(db),
      person,
      approverOf: plans
        .filter(({ approvals }) => person !== null && approvals.approvers.includes(person))
        .map(({ name }) => name),
      waiting: (await openApprovals(db)).filter(
        ({ status, eligible, votes }) =>
          status.is === 'open' &&
          person !== null &&
          eligible.includes(person) &&
          !votes.some((vote) => vote.person === person),
      ),
      open: await incidents(true, OPEN),
      ended: await incidents(false, ENDED),
      backups: screen,
      plans: plans.length,
    };
  };
}

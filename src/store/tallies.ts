import type { Tallies } from '../domain/views.ts';
import type { Database } from './database.ts';

const COUNTS = `
  select what, system, severity, count(*)::int as count from (
    select 'incidents' as what, system, null as severity from incidents where open
    union all select 'runs', system, null from runs where active
    union all select 'approvals', runs.system, null from approvals join runs on runs.id = run_id where approvals.open
    union all select 'alerts', system, state->>'health' from alerts where open) going_on
   group by 1, 2, 3 order by 1, 2, 3`;

const WATCHED = `
  select system, extract(epoch from dr_now() - finished_at)::float8 as seconds from watch_rounds order by system`;

/** How much is going on now. */
export async function talliesOf(db: Pick<Database, 'query'>): Promise<Tallies> {
  const { rows: counts } = await db.query<Tallies['counts'][number] & Record<string, unknown>>(COUNTS);
  const { rows: watched } = await db.query<Tallies['watched'][number] & Record<string, unknown>>(WATCHED);
  return { counts, watched };
}

import { queryOnce } from './postgres.ts';

/**
 * Takes over the one clock of the bot's database, `dr_now()`: real time plus an offset that the bot can read and not write.
 * Call it after the bot's migration, which creates the function; the function keeps its owner and its grants.
 */
export async function createClock({ adminUrl }: { adminUrl: string }) {
  await queryOnce(
    adminUrl,
    `create schema if not exists sandbox_clock;
     create table if not exists sandbox_clock.clock (offset_ms bigint not null);
     insert into sandbox_clock.clock select 0 where not exists (select from sandbox_clock.clock);
     revoke all on schema sandbox_clock from public;
     grant usage on schema sandbox_clock to public;
     grant select on sandbox_clock.clock to public;
     create or replace function public.dr_now() returns timestamptz
       language sql volatile security definer set search_path = pg_catalog, pg_temp
     as $$ select clock_timestamp() + offset_ms * interval '1 millisecond' from sandbox_clock.clock $$;`,
  );

  async function now(): Promise<Date> {
    const [row] = await queryOnce(adminUrl, 'select public.dr_now() as now');
    if (!(row?.now instanceof Date)) throw new Error("The bot's database gave no time.");
    return row.now;
  }

  return {
    now,
    /** Time only goes forward, as everywhere else. */
    async advance(ms: number): Promise<Date> {
      if (ms < 0) throw new Error(`The clock goes forward only; asked for ${ms} ms.`);
      await queryOnce(adminUrl, 'update sandbox_clock.clock set offset_ms = offset_ms + $1', [
        Math.round(ms),
      ]);
      return now();
    },
  };
}

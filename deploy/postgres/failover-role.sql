-- The role dr-bot fails over with. Run on the primary as an administrator (PostgreSQL 15 or newer); the standby gets it by
-- replication. Run it again after new tables, and for each further database:
--
--   DR_FAILOVER_PASSWORD=… psql -d postgres -v database=veza_db -v replicator=veza_replicator -f failover-role.sql
--
-- `database` is the application's, `replicator` the role in primary_conninfo with which the standby streams. No superuser is
-- needed, and dr_failover reads and writes nothing of the application's but the keys of its rows, to count them.
\set ON_ERROR_STOP on
\getenv failover_password DR_FAILOVER_PASSWORD

select not exists (select from pg_roles where rolname = 'dr_failover') as is_new \gset
\if :is_new
create role dr_failover;
\endif

-- LOGIN REPLICATION: creates the slot by which the rebuilt standby streams. The same attribute would let the role copy the
-- whole server, so that pg_hba.conf must not let it in: name the replicator in the lines for `replication`, never `all`. On
-- a server with wal_level = logical it could also decode changes through a slot of its own; `replica` is enough here.
alter role dr_failover login replication connection limit 8 password :'failover_password';

-- pg_monitor: who streams from whom, by which slot, and primary_conninfo, which therefore should name a passfile and hold no
-- password. pg_checkpoint: after a promotion pg_rewind needs a checkpoint to see the new timeline.
grant pg_monitor, pg_checkpoint to dr_failover;

-- pg_rewind makes the old primary a standby. It runs as the replicator, which may copy the whole server anyway: these four
-- functions read any file of it, and dr_failover does not get them.
grant execute on function
  pg_ls_dir(text, boolean, boolean),
  pg_stat_file(text, boolean),
  pg_read_binary_file(text),
  pg_read_binary_file(text, bigint, bigint, boolean)
to :"replicator";

-- Rights on functions belong to one database: promoting works from each in which it is granted.
grant execute on function pg_promote(boolean, integer) to dr_failover;
\if :{?owner}
grant execute on function pg_reload_conf() to dr_failover;
\endif

\connect :"database"
grant connect on database :"database" to dr_failover;
grant execute on function pg_promote(boolean, integer) to dr_failover;

-- Row counts, before and after: the primary key of every table and no other column.
select format('grant select (%s) on %s to dr_failover',
              string_agg(quote_ident(attname), ', ' order by attnum), conrelid::regclass)
  from pg_constraint
  join pg_attribute on attrelid = conrelid and attnum = any (conkey)
 where contype = 'p' and connamespace = 'public'::regnamespace
 group by conrelid \gexec

-- Only for a primary that is fenced in place (pg.fence by: read-only), with `-v owner=veza_owner`: default_transaction_read_only
-- for everybody, the database closed and its sessions ended. Closing it takes its owner, who may read and write everything
-- in it, so leave this out where the old primary can be stopped instead.
\if :{?owner}
grant alter system on parameter default_transaction_read_only to dr_failover;
grant pg_signal_backend, :"owner" to dr_failover;
\endif

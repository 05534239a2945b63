-- The role dr-bot restores and swaps with. Run on each server, as an administrator:
--
--   DR_RESTORE_PASSWORD=… psql -d postgres -v owner=janua_owner -f restore-role.sql
--
-- It is no superuser: a dump is code, and it runs as the role that restores it. `owner` is the role that owns the live
-- database and everything in it; run it again for each further database with another owner, or with a new password.
\set ON_ERROR_STOP on
\getenv restore_password DR_RESTORE_PASSWORD
\if :{?owner}
\else
do $$ begin raise exception 'Name the role that owns the live database: psql -v owner=janua_owner'; end $$;
\endif
\if :{?restore_password}
\else
do $$ begin raise exception 'Set DR_RESTORE_PASSWORD to the password of dr_restore'; end $$;
\endif

begin;
select not exists (select from pg_roles where rolname = 'dr_restore') as is_new \gset
\if :is_new
create role dr_restore;
\endif

-- LOGIN CREATEDB: creates the scratch database. Renaming a database needs CREATEDB and ownership too.
alter role dr_restore login createdb connection limit 12 password :'restore_password';

-- Ends the sessions of the live database before the swap. Never a superuser's: those are refused by name instead.
grant pg_signal_backend to dr_restore;

-- Reads sizes, sessions and settings of all roles: what a preview shows, and what a swap must not leave behind.
grant pg_monitor to dr_restore;

-- Member of the owner: reads the live database, restores as the owner (SET ROLE), renames and drops what the owner owns.
grant :"owner" to dr_restore;
commit;

-- What it deliberately does not have:
--   SUPERUSER          dumps with event triggers, foreign data wrappers … are refused by the object's name;
--   CREATEROLE         settings of a role in a database are copied by that role's own login (roleUrls) or by adminUrl;
--   pg_execute_server_program, pg_read_server_files, pg_write_server_files   a dump could use them.
-- Extensions that are not trusted need `adminUrl` in connections.yml, or must be marked trusted on the server.

-- Optional: lets pg.integrity read index contents where the extension amcheck is in the live database (run in that database).
-- grant execute on function bt_index_check(regclass, boolean) to dr_restore;

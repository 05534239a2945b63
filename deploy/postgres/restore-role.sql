-- The role dr-bot restores and swaps with. Run once on each server, as an administrator:
--
--   psql -d postgres -v owner=janua_owner -v password="$(cat /run/secrets/dr_restore)" -f restore-role.sql
--
-- It is no superuser: a dump is code, and it runs as the role that restores it. `owner` is the role that owns the live
-- database and everything in it; run the last grant again for each further database with another owner.

-- LOGIN CREATEDB: creates the scratch database. Renaming a database needs CREATEDB and ownership too.
create role dr_restore login createdb password :'password';
alter role dr_restore connection limit 12;

-- Ends the sessions of the live database before the swap. Never a superuser's: those are refused by name instead.
grant pg_signal_backend to dr_restore;

-- Reads sizes, sessions and settings of all roles: what a preview shows, and what a swap must not leave behind.
grant pg_monitor to dr_restore;

-- Member of the owner: reads the live database, restores as the owner (SET ROLE), renames and drops what the owner owns.
grant :"owner" to dr_restore;

-- What it deliberately does not have:
--   SUPERUSER          dumps with event triggers, foreign data wrappers … are refused by the object's name;
--   CREATEROLE         settings of a role in a database are copied by that role's own login (roleUrls) or by adminUrl;
--   pg_execute_server_program, pg_read_server_files, pg_write_server_files   a dump could use them.
-- Extensions that are not trusted need `adminUrl` in connections.yml, or must be marked trusted on the server.

-- Optional: lets pg.integrity read index contents where the extension amcheck is in the live database (run in that database).
-- grant execute on function bt_index_check(regclass, boolean) to dr_restore;

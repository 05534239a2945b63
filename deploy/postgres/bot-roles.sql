-- The bot's own database and its two roles. Run as an administrator of the server the bot keeps its log on, which is not a
-- server it recovers; run it again with other passwords to change them:
--
--   DRBOT_OWNER_PASSWORD=… DRBOT_PASSWORD=… psql -d postgres -f bot-roles.sql
--
-- then `dr migrate` as the owner creates the tables and gives drbot its rights: it appends to the log and reads it.
\set ON_ERROR_STOP on
\getenv owner_password DRBOT_OWNER_PASSWORD
\getenv bot_password DRBOT_PASSWORD
\if :{?owner_password}
\else
do $$ begin raise exception 'Set DRBOT_OWNER_PASSWORD to the password of drbot_owner'; end $$;
\endif
\if :{?bot_password}
\else
do $$ begin raise exception 'Set DRBOT_PASSWORD to the password of drbot'; end $$;
\endif

select not exists (select from pg_roles where rolname = 'drbot_owner') as owner_is_new,
       not exists (select from pg_roles where rolname = 'drbot') as bot_is_new,
       not exists (select from pg_database where datname = 'drbot') as database_is_new \gset
\if :owner_is_new
create role drbot_owner;
\endif
\if :bot_is_new
create role drbot;
\endif

-- Owns the tables. Only `dr migrate` logs in as this role, so that a stolen bot cannot rewrite its own log.
alter role drbot_owner login password :'owner_password' connection limit 5;

-- Runs the bot. It owns nothing: its rights are the grants of `dr migrate`.
alter role drbot login password :'bot_password' connection limit 60;

\if :database_is_new
create database drbot owner drbot_owner;
\endif
revoke connect, temporary on database drbot from public;
grant connect on database drbot to drbot;

\connect drbot
-- As on new servers: nobody but the owner creates anything here (servers older than 15 let everybody).
revoke create on schema public from public;
grant usage, create on schema public to drbot_owner;

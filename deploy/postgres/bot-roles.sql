-- The bot's own database and its two roles. Run once, as an administrator of the server the bot keeps its log on, which is
-- not a server it recovers:
--
--   DRBOT_OWNER_PASSWORD=… DRBOT_PASSWORD=… psql -d postgres -f bot-roles.sql
--
-- then `dr migrate` as the owner creates the tables and gives drbot its rights: it appends to the log and reads it.
\set ON_ERROR_STOP on
\getenv owner_password DRBOT_OWNER_PASSWORD
\getenv bot_password DRBOT_PASSWORD

-- Owns the tables. Only `dr migrate` logs in as this role, so that a stolen bot cannot rewrite its own log.
create role drbot_owner login password :'owner_password' connection limit 5;

-- Runs the bot. It owns nothing: its rights are the grants of `dr migrate`.
create role drbot login password :'bot_password' connection limit 60;

create database drbot owner drbot_owner;
revoke connect, temporary on database drbot from public;
grant connect on database drbot to drbot;

\connect drbot
-- As on new servers: nobody but the owner creates anything here (servers older than 15 let everybody).
revoke create on schema public from public;
grant usage, create on schema public to drbot_owner;

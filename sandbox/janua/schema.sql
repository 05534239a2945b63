-- Janua's database as its migrations would leave it. Run as janua_owner, connected to the new database.

create extension pgcrypto;
create extension citext;

-- What the application's roles may do with tables that later migrations add.
alter default privileges in schema public grant select, insert, update, delete on tables to janua_app;
alter default privileges in schema public grant usage, select on sequences to janua_app;

create table organizations (
  id bigint generated always as identity primary key,
  slug text not null unique,
  name text not null,
  tier text not null check (tier in ('free', 'team', 'enterprise')),
  created_at timestamptz not null default now()
);

create table accounts (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations,
  email citext not null unique,
  display_name text not null,
  password_hash text not null,
  status text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null default now()
);
create index accounts_organization on accounts (organization_id);

create table oauth_clients (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations,
  created_by bigint not null references accounts,
  client_id text not null unique,
  redirect_uris text[] not null,
  created_at timestamptz not null default now()
);
create index oauth_clients_created_by on oauth_clients (created_by);

create table jwk_keys (
  id serial primary key,
  kid text not null unique,
  algorithm text not null check (algorithm in ('RS256', 'ES256')),
  public_jwk jsonb not null,
  active boolean not null,
  expires_at timestamptz not null
);
create unique index jwk_keys_one_active on jwk_keys (active) where active;

create table sessions (
  id bigint generated always as identity primary key,
  account_id bigint not null references accounts,
  token_hash bytea not null default digest(gen_random_uuid()::text, 'sha256'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '12 hours',
  check (expires_at > created_at)
);
create index sessions_account on sessions (account_id);
create index sessions_created on sessions (created_at);

create view active_sessions as
  select s.id, s.account_id, a.email, s.expires_at
    from sessions s join accounts a on a.id = s.account_id
   where s.expires_at > now();

-- Each row carries the hash of the one before it: hash = sha256(prev_hash || audit_text), the first prev_hash is empty.
create table audit_log (
  id bigint primary key,
  occurred_at timestamptz not null default now(),
  actor text not null,
  action text not null,
  detail text not null default '',
  prev_hash bytea not null,
  hash bytea not null
);
create index audit_log_occurred on audit_log (occurred_at);

create function audit_text(bigint, timestamptz, text, text, text) returns text
  language sql stable set search_path = pg_catalog
as $$
  select concat_ws('|', $1, to_char($2 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), $3, $4, $5)
$$;

create function audit_log_link() returns trigger
  language plpgsql set search_path = public, pg_temp
as $$
declare
  last audit_log;
begin
  -- One writer at a time, or two rows would follow the same one. The number is given under the lock for the same reason.
  perform pg_advisory_xact_lock(61204);
  select * into last from audit_log order by id desc limit 1;
  new.id := coalesce(last.id, 0) + 1;
  new.prev_hash := coalesce(last.hash, '');
  new.hash := sha256(new.prev_hash || convert_to(
    audit_text(new.id, new.occurred_at, new.actor, new.action, new.detail), 'UTF8'));
  return new;
end
$$;
create trigger audit_log_link before insert on audit_log for each row execute function audit_log_link();

create function audit_log_refuse() returns trigger
  language plpgsql
as $$
begin
  raise exception 'audit_log is append-only';
end
$$;
create trigger audit_log_refuse before update or delete on audit_log
  for each statement execute function audit_log_refuse();

create view audit_log_links as
  select id, prev_hash = coalesce(lag(hash) over (order by id), '')
             and hash = sha256(prev_hash || convert_to(audit_text(id, occurred_at, actor, action, detail), 'UTF8'))
             as intact
    from audit_log;

grant select, insert, update, delete on sessions to janua_worker;
grant select, insert on audit_log to janua_worker;
grant select on accounts to janua_worker;
grant usage, select on sequence sessions_id_seq to janua_worker;

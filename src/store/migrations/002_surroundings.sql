-- Up Migration

-- Plans and people as they were loaded: a version never changes, only which one is in force.
create table documents (
  kind text not null check (kind in ('plan', 'people')),
  name text not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  -- json, not jsonb: the order of runbooks and inputs is the author's.
  body json not null,
  source text not null,
  loaded_by text not null,
  loaded_at timestamptz not null default dr_now(),
  primary key (kind, name, digest)
);
create table documents_in_force (
  kind text not null,
  name text not null,
  digest text not null,
  since timestamptz not null default dr_now(),
  primary key (kind, name),
  foreign key (kind, name, digest) references documents (kind, name, digest)
);

-- What was measured, for baselines and trends. Not events: they decide nothing by themselves.
create table observations (
  id bigint generated always as identity primary key,
  system text not null,
  component text not null,
  kind text not null,
  at timestamptz not null,
  body jsonb not null
);
create index observations_newest on observations (system, component, kind, at desc);

-- Every Slack request once, whatever was delivered again.
create table inbox (
  key text primary key,
  kind text not null,
  received_at timestamptz not null default dr_now()
);

-- Slack accounts as they were last looked up; older than ten minutes does not count for a vote.
create table accounts (
  account text primary key,
  standing text not null check (standing in ('active', 'bot', 'guest', 'inactive')),
  time_zone text,
  checked_at timestamptz not null
);
create table group_members (
  handle text not null,
  account text not null,
  checked_at timestamptz not null,
  primary key (handle, account)
);

-- Surfaces to bring up to date: wanted is the newest event that concerns it, done the newest one it shows.
create table deliveries (
  incident_id text not null,
  surface text not null,
  subject text not null,
  wanted bigint not null,
  -- The first event that concerned it: what is not posted yet is posted in this order.
  born bigint not null,
  done bigint not null default 0,
  channel text,
  ts text,
  shown_hash text,
  tries integer not null default 0,
  error text,
  not_before timestamptz,
  -- While it waits, nothing newer of the incident overtakes it.
  blocks boolean not null default false,
  primary key (incident_id, surface, subject)
);
create index deliveries_open on deliveries (incident_id, wanted) where wanted > done;

create table reports (
  incident_id text not null references incidents (id),
  revision integer not null,
  body text not null,
  sha256 text not null,
  written_at timestamptz not null default dr_now(),
  primary key (incident_id, revision)
);

-- Down Migration
drop table reports, deliveries, group_members, accounts, inbox, observations, documents_in_force, documents;

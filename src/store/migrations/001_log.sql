-- Up Migration

-- The only clock in SQL. A sandbox replaces this one function; the runtime role owns nothing and cannot.
create function dr_now() returns timestamptz language sql volatile as 'select clock_timestamp()';

-- The log: timeline, audit trail and source of every report. `canon` holds the canonical bytes that are hashed.
create table events (
  seq bigint primary key check (seq > 0),
  at timestamptz not null,
  stream_type text not null check (stream_type in ('incident', 'run', 'approval')),
  stream_id text not null,
  incident_id text,
  kind text not null,
  canon bytea not null,
  prev bytea not null check (length(prev) = 32),
  hash bytea not null unique check (length(hash) = 32)
);
create index events_by_stream on events (stream_type, stream_id, seq);
create index events_by_incident on events (incident_id, seq);

-- One row: who appends locks it first, so the chain has no gaps and a cut tail shows.
create table chain_head (
  only_row boolean primary key default true check (only_row),
  seq bigint not null,
  hash bytea not null
);
insert into chain_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are appended, never changed (% on events)', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger events_no_update before update or delete on events for each row execute function refuse_change();
create trigger events_no_truncate before truncate on events for each statement execute function refuse_change();

-- Three aggregates: state = fold(events), written in the same transaction, with the columns that are queried.
create table incidents (
  id text primary key,
  version bigint not null,
  state jsonb not null,
  system text not null,
  open boolean not null,
  declared_at timestamptz not null,
  channel text,
  due_at timestamptz
);
create index incidents_due on incidents (due_at) where due_at is not null;

create table runs (
  id text primary key,
  incident_id text not null references incidents (id),
  version bigint not null,
  state jsonb not null,
  system text not null,
  active boolean not null,
  open_gate text,
  aborting boolean not null,
  due_at timestamptz,
  claim bigint not null default 0
);
create unique index runs_one_active on runs (system) where active;
create unique index runs_one_open_gate on runs (system) where open_gate is not null;
create index runs_due on runs (due_at) where due_at is not null;
create index runs_by_incident on runs (incident_id);

create table approvals (
  id text primary key,
  run_id text not null references runs (id),
  incident_id text not null references incidents (id),
  version bigint not null,
  state jsonb not null,
  open boolean not null,
  due_at timestamptz
);
create unique index approvals_one_open on approvals (run_id) where open;
create index approvals_due on approvals (due_at) where due_at is not null;
create index approvals_by_incident on approvals (incident_id);

create table counters (name text primary key, value bigint not null);

-- Down Migration
drop table approvals, runs, incidents, counters, chain_head, events;
drop function refuse_change();
drop function dr_now();

-- Up Migration

-- What producers say of their own runs: signals, never proof. Each word of a run once, however often it is sent.
create table heartbeats (
  system text not null,
  backup text not null,
  source text not null check (source in ('heartbeat', 'sns')),
  run text not null,
  state text not null check (state in ('start', 'success', 'failure')),
  at timestamptz not null,
  bytes bigint,
  duration_ms bigint,
  reason text,
  primary key (system, backup, source, run, state)
);
create index heartbeats_newest on heartbeats (system, backup, at desc);

-- Down Migration
drop table heartbeats;

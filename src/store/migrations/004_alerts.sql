-- Up Migration

-- The backup watch: alerts are aggregates as incidents are, with one open alert of a rule and object.
alter table events drop constraint events_stream_type_check;
alter table events add constraint events_stream_type_check
  check (stream_type in ('incident', 'run', 'approval', 'alert'));

create table alerts (
  id text primary key,
  version bigint not null,
  state jsonb not null,
  system text not null,
  key text not null,
  -- The alert whose card shows it.
  card text not null,
  open boolean not null,
  fired_at timestamptz not null,
  closed_at timestamptz,
  due_at timestamptz
);
create unique index alerts_one_open on alerts (system, key) where open;
create index alerts_due on alerts (due_at) where due_at is not null;
create index alerts_by_card on alerts (card);
create index alerts_closed on alerts (closed_at);

-- A surface belongs to an incident or to an alert.
alter table deliveries rename column incident_id to owner;

-- The newest slot of each system that was judged. A slot is judged once: its row is locked by whoever records it.
create table watch_rounds (
  system text primary key,
  slot timestamptz not null,
  began_at timestamptz not null,
  finished_at timestamptz not null,
  backups integer not null
);

-- How each backup stands: what screens are drawn from.
create table watch_state (
  system text not null,
  backup text not null,
  at timestamptz not null,
  since timestamptz not null default dr_now(),
  body jsonb not null,
  primary key (system, backup)
);

-- What was seen of each backup's artifacts: sizes and durations for trends, medians and p95.
create table backup_samples (
  system text not null,
  backup text not null,
  key text not null,
  taken_at timestamptz not null,
  bytes bigint not null,
  duration_ms bigint,
  -- Null while nobody has read it whole.
  refused boolean,
  seen_at timestamptz not null default dr_now(),
  primary key (system, backup, key)
);
create index backup_samples_newest on backup_samples (system, backup, taken_at desc);

-- The picture on a card: which state it shows, and the file Slack has of it.
create table alert_pictures (
  card text primary key,
  shows text not null,
  file text not null,
  alt text not null
);

-- Restore tests, each once: its number names what it makes, so that a later attempt finds what an earlier one left.
create table restore_tests (
  id text primary key,
  system text not null,
  test text not null,
  backup text not null,
  number integer not null,
  started_at timestamptz not null default dr_now(),
  -- Who began last: whoever began earlier takes nothing away and records nothing.
  attempt integer not null default 0,
  -- When it is looked at next; null once it has ended.
  due_at timestamptz default dr_now(),
  -- Null until it has ended.
  body jsonb
);
create index restore_tests_newest on restore_tests (system, backup, started_at desc);
create index restore_tests_due on restore_tests (due_at) where due_at is not null;

-- Down Migration
drop table restore_tests, alert_pictures, backup_samples, watch_state, watch_rounds, alerts;
alter table deliveries rename column owner to incident_id;
alter table events drop constraint events_stream_type_check;
alter table events add constraint events_stream_type_check
  check (stream_type in ('incident', 'run', 'approval'));

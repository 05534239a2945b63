-- Up Migration

-- Marks of transactions whose worker may have to ask whether they were committed.
create table commits (
  id uuid primary key,
  at timestamptz not null default dr_now()
);
create index commits_oldest on commits (at);

-- Down Migration
drop table commits;

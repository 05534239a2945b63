-- Veza's database as its migrations would leave it. Run as veza_owner, connected to the new database.

alter default privileges in schema public grant select, insert, update, delete on tables to veza_user;

create table channels (
  id bigint generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table members (
  id bigint generated always as identity primary key,
  channel_id bigint not null references channels,
  handle text not null,
  joined_at timestamptz not null default now(),
  unique (channel_id, handle)
);

-- The key is the sender's: ids that a failover has lost are given out again, keys never are.
create table messages (
  id bigint generated always as identity primary key,
  key uuid not null unique,
  channel_id bigint not null references channels,
  author text not null,
  body text not null,
  created_at timestamptz not null default now()
);
create index messages_channel on messages (channel_id, id);

-- What the worker has yet to tell phones and browsers.
create table outbox (
  id bigint generated always as identity primary key,
  message_id bigint not null references messages,
  written_at timestamptz not null default now()
);

-- Sizes are in numbers.ts; $… are filled in there. Times are spread over the history, oldest first.

insert into channels (name, created_at)
select 'channel-' || n, $start::timestamptz
  from generate_series(1, $channels) n;

insert into members (channel_id, handle, joined_at)
select 1 + n % $channels, 'member-' || n, $start::timestamptz
  from generate_series(1, $members) n;

insert into messages (key, channel_id, author, body, created_at)
select md5(n::text)::uuid, 1 + n * 7919 % $channels, 'member-' || 1 + n % $members, 'message ' || md5('body' || n),
       $start::timestamptz + (n / $messages.0) * ($end::timestamptz - $start::timestamptz)
  from generate_series(1, $messages) n;

create extension pgcrypto;
create extension citext;
create schema "Back Office";
alter default privileges in schema public grant select on tables to shop_worker;

create table customers (
  id bigint generated always as identity primary key,
  email citext not null unique,
  created_at timestamptz not null default now()
);
create table orders (
  id bigserial primary key,
  customer_id bigint not null references customers,
  total numeric not null,
  note text,
  updated_at timestamptz not null default now()
);
create table "Back Office"."Notes" (author text collate "C", nr int, body text, primary key (author, nr));
create table hits (at timestamptz, page text);
create table audit (
  id bigserial primary key,
  detail text not null,
  prev_hash bytea not null,
  hash bytea not null
);
create function audit_link() returns trigger language plpgsql as $$
begin
  new.prev_hash := coalesce((select hash from audit order by id desc limit 1), '');
  new.hash := sha256(new.prev_hash || convert_to(new.detail, 'UTF8'));
  return new;
end
$$;
create trigger audit_link before insert on audit for each row execute function audit_link();
create function secret_total() returns numeric language sql as $$ select sum(total) from public.orders $$;
create view big_orders as select * from orders where total > 100;

insert into "Back Office"."Notes" select 'author ' || n % 3, n, E'line\n\\. ' || n from generate_series(1, 30) n;
insert into hits select now(), '/';
create index orders_customer on orders (customer_id);

revoke all on function secret_total() from public;
grant execute on function secret_total() to shop_worker;
grant select, insert, update, delete on customers, orders to shop_app;
grant usage on sequence orders_id_seq to shop_app;
grant select, insert on audit to shop_app;
grant usage on sequence audit_id_seq to shop_app;
grant usage on schema "Back Office" to shop_app;
grant select (author, nr) on "Back Office"."Notes" to shop_app;

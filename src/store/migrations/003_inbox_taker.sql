-- Up Migration

-- Who remembered a request first: asked again after an answer that was lost, it is still the first.
alter table inbox add column taker text;

-- Down Migration
alter table inbox drop column taker;

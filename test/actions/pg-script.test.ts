import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { guardedScript } from '../../src/actions/pg-script.ts';

const TRAILER = '-- PostgreSQL database dump complete';

/** What psql would be given of a dump with these lines, without our own first and last ones. */
async function passed(...lines: readonly string[]) {
  const leftOut = { owners: 0, comments: 0, defaults: new Set<string>() };
  const source = Readable.from([Buffer.from(`${[...lines, TRAILER].join('\n')}\n`)]);
  const skip = { schemas: new Set<string>(), owner: 'shop_owner' };
  let text = '';
  for await (const piece of guardedScript(source, skip, leftOut)) text += piece.toString();
  return { lines: text.split('\n').filter((line) => lines.includes(line)), leftOut };
}

test.each([
  'ALTER/**/DATABASE live RENAME TO gone;',
  'ALTER /* a; \n */ DATABASE live CONNECTION LIMIT 0;',
  'DROP/* /* nested */ */DATABASE live WITH (FORCE);',
  'alter -- the\ndatabase live connection limit 0;',
  "DO $$ begin execute 'alter database live connection limit 0'; end $$;",
  "DO 'begin end';",
  'COMMIT ;',
  'COMMIT/**/;',
  'END;',
  'ROLLBACK;',
  'SAVEPOINT a;',
  'BEGIN; DROP TABLE a;',
  'SET ROLE postgres;',
  'SET SESSION AUTHORIZATION postgres;',
  'SET LOCAL ROLE postgres;',
  'RESET ROLE;',
  'SET SESSION standard_conforming_strings = off;',
  "SET standard_conforming_strings = '0';",
  "SET client_encoding = 'S-JIS';",
  "SELECT set_config('role', 'postgres', false);",
  "SELECT pg_catalog.set_config('role', 'postgres', false);",
  "SELECT pg_catalog.set_config('search_path', '', false), pg_catalog.set_config('role', 'x', false);",
  'UPDATE pg_settings SET setting = 1;',
  'SELECT pg_catalog.pg_terminate_backend(1);',
  "SELECT dblink_exec('dbname=live', 'drop table a');",
  'VACUUM;',
  'CALL evil();',
  'CREATE FUNCTION f(begin integer) RETURNS integer LANGUAGE sql AS $$ select 1 $$; COMMIT;',
  'CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; END; COMMIT;',
  'CREATE VIEW v AS SELECT 1 AS begin; COMMIT;',
  'CREATE USER evil;',
])('what pg_dump does not write is refused: %s', async (statement) => {
  await expect(passed('CREATE TABLE a (id integer);', ...statement.split('\n'))).rejects.toMatchObject({
    code: 'backup-refused',
  });
});

test.each([
  ['SET statement_timeout = 0;'],
  ["SET client_encoding = 'UTF8';"],
  ['SET standard_conforming_strings = on;'],
  ["SELECT pg_catalog.set_config('search_path', '', false);"],
  ["SELECT pg_catalog.setval('public.orders_id_seq', 41, true);"],
  ["SELECT pg_catalog.lo_create('16432');"],
  ["SELECT pg_catalog.lowrite(0, '\\x00');"],
  ['CREATE USER MAPPING FOR shop_owner SERVER other;'],
  ["SECURITY LABEL FOR dummy ON TABLE a IS 'secret';"],
  ['REFRESH MATERIALIZED VIEW public.m;'],
  ['ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA public GRANT SELECT ON TABLES TO shop_app;'],
  ["INSERT INTO a VALUES (1, 'DROP DATABASE live;');"],
  ['CREATE RULE r AS', '    ON INSERT TO a DO ( DELETE FROM b; UPDATE c SET d = 1;', ' NOTIFY e;', ');'],
  [
    'CREATE FUNCTION public.f(x integer) RETURNS integer',
    '    LANGUAGE sql',
    '    BEGIN ATOMIC',
    '  SELECT CASE WHEN (x > 0) THEN 1 ELSE 2 END AS "end";',
    '  DELETE FROM a;',
    ' END;',
  ],
])('what pg_dump writes goes on to psql: %s', async (...lines) => {
  expect((await passed(...lines)).lines).toEqual(lines);
});

test("what only another role may set, and the borders of pg_dump's own transactions, are left out", async () => {
  const { lines, leftOut } = await passed(
    'BEGIN;',
    "SELECT pg_catalog.lo_open('16432', 131072);",
    'COMMIT;',
    'ALTER TABLE public.a OWNER TO somebody;',
    "COMMENT ON EXTENSION citext IS 'text';",
    'ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES TO shop_app;',
    'ALTER DEFAULT PRIVILEGES FOR ROLE "my ""own""" GRANT ALL ON TABLES TO shop_app;',
  );

  expect(lines).toEqual(["SELECT pg_catalog.lo_open('16432', 131072);"]);
  expect(leftOut).toEqual({ owners: 1, comments: 1, defaults: new Set(['postgres', 'my "own"']) });
});

import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createPostgres, quoteName, quoteText } from '../../src/clients/postgres.ts';
import { sqlState } from '../../src/clients/postgres-errors.ts';
import { Connections } from '../../src/domain/connections.ts';

const PASSWORD = 'very-secret-4711';
let postgres: ReturnType<typeof createPostgres>;

beforeAll(async () => {
  const superuser = inject('postgresUrl');
  const role = `client_test_${process.pid}`;
  const url = (port = new URL(superuser).port, password = PASSWORD) =>
    `postgres://${role}:${password}@127.0.0.1:${port}/ignored`;
  Object.assign(process.env, {
    PG_CLIENT_ADMIN: superuser,
    PG_CLIENT_URL: url(),
    PG_CLIENT_WRONG: url(undefined, 'not-the-password-1'),
    PG_CLIENT_AWAY: url('1'),
  });
  postgres = createPostgres(
    Connections.parse({
      postgres: {
        main: {
          url: 'env:PG_CLIENT_URL',
          adminUrl: 'env:PG_CLIENT_ADMIN',
          roleUrls: { [role]: 'env:PG_CLIENT_URL' },
        },
        wrong: { url: 'env:PG_CLIENT_WRONG' },
        away: { url: 'env:PG_CLIENT_AWAY' },
      },
    }),
  );
  await postgres.asAdmin('main', 'postgres', (session) =>
    session.rows(`create role ${role} login password '${PASSWORD}' in role pg_signal_backend`),
  );
});
afterAll(() =>
  postgres.asAdmin('main', 'postgres', (session) => session.rows(`drop role client_test_${process.pid}`)),
);

test('the database of the URL is replaced by the one asked for, and the session is named', async () => {
  const [row] = await postgres.query(
    'main',
    'template1',
    `select current_database() as db, current_setting('application_name') as app, current_setting('statement_timeout') as t`,
  );

  expect(row).toEqual({ db: 'template1', app: 'dr-bot', t: '30s' });
  expect(new URL(postgres.urlFor('main', 'janua_run31')).pathname).toBe('/janua_run31');
});

test('a read-only session sees one moment and cannot write', async () => {
  await expect(
    postgres.query('main', 'postgres', 'create temporary table t (id int)', [], { readOnly: true }),
  ).rejects.toMatchObject({
    code: 'outside-refused',
    message: expect.stringContaining('read-only transaction'),
  });
});

test('faults are told apart: away, wrong password, no such database, time-out, refused statement', async () => {
  const fault = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  expect(await fault(postgres.query('away', 'janua', 'select 1'))).toMatchObject({
    code: 'outside-unreachable',
    retry: 'later',
    message: expect.stringContaining('`janua` on `away` does not answer'),
  });
  expect(await fault(postgres.query('wrong', 'postgres', 'select 1'))).toMatchObject({
    code: 'outside-refused',
    retry: 'never',
  });
  expect(await fault(postgres.query('main', 'no_such', 'select 1'))).toMatchObject({
    code: 'outside-refused',
    message: expect.stringContaining('database "no_such" does not exist'),
  });
  expect(
    await fault(postgres.query('main', 'postgres', 'select pg_sleep(5)', [], { timeoutMs: 100 })),
  ).toMatchObject({ code: 'outside-unreachable', retry: 'later' });
  const refused = await fault(postgres.query('main', 'postgres', 'select 1; select 2'));
  expect(refused).toMatchObject({
    code: 'outside-refused',
    message: expect.stringContaining('multiple commands'),
  });
  expect(sqlState(refused)).toBe('42601');
  expect(await fault(postgres.query('nowhere', 'postgres', 'select 1'))).toMatchObject({
    code: 'config-invalid',
  });
});

test('no fault carries a password', async () => {
  for (const name of ['away', 'wrong']) {
    const error = await postgres.query(name, 'postgres', 'select 1').catch((caught: unknown) => caught);
    expect(JSON.stringify(error) + String(error)).not.toMatch(/very-secret|not-the-password/);
  }
});

test('a session cut by the server is a fault that passes, not the end of the process', async () => {
  const cut = postgres.withClient('main', 'postgres', async (session) => {
    const { pid } = await session.row<{ pid: number }>('select pg_backend_pid() as pid');
    await postgres.query('main', 'postgres', 'select pg_terminate_backend($1, 1000)', [pid]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return session.rows('select 1');
  });

  await expect(cut).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });
});

test('an abort ends a running statement at once, with its own reason', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('stopped by Ben')), 100);
  const started = performance.now();

  await expect(
    postgres.query('main', 'postgres', 'select pg_sleep(20)', [], { signal: abort.signal }),
  ).rejects.toThrow('stopped by Ben');

  expect(performance.now() - started).toBeLessThan(3_000);
});

test('a server that accepts and never answers is given up after the connection time-out', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  process.env.PG_CLIENT_SILENT = `postgres://u:p@127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/x`;
  const lonely = createPostgres(Connections.parse({ postgres: { silent: { url: 'env:PG_CLIENT_SILENT' } } }));

  await expect(lonely.query('silent', 'x', 'select 1')).rejects.toMatchObject({
    code: 'outside-unreachable',
    retry: 'later',
  });

  silent.close();
}, 15_000);

test('names and texts are quoted whatever they hold', async () => {
  const name = `a"b'c\\d`;
  const [row] = await postgres.query('main', 'postgres', `select ${quoteText(name)} as ${quoteName(name)}`);

  expect(row).toEqual({ [name]: name });
});

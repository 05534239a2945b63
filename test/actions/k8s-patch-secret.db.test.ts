import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { k8sPatchSecret } from '../../src/actions/k8s-patch-secret.ts';
import { CANARY, PLACE, startVeza, type Veza } from './k8s-veza.ts';
import { type Pair, startPair } from './pg-standby-setup.ts';

const PARAMS = {
  ...PLACE,
  secret: 'veza-secrets',
  key: 'DATABASE_URL',
  value: 'veza-db-2',
  consumers: ['veza-backend-api', 'veza-chat-server'],
  check: 'postgres-primary' as const,
};
const SPY = 'canary-Spy-2W';

const watched = (on: Veza) => on.watch(k8sPatchSecret);

let pair: Pair;
let veza: Veza;
let action: ReturnType<typeof watched>;

beforeAll(async () => {
  pair = await startPair();
  await pair.primary.query('postgres', `alter role watcher set default_transaction_read_only = on`);
  await pair.caughtUp();
});
afterAll(() => pair.stop());
beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

const preview = (phase: 'plan' | 'gate') => action.preview(veza.step('secret', { phase }), PARAMS);
const run = () => action.run(veza.step('secret'), PARAMS);

test('a value that leads to a server that takes writes is shown with that server, and written', async () => {
  veza.setWanted(pair.loginTo(pair.primary, 'shop_app', 'shop'));

  const { shown, blocked } = await preview('gate');
  await run();

  expect(blocked).toEqual([]);
  expect(shown).toEqual([
    {
      name: 'new value',
      value: expect.stringMatching(
        /^leads to a PostgreSQL server that takes writes: 127\.0\.0\.1:\d+, database `shop` as `shop_app`$/,
      ),
    },
  ]);
  expect(veza.secret().DATABASE_URL).toBe(pair.loginTo(pair.primary, 'shop_app', 'shop'));
  expect(veza.said.join()).not.toContain('correct-horse');
});

describe('refused before any effect, with what to do and without the value', () => {
  const at = (server: Pair['primary']) => new URL(pair.loginTo(server, 'shop_app', 'shop'));
  const changed = (change: (url: URL) => void) => () => {
    const url = at(pair.primary);
    change(url);
    return url.href;
  };

  test.each([
    {
      what: 'a standby',
      value: () => at(pair.standby).href,
      says: 'leads to a standby, which takes no writes. Promote it first, or correct the secret `veza-db-2`',
    },
    {
      what: 'a role that may only read',
      value: () => pair.loginTo(pair.primary, 'watcher', 'shop'),
      says: 'leads to a server that is read-only for its role. Open it for writes first',
    },
    {
      what: 'a wrong password',
      value: changed((url) => {
        url.password = SPY;
      }),
      says: 'the server refuses its password (28P01)',
    },
    {
      what: 'a database that is not there',
      value: changed((url) => {
        url.pathname = `/${SPY}`;
      }),
      says: 'the server has no such database (3D000)',
    },
    {
      what: 'a server that does not answer',
      value: () => `postgres://shop_app:${SPY}@127.0.0.1:1/shop`,
      says: 'no server answers there (ECONNREFUSED)',
    },
    {
      what: 'a password that breaks the URL in two',
      value: () => `postgres://shop_app:x@${SPY}/y@127.0.0.1/shop`,
      says: 'does not lead to a database',
    },
    {
      what: 'a file for TLS that is only in the pod',
      value: changed((url) => {
        url.searchParams.set('sslrootcert', `/nowhere/${SPY}`);
      }),
      says: 'does not lead to a database',
    },
    { what: 'no URL', value: () => `host=db-2 password=${SPY}`, says: 'is not a connection string like' },
  ])('$what', async ({ value, says }) => {
    veza.setWanted(value());

    const { blocked } = await preview('gate');
    const running = run();

    expect(blocked.join()).toContain(says);
    await expect(running).rejects.toThrow(says);
    expect(veza.patches()).toEqual([]);
    expect(veza.secret().DATABASE_URL).toBe(CANARY.former);
    for (const secret of [SPY, 'correct-horse']) expect(veza.said.join()).not.toContain(secret);
    expect(veza.leaked()).toEqual([]);
  });
});

test('before the run a standby is only shown: it may be promoted by then', async () => {
  veza.setWanted(pair.loginTo(pair.standby, 'shop_app', 'shop'));

  const { shown, blocked } = await preview('plan');

  expect(blocked).toEqual([]);
  expect(shown).toEqual([
    { name: 'new value, now', value: expect.stringContaining('leads to a standby, which takes no writes') },
  ]);
});

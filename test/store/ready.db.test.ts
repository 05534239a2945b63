import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../../src/store/database.ts';
import { requireTables } from '../../src/store/ready.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let home: TestDatabase;

beforeAll(async () => {
  home = await createTestDatabase();
});

afterAll(() => home.drop());

async function faultAt(url: string): Promise<unknown> {
  const db = createDatabase(url);
  try {
    return await requireTables(db).then(
      () => null,
      (error: unknown) => error,
    );
  } finally {
    await db.close();
  }
}

/** The same server, another database, login or place. */
function changed(part: 'pathname' | 'port' | 'password', value: string): string {
  const url = new URL(home.url);
  url[part] = value;
  return url.href;
}

test('a migrated database is ready', async () => {
  expect(await faultAt(home.url)).toBeNull();
});

test('one without tables names the command that makes them', async () => {
  expect(await faultAt(changed('pathname', '/postgres'))).toMatchObject({
    code: 'config-invalid',
    retry: 'never',
    message: expect.stringMatching(
      /^The bot's own database has no tables yet\. Type: DR_DATABASE_OWNER_URL=… DR_DATABASE_ROLE=\w+ dr migrate$/,
    ),
  });
});

test.each([
  ['a server that is away', 'port', '1', 'ECONNREFUSED'],
  ['a wrong password', 'password', 'wrong', 'password authentication failed'],
] as const)('%s is told with the setting to check', async (_, part, value, why) => {
  expect(await faultAt(changed(part, value))).toMatchObject({
    code: 'database-unreachable',
    retry: 'later',
    message: expect.stringMatching(
      new RegExp(`${why}.*\\)\\. Check DR_DATABASE_URL and that the server runs\\.$`),
    ),
  });
});

import { expect, test } from 'vitest';
import { toJson } from '../../src/domain/canonical.ts';
import { createPlans } from '../../src/services/plans.ts';
import { createDatabase } from '../../src/store/database.ts';
import { peopleInForce } from '../../src/store/documents.ts';
import { createTestDatabase } from '../helpers/database.ts';

test('a restart with an old folder does not bring back somebody who was taken away; loading by hand may', async () => {
  const home = await createTestDatabase();
  const db = createDatabase(home.url, { max: 2 });
  const { load } = createPlans({ db });
  const people = (...ids: string[]) => [
    {
      kind: 'people' as const,
      name: 'people',
      body: toJson({ people: Object.fromEntries(ids.map((id) => [id, { name: id }])) }),
      source: '',
    },
  ];
  await load(people('ana', 'ben'), 'start', { onlyNew: true });
  await load(people('ana'), 'mina');

  await load(people('ana', 'ben'), 'start', { onlyNew: true });

  expect(Object.keys((await peopleInForce(db)).people)).toEqual(['ana']);
  await load(people('ana', 'ben'), 'mina');
  expect(Object.keys((await peopleInForce(db)).people)).toEqual(['ana', 'ben']);
  await db.close();
  await home.drop();
});

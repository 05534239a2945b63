import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFacts, type Source } from '../../../sandbox/page/facts.ts';

/** A part of the world that answers what it is told to. */
function part(title: string, answer: () => Promise<string> | string) {
  const seen = { looks: 0 };
  const source: Source = {
    title,
    name: `the ${title}`,
    async look() {
      seen.looks += 1;
      return [{ id: title, name: title, value: await answer(), state: 'ok' }];
    },
  };
  return { source, seen };
}

const lineOf = (facts: ReturnType<typeof createFacts>, title: string) =>
  facts.sections().find((section) => section.title === title)?.lines[0];

test('a part that hangs or fails is said not to answer, and holds up no other', async () => {
  const good = part('database', () => '214,718 rows');
  const dead = part('bucket', () => Promise.reject(new Error('ECONNREFUSED')));
  const slow = part('cluster', () => new Promise(() => undefined));
  const facts = createFacts([good.source, dead.source, slow.source], () => undefined);

  const stop = facts.watch();
  await sleep(50);
  const soon = ['database', 'bucket', 'cluster'].map((title) => lineOf(facts, title)?.value);
  await sleep(3_000);
  stop();

  expect(soon).toEqual(['214,718 rows', 'does not answer', 'looking']);
  expect(lineOf(facts, 'cluster')).toMatchObject({
    name: 'the cluster',
    value: 'does not answer',
    state: 'bad',
  });
  expect(slow.seen.looks).toBe(1);
  expect(good.seen.looks).toBeGreaterThanOrEqual(2);
});

test('nothing is asked while nobody looks, and a changed value is marked', async () => {
  let rows = '10 rows';
  const { source, seen } = part('database', () => rows);
  const facts = createFacts([source], () => undefined);

  await sleep(50);
  expect(seen.looks).toBe(0);

  const [one, other] = [facts.watch(), facts.watch()];
  await sleep(50);
  one();
  expect(lineOf(facts, 'database')).toMatchObject({ value: '10 rows', changed: false });

  rows = '7 rows';
  await sleep(1_200);
  expect(lineOf(facts, 'database')).toMatchObject({ value: '7 rows', changed: true });

  other();
  const looks = seen.looks;
  await sleep(1_200);
  expect(seen.looks).toBe(looks);
});

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Action, defineAction } from '../../src/actions/action.ts';
import { contextFor } from './context.ts';
import { watch } from './declared-outputs.ts';

const context = contextFor('look');
const done = { kind: 'done', summary: 'looked', output: { key: 'a', b: 1 }, facts: [] } as const;

type Params = { readonly read?: Readonly<Record<string, string>> };

/** An action that gives `key` and `b`, and says that it gives `key`. */
function careless(changes: Partial<Action<Params>> = {}): Action<Params> {
  const preview = { lines: [], bound: null, shown: [], undo: [], blocked: [], output: done.output };
  const action = defineAction<Params>({
    name: 'test.careless',
    summary: 'Gives more than it says.',
    schema: z.object({}),
    class: 'read',
    recovery: 'observe',
    gives: { key: 'a letter' },
    preview: async () => preview,
    run: async () => done,
    observe: async () => ({ happened: 'yes', outcome: done }),
    ...changes,
  });
  watch(action);
  return action;
}

describe('an action that gives what it does not declare', () => {
  test.each(['preview', 'run', 'observe'] as const)('is found out by its %s', async (method) => {
    const given = careless()[method]?.(context, {});

    await expect(given).rejects.toThrow('test.careless gives b, which its `gives` does not name');
  });

  test('is not blamed for what its parameters name', async () => {
    const action = careless({ givesUnder: 'read' });

    expect(await action.run(context, { read: { b: 'body.b' } })).toBe(done);
    await expect(action.run(context, { read: { c: 'body.c' } })).rejects.toThrow('gives b');
  });
});

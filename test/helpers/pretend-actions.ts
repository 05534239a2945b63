import { z } from 'zod';
import type { AnyAction, Outcome, Preview } from '../../src/actions/action.ts';

/** Where the effects of a test happen: in memory, or in a table that several processes share. */
export interface Ground {
  /** What a preview says, now. */
  facts(): Pick<Preview, 'bound' | 'shown' | 'blocked'>;
  look(): Promise<void>;
  apply(run: string, name: string): Promise<void>;
  happened(run: string, name: string): Promise<boolean>;
  takeBack(run: string, name: string): Promise<void>;
}

const GIVES = { seen: 'what it looked at or did' };
const Named = z.strictObject({ name: z.string() });

/** `test.look` looks, `test.effect` acts and can tell whether it did. Everything else about them is as in real actions. */
export function pretendActions(ground: Ground): Readonly<Record<string, AnyAction>> {
  const preview = async (): Promise<Preview> => ({
    ...ground.facts(),
    lines: ['does something'],
    undo: ['takes it back'],
  });
  return {
    'test.look': {
      name: 'test.look',
      summary: 'Looks.',
      schema: z.strictObject({}),
      class: 'read',
      recovery: 'safe',
      gives: GIVES,
      preview,
      run: async () => {
        await ground.look();
        return done('looked');
      },
    },
    'test.effect': {
      name: 'test.effect',
      summary: 'Acts.',
      schema: Named,
      class: 'reversible',
      recovery: 'observe',
      gives: GIVES,
      preview,
      run: async ({ run }, params) => {
        const { name } = Named.parse(params);
        await ground.apply(run.id, name);
        return done(name);
      },
      observe: async ({ run }, params) => {
        const { name } = Named.parse(params);
        return (await ground.happened(run.id, name))
          ? { happened: 'yes', outcome: done(name) }
          : { happened: 'no' };
      },
      undo: async ({ run }, params) => {
        const { name } = Named.parse(params);
        await ground.takeBack(run.id, name);
        return { summary: `${name} taken back`, facts: [] };
      },
    },
  };
}

function done(summary: string): Extract<Outcome, { kind: 'done' }> {
  return { kind: 'done', summary, output: { seen: summary }, facts: [] };
}

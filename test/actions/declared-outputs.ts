import { z } from 'zod';
import type { Action, Outcome } from '../../src/actions/action.ts';
import { actions } from '../../src/actions/index.ts';
import type { Output } from '../../src/domain/step.ts';

const watched = new WeakSet<object>();

/** From now on every action of the registry throws when it gives what it does not declare. */
export function watchOutputs(): void {
  for (const action of Object.values(actions)) watch(action);
}

/** Makes an action throw when it gives a key that its `gives` does not name. */
export function watch<Params>(action: Action<Params>): void {
  if (watched.has(action)) return;
  watched.add(action);
  const { name, gives, givesUnder, preview, run, observe } = action;
  const check = (params: Params, output: Output = {}): void => {
    const named = Object.entries(params ?? {}).find(([key]) => key === givesUnder)?.[1] ?? {};
    const known = Object.keys({ ...gives, ...z.record(z.string(), z.unknown()).parse(named) });
    const strange = Object.keys(output).filter((key) => !known.includes(key));
    if (strange.length > 0)
      throw new Error(`${name} gives ${strange.join(', ')}, which its \`gives\` does not name`);
  };
  const checkOutcome = (params: Params, outcome: Outcome): void => {
    if (outcome.kind === 'done') check(params, outcome.output);
  };
  const checked: Pick<Action<Params>, 'preview' | 'run' | 'observe'> = {
    async preview(context, params) {
      const found = await preview(context, params);
      check(params, found.output);
      return found;
    },
    async run(context, params) {
      const outcome = await run(context, params);
      checkOutcome(params, outcome);
      return outcome;
    },
    ...(observe !== undefined && {
      async observe(context, params) {
        const seen = await observe(context, params);
        if (seen.happened === 'yes') checkOutcome(params, seen.outcome);
        return seen;
      },
    }),
  };
  Object.assign(action, checked);
}

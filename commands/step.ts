import { type Command, text } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

const VERBS = ['retry', 'skip', 'done', 'choose', 'happened', 'did-not-happen', 'look'] as const;

export const step: Command = {
  name: 'step',
  group: 'Recover',
  usage: '/dr step retry|skip|done|choose|happened|did-not-happen [step] [words]',
  summary: 'answer a stopped or asking step',
  examples: [
    '/dr step retry',
    '/dr step skip integrity reason="counted by hand"',
    '/dr step done evidence="compared with the sealed copy"',
    '/dr step choose restore-backup',
  ],
  who: 'responder',
  run: async (context, { words, pairs }) => {
    const meant = await context.queries.runMeant(pairs.run ?? null, context.incident);
    if ('kind' in meant) return meant;
    const verb = VERBS.find((word) => word === words[0]?.toLowerCase());
    if (verb === undefined)
      return refuse('usage', {
        command: 'step',
        needs: `one of ${VERBS.join(', ')}`,
        example: '/dr step retry',
      });
    const stepId = pairs.step ?? (verb === 'choose' ? null : (words[1] ?? null));
    const changed = await act(context, meant.id, verb, stepId, {
      ...pairs,
      choice: pairs.choice ?? words[1] ?? '',
    });
    return isRefusal(changed) ? changed : text(`${meant.id}: recorded. Follow: /dr run show`);
  },
};

function act(
  context: Parameters<Command['run']>[0],
  run: string,
  verb: (typeof VERBS)[number],
  stepId: string | null,
  given: Readonly<Record<string, string>>,
) {
  const { actor, runs } = context;
  switch (verb) {
    case 'retry':
    case 'look':
      return runs.retry(actor, run, stepId);
    case 'skip':
      return given.reason
        ? runs.skip(actor, run, stepId, given.reason)
        : Promise.resolve(
            refuse('usage', {
              command: 'step',
              needs: 'a reason',
              example: '/dr step skip integrity reason="counted by hand"',
            }),
          );
    case 'done':
      return runs.answer(actor, run, stepId, null, given.evidence ?? null);
    case 'choose':
      return runs.answer(actor, run, stepId, given.choice ?? null, null);
    case 'happened':
    case 'did-not-happen':
      return given.saw
        ? runs.rule(actor, run, stepId, verb === 'happened', given.saw)
        : Promise.resolve(
            refuse('usage', {
              command: 'step',
              needs: 'what you saw',
              example: `/dr step ${verb} swap saw="janua has 214,600 rows"`,
            }),
          );
  }
}

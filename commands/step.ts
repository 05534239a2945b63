import { type Command, type CommandContext, sentenceAbout, text, type Words } from '../src/command.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

const KNOWN = ['run', 'step', 'reason', 'evidence', 'saw', 'choice'];
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
  run: async (context, input) => {
    const { pairs } = input;
    const { named, words } = sentenceAbout(input, context.incident, KNOWN);
    const meant = await context.queries.runMeant(pairs.run || null, named);
    if ('kind' in meant) return meant;
    const [first, ...rest] = words;
    const verb = VERBS.find((word) => word === first?.toLowerCase());
    if (verb === undefined)
      return refuse('usage', {
        command: 'step',
        needs: `one of ${VERBS.join(', ')}`,
        example: '/dr step retry',
      });
    // A choice is mostly all there is to say; everything else is said of a step.
    const step = pairs.step || (verb === 'choose' ? null : (rest.shift() ?? null));
    const changed = await act(context, meant.id, verb, step, rest.join(' '), pairs);
    return isRefusal(changed) ? changed : text(`${meant.id}: recorded. Follow: /dr run show`);
  },
};

function act(
  { actor, runs }: CommandContext,
  run: string,
  verb: (typeof VERBS)[number],
  step: string | null,
  said: string,
  pairs: Words['pairs'],
): ReturnType<CommandContext['runs']['retry']> {
  const needs = (what: string, example: string) =>
    Promise.resolve(refuse('usage', { command: 'step', needs: what, example }));
  switch (verb) {
    case 'retry':
    case 'look':
      return runs.retry(actor, run, step);
    case 'skip': {
      const reason = pairs.reason || said;
      return reason === ''
        ? needs('a reason', '/dr step skip integrity reason="counted by hand"')
        : runs.skip(actor, run, step, reason);
    }
    case 'done':
      return runs.answer(actor, run, step, null, pairs.evidence || said || null);
    case 'choose':
      return runs.answer(actor, run, step, pairs.choice || said, null);
    case 'happened':
    case 'did-not-happen': {
      const saw = pairs.saw || said;
      return saw === ''
        ? needs('what you saw', `/dr step ${verb} swap saw="janua has 214,600 rows"`)
        : runs.rule(actor, run, step, verb === 'happened', saw);
    }
  }
}

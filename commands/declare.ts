import { type Command, type CommandContext, sentenceOf, strangeFlag, text, timesOf } from '../src/command.ts';
import { nearest } from '../src/domain/nearest.ts';
import { Severity } from '../src/domain/plan.ts';
import { isRefusal, type Refusal, refuse } from '../src/domain/refusal.ts';

/** Words that mean a severity, whether there is such a one or not. */
const SEVERITY = /^(sev|p)\d+$/i;

/** `/dr declare [system] [severity] [what is wrong]`; without words, a form. */
export const declare: Command = {
  name: 'declare',
  group: 'Start',
  usage: '/dr declare [system] [sev] [what is wrong]',
  summary: 'open an incident; with no words, a form',
  examples: ['/dr declare', '/dr declare janua sev1 Sign-in fails for most customers'],
  who: 'anyone',
  run: async (context, input) => {
    const strange = strangeFlag(declare, input.flags, ['new']);
    if (strange !== null) return strange;
    const said = sentenceOf(input, ['impact', 'began', 'detected']).filter((word) => word !== '--new');
    if (said.length === 0 && context.canAsk) return { kind: 'form', form: 'declare', view: null };
    const times = timesOf(input.pairs, await context.queries.now());
    if (isRefusal(times)) return times;
    const read = await readDeclaration(context, said);
    if ('kind' in read) return read;
    const { system, severity, title } = read;
    if (!input.flags.has('new')) {
      const similar = await context.incidents.similar(system);
      if (similar.length > 0) return { kind: 'reply', what: 'similar', similar, system, title, severity };
    }
    const declared = await context.incidents.declare(context.actor, system, {
      title,
      severity,
      impact: input.pairs.impact || null,
      occurredAt: times.began,
      detectedAt: times.detected,
    });
    if (isRefusal(declared)) return declared;
    const plan = await context.queries.plan(system);
    return {
      ...text(`${declared.incident} declared for ${plan?.plan.name ?? system}, ${severity}.`),
      data: { incident: declared.incident },
    };
  },
};

interface Declaration {
  readonly system: string;
  readonly severity: Severity;
  readonly title: string;
}

/** `[system] [severity] what is wrong`; the only plan there is need not be named. */
async function readDeclaration(
  context: CommandContext,
  said: readonly string[],
): Promise<Declaration | Refusal> {
  const plans = (await context.queries.plans()).map(({ plan }) => plan);
  const systems = plans.map(({ system }) => system);
  const [first = '', second = ''] = said;
  const named = plans.find(
    ({ system, name }) => system === first.toLowerCase() || name.toLowerCase() === first.toLowerCase(),
  );
  const only = plans.length === 1 && !SEVERITY.test(second) ? plans[0] : undefined;
  const plan = named ?? only;
  if (plan === undefined)
    return refuse('unknown-system', {
      system: first,
      systems: systems.join(', '),
      near: nearest(first, systems) ?? '',
    });
  const rest = named === undefined ? said : said.slice(1);
  const typed = SEVERITY.test(rest[0] ?? '') ? rest[0] : undefined;
  const severity = Severity.safeParse(typed?.toUpperCase() ?? plan.defaultSeverity);
  if (!severity.success) return refuse('unknown-severity', { got: typed ?? '', incident: '' });
  const title = (typed === undefined ? rest : rest.slice(1)).join(' ');
  if (title === '')
    return refuse('usage', {
      command: 'declare',
      needs: 'what is wrong',
      example: `/dr declare ${plan.system} sev1 Sign-in fails`,
    });
  return { system: plan.system, severity: severity.data, title };
}

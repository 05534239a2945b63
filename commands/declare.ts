import { type Answer, type Command, type CommandContext, text, type Words } from '../src/command.ts';
import { Severity } from '../src/domain/plan.ts';
import { nearest } from '../src/domain/plan-lint.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

/** `/dr declare [system] [severity] [what is wrong]`; without words, a form. */
export const declare: Command = {
  name: 'declare',
  group: 'Start',
  usage: '/dr declare [system] [sev] [what is wrong]',
  summary: 'open an incident; with no words, a form',
  examples: ['/dr declare', '/dr declare janua sev1 Sign-in fails for most customers'],
  who: 'anyone',
  run: async (context, input) => {
    if (input.words.length === 0 && context.canAsk) return { kind: 'form', form: 'declare', view: null };
    const read = await readDeclaration(context, input);
    if ('kind' in read) return read;
    const { system, severity, title } = read;
    if (!input.flags.has('new')) {
      const similar = await context.incidents.similar(system);
      if (similar.length > 0) return { kind: 'reply', what: 'similar', similar, system, title, severity };
    }
    const declared = await context.incidents.declare(context.actor, system, {
      title,
      severity,
      impact: input.pairs.impact ?? null,
      occurredAt: timeOf(input.pairs.began),
      detectedAt: timeOf(input.pairs.detected),
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

async function readDeclaration(context: CommandContext, input: Words): Promise<Declaration | Answer> {
  const plans = (await context.queries.plans()).map(({ plan }) => plan);
  const systems = plans.map(({ system }) => system);
  const [first = ''] = input.words;
  const named = plans.find(
    ({ system, name }) => system === first.toLowerCase() || name.toLowerCase() === first.toLowerCase(),
  );
  const only = plans.length === 1 ? plans[0] : undefined;
  const plan = named ?? only;
  if (plan === undefined)
    return refuse('unknown-system', {
      system: first,
      systems: systems.join(', '),
      near: nearest(first, systems) ?? '',
    });
  const rest = named === undefined ? input.words : input.words.slice(1);
  const severity = Severity.safeParse((rest[0] ?? '').toUpperCase());
  const words = severity.success ? rest.slice(1) : rest;
  if (/^(sev|p)\d+$/i.test(rest[0] ?? '') && !severity.success)
    return refuse('unknown-severity', { got: rest[0] ?? '', incident: '' });
  if (words.length === 0)
    return refuse('usage', {
      command: 'declare',
      needs: 'what is wrong',
      example: `/dr declare ${plan.system} sev1 Sign-in fails`,
    });
  return {
    system: plan.system,
    severity: severity.success ? severity.data : plan.defaultSeverity,
    title: words.join(' '),
  };
}

/** A time as it is typed, in UTC; null when it is not given. An unreadable one is refused by the decision as not a time. */
function timeOf(typed: string | undefined): Date | null {
  return typed === undefined || typed === '' ? null : new Date(typed);
}

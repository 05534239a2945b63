import type { Json } from '../domain/canonical.ts';
import { componentOf, type Gate, isGate, type Plan, type Step, stepsOf } from '../domain/plan.ts';
import { referencesIn } from '../domain/template.ts';
import { markdownCode, markdownUser, oneLine } from './escape.ts';
import { capital, count, duration, listOf } from './format.ts';
import { bullets, table } from './markdown.ts';

export type ByHand = (uses: string, params: Json) => readonly string[];

/**
 * A runbook as Markdown to print and keep, for the day the bot is gone: each step with its exact commands, each gate
 * with who approves it. `byHand` gives the commands of a step; where it has none the parameters stand in their place.
 */
export function exportRunbook(plan: Plan, runbookId: string, byHand: ByHand): string {
  const runbook = plan.runbooks[runbookId];
  if (runbook === undefined)
    return `There is no runbook ${markdownCode(runbookId)} in ${markdownUser(plan.name)}.\n`;
  const component = componentOf(plan, runbook.component);
  const { rto, rpo } = component?.objectives ?? plan.objectives;
  const numbers = new Map(stepsOf(runbook).map(({ step, number }) => [step.id, number]));
  const step = (entry: Step) => stepPart(entry, numbers, byHand);
  return `${[
    `# ${markdownUser(plan.name)}: ${markdownUser(runbook.title)}`,
    `For the day the bot is gone: everything it would do, by hand. ${plan.environment}, runbook ${markdownCode(runbookId)}.`,
    table(
      ['Fact', 'Value'],
      [
        ['Component', markdownUser(component?.name ?? runbook.component)],
        ['When', markdownUser(runbook.scenario ?? 'as the incident commander decides')],
        ['Objectives', `RTO ${duration(rto)}, RPO ${duration(rpo)}`],
        [
          'Time',
          runbook.expected === undefined
            ? 'not known: the plan does not say'
            : `about ${duration(runbook.expected)} (from the plan)`,
        ],
        [
          'Approvers',
          `${listOf(plan.approvals.approvers.map((person) => markdownUser(person)))}; two of them, in writing, before each gate`,
        ],
      ],
    ),
    inputsPart(runbook.inputs),
    '## Steps',
    ...runbook.steps.map((entry) => (isGate(entry) ? gatePart(entry, plan, step) : step(entry))),
    '## Afterwards',
    bullets([
      'Write down who did what and when, in UTC: the report is made from it.',
      `Tell people every ${duration(plan.updates.every)}: impact, what changed, what is next, when the next update comes.`,
      'When the bot is back, declare the incident with its true times and add what you wrote as notes.',
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function inputsPart(inputs: Plan['runbooks'][string]['inputs']): string {
  const lines = Object.entries(inputs).map(([name, { label, hint, default: preset, options }]) => {
    const parts = [
      markdownUser(label),
      hint === undefined ? '' : markdownUser(hint),
      options === undefined
        ? ''
        : `One of ${listOf(
            options.map(({ value }) => markdownCode(value)),
            'or',
          )}`,
      preset === undefined ? '' : `Usually ${markdownCode(preset)}`,
    ].filter((part) => part !== '');
    return `${markdownCode(`\${inputs.${name}}`)}: ${parts.map((part) => (/[.?!]$/.test(part) ? part : `${part}.`)).join(' ')}`;
  });
  return lines.length === 0 ? '' : `## Decide first\n\n${bullets(lines)}`;
}

function gatePart(gate: Gate, plan: Plan, step: (entry: Step) => string): string {
  const { approvers, requesterCounts } = plan.approvals;
  const irreversible =
    gate.steps.some((entry) => entry.class === 'irreversible') || gate.confirmName !== undefined;
  const who = `Two of ${listOf(approvers.map((person) => markdownUser(person)))} approve it in writing first${requesterCounts && !irreversible ? '; the person who asks may be one' : '; not the person who asks'}.`;
  return [
    `### Stop: ${markdownUser(gate.title)}`,
    bullets([
      `**${who}**`,
      `What stops working: ${markdownUser(gate.impact)}.`,
      ...(gate.confirmName === undefined
        ? []
        : [`Each approver writes the name ${markdownCode(gate.confirmName)}: it cannot be undone.`]),
      'Go through all of it, or take all of it back. Never leave it half done.',
    ]),
    ...gate.steps.map(step),
    `End of the gate ${markdownUser(gate.title)}.`,
  ].join('\n\n');
}

function stepPart(step: Step, numbers: ReadonlyMap<string, number>, byHand: ByHand): string {
  const { title, uses, with: params, when, timeout } = step;
  const lines = byHand(uses, params).map((line) => line.replace(/[\r\n]+/g, ' '));
  const notes = [
    when === undefined ? '' : `Only when ${markdownCode(when)}.`,
    timeout === undefined ? '' : `Give up after ${duration(timeout)}.`,
    ...fillIns(lines.join('\n'), numbers),
  ].filter((note) => note !== '');
  const body = lines.length > 0 ? commandsOrWords(lines) : plainStep(uses, params);
  return [`#### ${numbers.get(step.id)}. ${markdownUser(title)}`, notes.join(' '), body]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Where the values come from that a command leaves open: `Fill in from step 3: ${find.key}`. */
function fillIns(text: string, numbers: ReadonlyMap<string, number>): readonly string[] {
  const bySource = Map.groupBy(new Set(referencesIn(text)), (path) => path.split('.')[0] ?? '');
  return [...bySource].map(([source, paths]) => {
    const from = numbers.has(source) ? `step ${numbers.get(source)}` : (SOURCES[source] ?? source);
    return `Fill in from ${from}: ${listOf(paths.map((path) => markdownCode(`\${${path}}`)))}.`;
  });
}

const SOURCES: Readonly<Record<string, string>> = {
  inputs: 'what was decided first',
  run: 'your own notes, any name that is used once',
  system: 'the heading',
  vars: 'connections.yml',
};

/** Lines that are all remarks are words for a person, not a script. */
function commandsOrWords(lines: readonly string[]): string {
  if (!lines.every((line) => line.startsWith('#'))) return fenced(lines);
  const [first = '', ...rest] = lines.map((line) => markdownUser(line.replace(/^#+\s*/, '')));
  return rest.length === 0 ? capital(first) : `${capital(first)}\n\n${bullets(rest)}`;
}

/** Steps that are people's work say what to do; the others show what the bot would have been told. */
function plainStep(uses: string, params: Step['with']): string {
  const told = ['instruction', 'question', 'message']
    .map((name) => params[name])
    .find((value) => typeof value === 'string');
  if (typeof told === 'string') return `By hand: ${markdownUser(capital(told))}`;
  const given = Object.entries(params).map(
    ([name, value]) =>
      `${markdownUser(name)} ${markdownCode(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const detail =
    given.length === 0
      ? 'it takes no parameters'
      : `${count(given.length, 'parameter')}: ${given.join(', ')}`;
  return `No command is known for ${markdownCode(oneLine(uses))}; ${detail}.`;
}

/** A code block whose fence is longer than any in the commands. */
function fenced(commands: readonly string[]): string {
  const longest = Math.max(
    2,
    ...commands.flatMap((line) => [...line.matchAll(/`+/g)].map((run) => run[0].length)),
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}sh\n${commands.join('\n')}\n${fence}`;
}

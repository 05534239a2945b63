import { section, wrap } from './layout.ts';

/** What help says of a command; `usage` and `examples` are written with `/dr`, as in Slack. */
export interface HelpEntry {
  readonly name: string;
  readonly group: string;
  readonly usage: string;
  readonly summary: string;
  readonly more?: string;
  readonly examples: readonly string[];
}

const COLUMN = 36;

/** All commands in the order of the registry, by group; or one command in full. */
export function renderHelp(commands: readonly HelpEntry[], topic: HelpEntry | null): string {
  if (topic !== null) return renderTopic(topic);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return [
    ...groups.flatMap((group, index) => [
      ...(index === 0 ? [] : ['']),
      group,
      ...commands.filter((command) => command.group === group).flatMap(entry),
    ]),
    '',
    ...wrap(
      'An incident is understood when only one is open. Otherwise name it with --incident INC-2026-014. The same commands work as /dr in Slack.',
    ),
  ].join('\n');
}

function entry({ usage, summary }: HelpEntry): readonly string[] {
  const typed = `  ${inTerminal(usage)}`;
  if (typed.length < COLUMN) return wrap(summary, typed.padEnd(COLUMN), ' '.repeat(COLUMN));
  return [...wrap(typed.trim(), '  ', '    '), ...wrap(summary, ' '.repeat(COLUMN))];
}

function renderTopic({ usage, summary, more, examples }: HelpEntry): string {
  return [
    ...wrap(inTerminal(usage), '', '  '),
    ...wrap(
      `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.${more === undefined ? '' : ` ${more}`}`,
      '  ',
    ),
    ...section('Examples', examples.map(inTerminal)),
  ].join('\n');
}

function inTerminal(text: string): string {
  return text.replace(/^\/dr\b/, 'dr');
}

import type { IncidentView } from '../../domain/views.ts';
import { escapeSlack } from '../escape.ts';
import { dualInstant } from '../format.ts';
import { runState } from '../run-state.ts';
import { MARKS, STATUS_WORDS } from '../words.ts';
import { actions, button, context, type Message, menu, message, section } from './blocks.ts';
import { activeRun, isUpdateLate } from './clock-lines.ts';
import { machine } from './text.ts';

/** What help knows of a command; the registry in `commands/` gives these, in help order. */
export interface CommandHelp {
  readonly name: string;
  /** `Start`, `Lead`, `Recover`, `Tell people`, `Finish`. */
  readonly group: string;
  /** What follows the name: `[system] [sev] [what is wrong]`; empty for none. */
  readonly usage: string;
  /** One line, lower case, no full stop: `open an incident; with no words, a form`. */
  readonly summary: string;
  readonly examples: readonly string[];
  /** `anyone`, `responders in people.yml`, `approvers of the system`. */
  readonly who: string;
  /** More than the summary, for `/dr help name`; plain sentences. */
  readonly details?: string;
  readonly related?: readonly string[];
}

/** `/dr help`: every command on a line of its own, groups in the order of the registry. */
export function renderHelp(commands: readonly CommandHelp[]): Message {
  const groups = [...new Set(commands.map(({ group }) => group))];
  return message(
    `${commands.length} commands. In an incident channel the incident is understood.`,
    ...groups.map((group) =>
      section(
        `*${escapeSlack(group)}*`,
        ...commands.filter((command) => command.group === group).map(commandLine),
      ),
    ),
    context(
      'In an incident channel the incident is understood. Elsewhere add its id. The same commands work as `dr …` in a terminal if Slack is down. Slack sends no commands from threads: type @dr-bot … there.',
    ),
  );
}

function commandLine({ name, usage, summary }: CommandHelp): string {
  return `${typed(name, usage)}   ${escapeSlack(summary)}`;
}

function typed(name: string, usage: string): string {
  return `\`/dr ${escapeSlack([name, usage].filter((part) => part !== '').join(' '))}\``;
}

/** `/dr help run`: one command in full. */
export function renderCommandHelp({
  name,
  usage,
  summary,
  examples,
  who,
  details,
  related = [],
}: CommandHelp): Message {
  const others = related.map((other) => `\`/dr ${escapeSlack(other)}\``).join(', ');
  return message(
    `/dr ${name}: ${escapeSlack(summary)}.`,
    section(
      `*${typed(name, usage)}*`,
      details === undefined ? `${escapeSlack(summary)}.` : escapeSlack(details),
      examples.length === 0
        ? null
        : `Examples:  ${examples.map((example) => `\`${escapeSlack(example)}\``).join('  ·  ')}`,
      `Who may: ${escapeSlack(who)}.${others === '' ? '' : ` Related: ${others}.`}`,
    ),
  );
}

/** Bare `/dr` outside an incident channel. */
export function renderHome(openIncidents: number): Message {
  const open =
    openIncidents === 0
      ? 'no open incidents'
      : openIncidents === 1
        ? '1 open incident'
        : `${openIncidents} open incidents`;
  return message(
    `dr-bot: ${open}.`,
    section(`*dr-bot* · ${open}`),
    actions(
      button('incident.declare', 'Declare incident', {}, { style: 'primary' }),
      openIncidents === 0 ? null : button('incident.list', 'Open incidents', {}),
      button('help.commands', 'All commands', {}),
    ),
  );
}

/** Bare `/dr` in an incident channel: where it stands and what is mostly wanted next. */
export function renderIncidentMenu(view: IncidentView): Message {
  const { incident, plan } = view;
  const ids = { incident: incident.id };
  const run = activeRun(view);
  const { nextAt } = incident.updates;
  const next =
    nextAt === null
      ? null
      : isUpdateLate(view)
        ? `${MARKS.warning.emoji} late: the update was due ${dualInstant(nextAt, incident.declaredAt)}.`
        : `Next update ${dualInstant(nextAt, incident.declaredAt)}.`;
  const status = STATUS_WORDS[incident.status].word;
  const over = nextAt === null;
  return message(
    `${incident.id} ${machine(plan.name)} ${incident.severity}, ${status.toLowerCase()}.`,
    section(
      `*${incident.id} · ${machine(plan.name)} · ${incident.severity} · ${status}.*`,
      next,
      run === null ? null : `${run.run.id}: ${runState(run).words}.`,
    ),
    over
      ? actions(
          button('incident.report', 'Report', ids),
          button('incident.add-note', 'Add note', ids),
          button('help.commands', 'All commands', {}),
        )
      : actions(
          button('update.post', 'Post update', ids, { style: 'primary' }),
          run === null ? button('run.choose', 'Run a runbook', ids) : null,
          button('incident.add-note', 'Add note', ids),
          button('incident.resolve', 'Resolve', ids),
          menu(
            ['Take a role', { do: 'incident.take-role', ...ids }],
            ['Set status', { do: 'incident.set-status', ...ids }],
            ['Change severity', { do: 'incident.change-severity', ...ids }],
            ['All commands', { do: 'help.commands' }],
          ),
        ),
  );
}

/** The way on after a command that does not exist: one suggestion, never run by itself. */
export function useCommandButton(name: string) {
  return button('command.use', `Use /dr ${name}`, { choice: name });
}

import { describe, expect, test } from 'vitest';
import {
  type CommandHelp,
  renderCommandHelp,
  renderHelp,
  renderHome,
  renderIncidentMenu,
  useCommandButton,
} from '../../../src/render/slack/help.ts';
import { parseValue } from '../../../src/render/slack/ids.ts';
import { renderReply } from '../../../src/render/slack/reply.ts';
import { buttonsOf, faultsOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';

const COMMANDS: readonly CommandHelp[] = [
  {
    name: 'declare',
    group: 'Start',
    usage: '[system] [sev] [what is wrong]',
    summary: 'open an incident; with no words, a form',
    examples: ['/dr declare janua sev1 login fails'],
    who: 'anyone',
  },
  {
    name: 'note',
    group: 'Lead',
    usage: 'words',
    summary: 'add to the timeline',
    examples: [],
    who: 'responders in people.yml',
  },
  {
    name: 'run',
    group: 'Recover',
    usage: '[runbook] [key=value …] [--drill]',
    summary: 'preview, then start',
    details: 'Shows what the runbook would do and starts it when you agree.',
    examples: ['/dr run', '/dr run restore-postgres'],
    who: 'responders in people.yml',
    related: ['approve', 'abort'],
  },
  {
    name: 'status',
    group: 'Start',
    usage: '[INC]',
    summary: 'where an incident stands',
    examples: [],
    who: 'anyone',
  },
];

describe('help', () => {
  test('lists every command under its group, in the order of the registry', () => {
    const text = textOf(renderHelp(COMMANDS));

    expect(text).toContain(
      '*Start*\n`/dr declare [system] [sev] [what is wrong]`   open an incident; with no words, a form\n`/dr status [INC]`   where an incident stands',
    );
    expect(text.indexOf('*Start*')).toBeLessThan(text.indexOf('*Lead*'));
    expect(text).toContain('The same commands work as `dr …` in a terminal if Slack is down.');
    expect(faultsOf(renderHelp(COMMANDS))).toEqual([]);
  });

  test('of one command shows how it is typed, examples, who may and what is related', () => {
    const run = COMMANDS[2];

    expect(run && textOf(renderCommandHelp(run))).toContain(
      '*`/dr run [runbook] [key=value …] [--drill]`*\nShows what the runbook would do and starts it when you agree.\nExamples:  `/dr run`  ·  `/dr run restore-postgres`\nWho may: responders in people.yml. Related: `/dr approve`, `/dr abort`.',
    );
  });
});

describe('the bare command', () => {
  test('outside an incident offers to declare one', () => {
    expect(buttonsOf(renderHome(0).blocks).map(({ text }) => text.text)).toEqual([
      'Declare incident',
      'All commands',
    ]);
    expect(renderHome(2).text).toBe('dr-bot: 2 open incidents.');
  });

  test('in an incident channel says where it stands', () => {
    const menu = renderIncidentMenu(storyAt('started').view('02:15:00'));

    expect(textOf(menu)).toContain('*INC-2026-014 · Janua · SEV1 · Investigating.*');
    expect(buttonsOf(menu.blocks).map(({ text }) => text.text)).toEqual([
      'Post update',
      'Add note',
      'Resolve',
    ]);
  });

  test('after the end offers the report', () => {
    expect(buttonsOf(renderIncidentMenu(storyAt('resolved').view('03:30:00')).blocks)[0]?.text.text).toBe(
      'Report',
    );
  });
});

describe('an answer to one person', () => {
  test('has its first words as the fallback and the way on as a button', () => {
    const reply = renderReply(
      ['There is no command "declar". Nothing was done. Did you mean /dr declare?'],
      [useCommandButton('declare')],
    );

    expect(reply.text).toBe('There is no command "declar". Nothing was done. Did you mean /dr declare?');
    expect(buttonsOf(reply.blocks).map(({ text, value }) => [text.text, parseValue(value ?? '')])).toEqual([
      ['Use /dr declare', { choice: 'declare' }],
    ]);
  });
});

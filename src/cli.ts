#!/usr/bin/env node
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Command as Program } from 'commander';
import { commands } from '../commands/index.ts';
import { type App, createApp } from './app.ts';
import { renderAnswer } from './cli-answer.ts';
import { checkFolder, runbookByHand } from './cli-folder.ts';
import { voteFromTerminal } from './cli-vote.ts';
import type { Answer, CommandContext } from './command.ts';
import { readWords } from './command.ts';
import { readConfig } from './config.ts';
import { runDoctor } from './doctor.ts';
import type { Actor } from './domain/events.ts';
import { personById } from './domain/people.ts';
import { isRefusal } from './domain/refusal.ts';
import { AppError, messageOf } from './errors.ts';
import { createLog } from './log.ts';
import { migrate } from './migrate.ts';
import { version } from './version.ts';

/** Exit codes, as docs/operations.md has them. */
const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 5 } as const;

interface Globals {
  readonly as?: string;
  readonly json?: boolean;
  readonly incident?: string;
}

const program = new Program('dr')
  .description(
    'Disaster-recovery plans from a terminal: the same commands as /dr, on the same services, with or without Slack.',
  )
  .version(version)
  .option('--as <person>', 'acting person, an id of people.yml (or DR_PERSON)')
  .option('--incident <id>', 'the incident that is meant')
  .option('--json', 'one JSON object on stdout')
  .enablePositionalOptions()
  .showSuggestionAfterError(true)
  .configureOutput({ outputError: (message, write) => write(message) })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

for (const command of commands) {
  program
    .command(command.name)
    .summary(command.summary)
    .description(
      `${command.summary}\n\nExamples:\n${command.examples.map((example) => `  ${example.replace('/dr', 'dr')}`).join('\n')}`,
    )
    .argument('[words...]')
    .allowUnknownOption()
    .passThroughOptions()
    .action((words: string[]) =>
      main((app, actor, globals) => runCommand(app, actor, globals, command.name, words)),
    );
}

program
  .command('veto <approval> <reason...>')
  .summary('stop an approval; one veto is enough')
  .action((approval: string, reason: string[]) =>
    main(async (app, actor) => {
      const vetoed = await app.approvals.veto(actor, approval.toUpperCase(), reason.join(' '));
      return print(
        app,
        isRefusal(vetoed)
          ? vetoed
          : {
              kind: 'reply',
              what: 'text',
              lines: [`${approval.toUpperCase()} is vetoed. Nothing was changed.`],
            },
        {},
      );
    }),
  );

program
  .command('migrate')
  .summary('create or update tables, queues and grants, as their owner')
  .action(async () => {
    const owner = process.env.DR_DATABASE_OWNER_URL;
    const role = process.env.DR_DATABASE_ROLE;
    if (!owner || !role)
      return fail(
        new AppError(
          'config-invalid',
          'dr migrate needs DR_DATABASE_OWNER_URL (the owner of the tables) and DR_DATABASE_ROLE (the role the bot runs as).',
        ),
      );
    await migrate(owner, role, (message) => process.stderr.write(`${message}\n`)).then(
      () => process.stdout.write('The tables are up to date.\n'),
      fail,
    );
  });

program
  .command('doctor')
  .summary('check tokens, rights, people, clients and clocks; each line ok, or what to type')
  .option('--json', 'one JSON object on stdout')
  .action(({ json }: Globals) =>
    main(
      async (app, _, globals) => {
        const lines = await runDoctor(app);
        const bad = lines.filter(({ ok }) => !ok);
        const text = lines
          .map(({ mark, what, say }) => `${`[${mark}]`.padEnd(6)} ${what}${say === '' ? '' : `: ${say}`}`)
          .join('\n');
        process.stdout.write(json || globals.json ? `${JSON.stringify({ lines })}\n` : `${text}\n`);
        return bad.length === 0 ? EXIT.done : EXIT.refused;
      },
      { start: false },
    ),
  );

const plan = program.commands.find((command) => command.name() === 'plan');
plan
  ?.command('check')
  .summary(
    'check the folder of DR_CONFIG: plans, people, connections; no database is asked, nothing is loaded',
  )
  .option('--json', 'one JSON object on stdout')
  .action(({ json }: Globals) =>
    atOnce(async () => {
      const { plans, faults } = await checkFolder(process.env);
      if (json === true || program.opts<Globals>().json === true)
        process.stdout.write(`${JSON.stringify({ plans, faults })}\n`);
      else {
        for (const { system, runbooks, warnings } of plans) {
          process.stdout.write(`[ok]   ${system}: ${runbooks} runbooks\n`);
          for (const warning of warnings) process.stdout.write(`[warn] ${warning}\n`);
        }
        for (const fault of faults) process.stderr.write(`${fault}\n`);
      }
      return faults.length === 0 ? EXIT.done : EXIT.refused;
    }),
  );
plan
  ?.command('load')
  .summary('put the plans and people of DR_CONFIG in force')
  .action(() =>
    main(async (app, actor) => {
      const loaded = await app.loadPlans(actor.person ?? userInfo().username);
      for (const { name, digest, changed } of loaded)
        process.stdout.write(
          `[ok]   ${name}@${digest.slice(0, 7)} ${changed ? 'is in force now' : 'was in force already'}\n`,
        );
      for (const fault of app.folder.faults) process.stderr.write(`${fault}\n`);
      if (app.folder.faults.length > 0)
        process.stderr.write('The last good version of a plan with faults stays in force.\n');
      return app.folder.faults.length === 0 ? EXIT.done : EXIT.refused;
    }),
  );
plan
  ?.command('show [system]')
  .summary('scenarios and runbooks of a plan')
  .action((system?: string) =>
    main((app, actor, globals) =>
      runCommand(app, actor, globals, 'plan', system === undefined ? [] : [system]),
    ),
  );
plan
  ?.command('export <system> <runbook>')
  .summary('a runbook with its exact commands as Markdown, for the day the bot is gone')
  .action((system: string, runbook: string) =>
    atOnce(async () => {
      process.stdout.write(await runbookByHand(process.env, system, runbook));
      return EXIT.done;
    }),
  );

await program.parseAsync();

type Work = (app: App, actor: Actor, globals: Globals) => Promise<number>;

/** Builds the app, runs one piece of work, closes everything. */
async function main(work: Work, options: { start?: boolean } = {}): Promise<void> {
  const globals: Globals = program.opts();
  let app: App | undefined;
  try {
    const config = readConfig({ ...process.env, DR_SLACK_MODE: process.env.DR_SLACK_MODE ?? 'off' });
    app = await createApp(config, createLog(process.env.DR_LOG_LEVEL ?? 'error'), { role: 'cli' });
    // The doctor looks at a database that may be away: it must not need the queue.
    if (options.start !== false) await app.start();
    process.exitCode = await work(app, actorOf(app, globals), globals);
  } catch (error) {
    fail(error);
  } finally {
    await app?.close().catch(() => {});
  }
}

/** The same without an app: what needs the folder alone. */
async function atOnce(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    fail(error);
  }
}

/** Who acts: named by --as or DR_PERSON. A name alone does what one person may; where two are needed it is not enough. */
function actorOf(app: App, globals: Globals): Actor {
  const named = globals.as ?? process.env.DR_PERSON;
  const account = userInfo().username;
  if (named === undefined) return { person: null, via: 'cli', account };
  if (personById(app.folder.people, named) === undefined) {
    throw new AppError(
      'config-invalid',
      `"${named}" is not in people.yml. Known: ${Object.keys(app.folder.people.people).join(', ')}.`,
    );
  }
  return { person: named, via: 'cli', account };
}

async function runCommand(
  app: App,
  actor: Actor,
  globals: Globals,
  name: string,
  words: readonly string[],
): Promise<number> {
  const context = await contextOf(app, actor, globals.incident ?? null);
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return EXIT.usage;
  const { json, rest } = takeOptions(words);
  const input = readWords(rest);
  const answer = await command.run(context, input);
  const shown = { ...globals, json: globals.json === true || json };
  if (!isRefusal(answer) && answer.kind === 'reply' && answer.what === 'approval')
    return voteFromTerminal(app, actor, answer, input);
  if (isRefusal(answer) || answer.kind !== 'reply' || answer.what !== 'preview')
    return print(app, answer, shown);
  const blocked = answer.preview.blocked.length > 0;
  if (input.flags.has('dry-run')) {
    const exit = await print(app, answer, shown);
    return blocked ? EXIT.refused : exit;
  }
  if (!shown.json || !process.stdin.isTTY) await print(app, answer, shown);
  const question = blocked ? 'Start the steps before that all the same?' : 'Start this run?';
  if (await agrees(`${question} Type yes: `))
    return print(
      app,
      await command.run(context, { ...input, flags: new Set([...input.flags, 'yes']) }),
      shown,
    );
  process.stderr.write('Nothing was started. To start it without a question, add --yes.\n');
  return EXIT.refused;
}

async function contextOf(app: App, actor: Actor, incident: string | null): Promise<CommandContext> {
  const { incidents, runs, approvals, views, queries, backups, tools } = app;
  return {
    actor,
    people: await queries.people(),
    incident: incident?.toUpperCase() ?? null,
    canAsk: false,
    incidents,
    runs,
    approvals,
    views,
    queries,
    backups,
    tools,
    commands,
  };
}

/** `--json` may also stand behind the command. */
function takeOptions(words: readonly string[]): { json: boolean; rest: readonly string[] } {
  return { json: words.includes('--json'), rest: words.filter((word) => word !== '--json') };
}

async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await reader.question(question);
  reader.close();
  return typed.trim() === 'yes';
}

async function print(app: App, answer: Answer, globals: Globals): Promise<number> {
  const { text, data, exit } = renderAnswer(answer, app.folder.people, commands, await app.queries.now());
  if (globals.json) process.stdout.write(`${JSON.stringify(data)}\n`);
  else (exit === EXIT.done ? process.stdout : process.stderr).write(`${text}\n`);
  return exit;
}

function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error)}\n`);
  if (error instanceof AppError)
    for (const detail of error.details)
      if (!error.message.includes(detail)) process.stderr.write(`  ${detail}\n`);
  process.exitCode = error instanceof AppError && error.retry === 'later' ? EXIT.unreachable : EXIT.refused;
}

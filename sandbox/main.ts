import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startBot } from './bot.ts';
import { startPage } from './page/page.ts';
import { MissingProgramsError } from './programs.ts';
import { startWorld, type World } from './world.ts';

/** `npm run sandbox`: the pretend world with the real bot in it and a page to look at both, until Ctrl-C. */
const say = (line: string) => process.stdout.write(`${line}\n`);

/** How to end what has begun, the last first. */
const endings: (() => Promise<unknown>)[] = [];
const stopping = new AbortController();

async function start(): Promise<void> {
  const { signal } = stopping;
  const world = await begin(
    startWorld({ log: say, yes: process.argv.includes('--yes'), watched: true, signal }),
  );
  const bot = await begin(startBot(world, { watch: 'on' }));
  const page = await begin(startPage({ world, bot }));
  say('Nothing here is real, and all of it is gone after Ctrl-C.');
  say(`The bot in a terminal: . ${await writeTerminal(world)} && npm run -s dr -- status`);
  say(`Sandbox ready: ${page.url}   (Ctrl-C stops everything and removes its files)`);
}

/** What comes up after Ctrl-C is ended as well, and nothing is begun after it. */
async function begin<Part extends { stop(): Promise<unknown> }>(starting: Promise<Part>): Promise<Part> {
  const part = await starting;
  endings.unshift(() => part.stop());
  stopping.signal.throwIfAborted();
  return part;
}

async function end(code: number): Promise<never> {
  for (const ending of endings)
    await ending().catch((error: unknown) => say(`could not stop a part: ${error}`));
  process.exit(code);
}

/** A file for a shell: who Ana is at a terminal, and where her bot is. */
async function writeTerminal(world: World): Promise<string> {
  const file = join(world.folder.path, 'terminal');
  const { PATH: _ofTheBot, ...env } = world.env;
  const words = { ...env, DR_SLACK_MODE: 'off', DR_PERSON: 'ana', DR_SSH_KEY: world.sshKeys.ana ?? '' };
  const lines = Object.entries(words).map(([name, value]) => `export ${name}='${value}'\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return file;
}

const started = start();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    say('Stopping. This takes a few seconds.');
    void started.catch(() => undefined).then(() => end(0));
  });
started.catch(async (error: unknown) => {
  if (stopping.signal.aborted) return;
  stopping.abort();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await end(error instanceof MissingProgramsError ? error.exitCode : 1);
});

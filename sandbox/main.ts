import { startBot } from './bot.ts';
import { MissingProgramsError } from './programs.ts';
import { startWorld } from './world.ts';

/** `npm run sandbox`: the pretend world with the real bot in it, until Ctrl-C. */
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const world = await startWorld({ log: say, yes: process.argv.includes('--yes') });
  const end = async (code: number) => {
    await world.stop();
    process.exit(code);
  };
  process.once('SIGINT', () => void bot.then((running) => running.stop()).finally(() => end(0)));
  process.once('SIGTERM', () => void bot.then((running) => running.stop()).finally(() => end(0)));
  const bot = startBot(world).catch(async (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await end(1);
    throw error;
  });
  const running = await bot;
  say('');
  say('The bot is up. Nothing here is real, and all of it is gone after Ctrl-C.');
  say(`  health            ${running.healthUrl()}`);
  say(`  Janua             ${world.app.url}/health`);
  say(`  configuration     ${world.configDir}`);
  say('  a terminal of the bot, in another shell:');
  say(
    `    ${Object.entries({
      ...world.env,
      DR_SLACK_MODE: 'off',
      DR_PERSON: 'ana',
      DR_SSH_KEY: world.sshKeys.ana ?? '',
    })
      .filter(([name]) => name !== 'PATH')
      .map(([name, value]) => `export ${name}='${value}'`)
      .join('\n    ')}`,
  );
  say('    npm run -s dr -- declare janua sev1 "Sign-in fails for most customers"');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof MissingProgramsError ? error.exitCode : 1);
}

import { startBot } from './bot.ts';
import { playStory } from './demo/story.ts';
import { MissingProgramsError } from './programs.ts';
import { startWorld } from './world.ts';

/**
 * `npm run demo [-- --json]`: the main job played through the pretend workspace without a person. Exit 0 only if every
 * value was checked against the real database, cluster, bucket and workspace.
 */
const json = process.argv.includes('--json');
const began = Date.now();
const tell = (line: string) =>
  process[json ? 'stderr' : 'stdout'].write(
    `${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}\n`,
  );

try {
  const world = await startWorld({ yes: process.argv.includes('--yes'), log: () => {} });
  try {
    tell(
      'A pretend company is up: Slack, a cluster, two PostgreSQL servers, S3, SNS, Redis, and Janua with 214,718 rows.',
    );
    const bot = await startBot(world);
    tell('The bot is up.');
    const summary = await playStory(world, bot, tell).catch((error: unknown) => {
      process.stderr.write(`\nThe last lines of the bot:\n${bot.lines.slice(-15).join('\n')}\n`);
      throw error;
    });
    await bot.stop();
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stdout.write(`\n${JSON.stringify(summary, null, 2)}\n`);
  } finally {
    await world.stop();
  }
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof MissingProgramsError ? error.exitCode : 1);
}

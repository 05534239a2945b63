import { startBot } from './bot.ts';
import { playFailover } from './demo/failover.ts';
import { playRollback } from './demo/rollback.ts';
import { playStory } from './demo/story.ts';
import { MissingProgramsError } from './programs.ts';
import { startWorld } from './world.ts';

/**
 * `npm run demo [-- restore|failover|rollback|backups] [--json]`: a whole incident played through the pretend workspace
 * without a person, or a month of the backup watch. Exit 0 only if every value was checked against the real databases,
 * cluster, bucket and workspace.
 */
const [name = 'restore'] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const json = process.argv.includes('--json');
const began = Date.now();
const tell = (line: string) =>
  process[json ? 'stderr' : 'stdout'].write(
    `${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}\n`,
  );
const options = { yes: process.argv.includes('--yes'), log: () => {} };

const demos: Readonly<Record<string, () => Promise<unknown>>> = {
  restore: async () =>
    withBot(
      await startWorld({ ...options, platforms: ['janua'] }),
      'Slack, a cluster, two PostgreSQL servers, S3, SNS, Redis, and Janua with 214,718 rows',
      playStory,
    ),
  failover: async () => withBot(await startWorld({ ...options, platforms: ['veza'] }), VEZA, playFailover),
  rollback: async () => withBot(await startWorld({ ...options, platforms: ['veza'] }), VEZA, playRollback),
  // The bot's own code is in it, which the other demos start as a process.
  backups: async () => (await import('./demo/backups-world.ts')).playWatch(options, tell),
};
const VEZA = 'Slack, a cluster, and Veza with a primary, a streaming standby and three releases';

/** Plays a story with the real bot; the world is gone afterwards, whatever happened. */
async function withBot<Some extends Parameters<typeof startBot>[0]>(
  world: Some,
  what: string,
  play: (world: Some, bot: Awaited<ReturnType<typeof startBot>>, say: typeof tell) => Promise<unknown>,
): Promise<unknown> {
  try {
    tell(`A pretend company is up: ${what}.`);
    const bot = await startBot(world);
    tell('The bot is up.');
    return await play(world, bot, tell)
      .catch((error: unknown) => {
        process.stderr.write(`\nThe last lines of the bot:\n${bot.lines.slice(-15).join('\n')}\n`);
        throw error;
      })
      .finally(bot.stop);
  } finally {
    await world.stop();
  }
}

try {
  const demo = demos[name];
  if (demo === undefined) {
    process.stderr.write(`There is no demo "${name}". Demos: ${Object.keys(demos).join(', ')}.\n`);
    process.exit(2);
  }
  const summary = await demo();
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : `\n${JSON.stringify(summary, null, 2)}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof MissingProgramsError ? error.exitCode : 1);
}

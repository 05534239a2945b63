import { z } from 'zod';
import { startBot } from '../../sandbox/bot.ts';
import { unbrokenLog } from '../../sandbox/demo/chain.ts';
import { showRun } from '../../sandbox/demo/room.ts';
import { countBefore } from '../../sandbox/demo/watch.ts';
import { totalRows } from '../../sandbox/janua/janua.ts';
import { startPage } from '../../sandbox/page/page.ts';
import { startWorld } from '../../sandbox/world.ts';
import { startBrowser } from './page-browser.ts';

const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });
const Run = z.object({
  outcome: z.string().nullable(),
  approvals: z.array(z.object({ votes: z.array(z.object({ person: z.string() })) })),
});

/** A whole sandbox, as `npm run sandbox` starts it, and a browser before it. */
export async function startSandbox() {
  const endings: (() => Promise<unknown>)[] = [];
  const begin = async <Part>(starting: Promise<Part>, end: (part: Part) => Promise<unknown>) => {
    const part = await starting;
    endings.unshift(() => end(part));
    return part;
  };
  const stop = async () => {
    for (const end of endings) await end();
  };

  try {
    const world = await begin(startWorld({ yes: true, watched: true }), (part) => part.stop());
    const bot = await begin(startBot(world, { watch: 'on' }), (part) => part.stop());
    const { url } = await begin(startPage({ world, bot, port: 0 }), (part) => part.stop());
    const browser = await begin(startBrowser(), (part) => part.close());
    const replicas = (name: string) =>
      Deployment.parse(world.kubernetes.control.get('deployments', 'janua', name)).spec.replicas;

    /** What the visitor left behind, asked of the world itself and of the bot's own rows, and of no page. */
    async function facts() {
      const shown = Run.parse(await showRun(bot, 'RUN-1'));
      await unbrokenLog(world, bot);
      return {
        // Every row of the backup is older than the world; what Janua wrote afterwards is left out.
        isWhole: (await countBefore(world, world.now)) === totalRows(world.janua.truth.rowsInNewestGood),
        replicas: { api: replicas('janua-api'), worker: replicas('janua-worker') },
        isUp: world.prober.isUp(),
        outcome: shown.outcome,
        /** Cards of the backup watch, whatever became of them. */
        alerts: world.slack
          .messages('#incidents')
          .filter((message) => world.slack.textOf(message).startsWith('Backup alert')).length,
        votes: shown.approvals.map(({ votes }) => votes.map(({ person }) => person)),
      };
    }

    return { world, bot, url, browser, facts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `facts` are when the job was done. */
export const done = {
  isWhole: true,
  replicas: { api: 4, worker: 2 },
  isUp: true,
  outcome: 'done',
  alerts: 0,
  votes: [['ana', 'ben']],
};

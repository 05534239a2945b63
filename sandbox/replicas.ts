import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Bot, startBot } from './bot.ts';
import { createTerminal } from './terminal.ts';
import { type BaseWorld, startWorld, type WorldOptions } from './world.ts';

/** One look of a replica at the pretend service, as the service saw it. */
export interface Look {
  readonly replica: string;
  readonly at: number;
}

export type Replicas = Awaited<ReturnType<typeof startReplicas>>;

const Named = z.object({ replica: z.string() });

/**
 * Several bots on one database, and a service that one of them watches: a step that only looks, for as long as it is told,
 * so that who works and since when is seen from outside. Every replica says its name with each look.
 */
export async function startReplicas(options: {
  /** How often the step `watch` looks before it is done, once a second. */
  readonly looks: number;
  readonly slack?: 'socket' | 'off';
  readonly world?: WorldOptions;
  /** Another way to the bot's database than straight. */
  readonly way?: (world: BaseWorld) => Promise<string>;
}) {
  const looks: Look[] = [];
  const service = createServer(async (request, response) => {
    const { replica } = Named.parse(await new Response(request as never).json());
    looks.push({ replica, at: performance.now() });
    response.end('{}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const address = service.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const world = await startWorld({ ...options.world, platforms: [] });
  const host = `127.0.0.1:${port}`;
  const connections = {
    http: { allow: [host], post: [`${host}/look`] },
    secrets: { replica: 'env:REPLICA' },
  };
  await writeFile(join(world.configDir, 'connections.yml'), stringify(connections));
  await writeFile(
    join(world.configDir, 'plans', 'demo.yml'),
    stringify(planOf(`http://${host}`, options.looks), { aliasDuplicateObjects: false }),
  );
  const DR_DATABASE_URL = (await options.way?.(world)) ?? world.env.DR_DATABASE_URL;
  const bots = new Map<string, Bot>();

  /** Starts a replica of that name, or starts it anew where it has ended. */
  async function start(name: string): Promise<Bot> {
    const known = bots.get(name);
    if (known !== undefined) {
      if (!known.isRunning()) await known.restart();
      return known;
    }
    const bot = await startBot(
      { ...world, env: Object.assign({ ...world.env }, { DR_DATABASE_URL, REPLICA: name }) },
      { slack: options.slack ?? 'off' },
    );
    bots.set(name, bot);
    return bot;
  }

  /** The first look that passes and is not older than `since`. */
  async function nextLook(passes: (look: Look) => boolean, since = performance.now()): Promise<Look> {
    for (const deadline = performance.now() + 60_000; ; await sleep(5)) {
      const found = looks.find((look) => look.at >= since && passes(look));
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error('No replica looked at the service for 60 s.');
    }
  }

  /** Ends the replica that works. Resolves with the time until another one goes on, in ms. */
  async function takeOver(
    how: 'SIGKILL' | 'SIGTERM',
  ): Promise<{ readonly ms: number; readonly ended: string }> {
    const { replica } = await nextLook(() => true);
    const began = performance.now();
    const bot = bots.get(replica);
    const gone = how === 'SIGKILL' ? bot?.kill() : bot?.terminate();
    const { at } = await nextLook((look) => look.replica !== replica, began);
    await gone;
    return { ms: Math.round(at - began), ended: replica };
  }

  return {
    world,
    bots,
    looks,
    start,
    nextLook,
    takeOver,
    people: (bot: Bot) => createTerminal(world, bot),
    async stop(): Promise<void> {
      await Promise.all([...bots.values()].map((bot) => bot.stop()));
      service.closeAllConnections();
      service.close();
      await world.stop();
    },
  };
}

function planOf(url: string, looks: number) {
  const watch = {
    id: 'watch',
    title: 'Watch the service',
    uses: 'http.check',
    with: {
      url: `${url}/look`,
      method: 'POST',
      secrets: { replica: 'replica' },
      successes: looks,
      every: '1s',
    },
  };
  return {
    system: 'demo',
    name: 'Demo',
    owner: 'Platform',
    objectives: { rto: '1h', rpo: '5m' },
    components: [{ id: 'app', name: 'App', kind: 'kubernetes' }],
    approvals: { approvers: ['ana', 'ben', 'mina'] },
    runbooks: {
      watch: { title: 'Watch the demo', component: 'app', steps: [watch] },
      look: {
        title: 'Look at the demo',
        component: 'app',
        steps: ['first', 'second', 'third'].map((id) => ({
          ...watch,
          id,
          title: `Look for the ${id} time`,
          with: { ...watch.with, successes: 1 },
        })),
      },
    },
  };
}

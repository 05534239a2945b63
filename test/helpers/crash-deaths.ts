import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import type { World } from '../../sandbox/world.ts';
import { endOf, type Place, spellOf } from './crash-places.ts';

/** One process of the bot. */
export interface Worker {
  readonly pid: number;
  /** The signal that it ended by; null where it just ended. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** The hops it passed, oldest first. */
  passed(): Promise<readonly string[]>;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Processes of one bot that die at places of a trace, one after the other, and nothing else of the world with them. */
export function createDeaths(world: World, bot: Bot) {
  const living = new Set<Worker>();
  let launched = 0;

  async function launch(env: Readonly<Record<string, string>> = {}): Promise<Worker> {
    const trace = join(world.folder.path, `trace-${++launched}`);
    const { child, ended } = await bot.launch({ ...env, DR_HOP_TRACE: trace });
    const worker: Worker = {
      pid: child.pid ?? 0,
      ended: ended.then(() => {
        living.delete(worker);
        return child.signalCode;
      }),
      passed: async () => {
        const text = await readFile(trace, 'utf8').catch(() => '');
        return text
          .split('\n')
          .slice(0, -1)
          .map((line) => line.slice(line.indexOf(':') + 1));
      },
      end: async (signal: NodeJS.Signals) => {
        child.kill(signal);
        await ended;
      },
    };
    living.add(worker);
    return worker;
  }

  /** What the queue does with the jobs of a dead worker ten seconds after its last heartbeat, which is measured elsewhere. */
  async function releaseJobs(): Promise<void> {
    await queryOnce(
      world.bot.superuserUrl,
      "update pgboss.job set state = 'retry', start_after = now(), heartbeat_on = null where state = 'active'",
    );
  }

  /** Plays a story that nobody disturbs. Returns its trace. */
  async function undisturbed(play: () => Promise<unknown>): Promise<readonly string[]> {
    const worker = await launch();
    await play();
    await worker.end('SIGTERM');
    return worker.passed();
  }

  /**
   * Plays a story whose worker dies at each of `places` that it comes to, once, and is followed by the next one. Returns at
   * which they died; the last worker is ended with the story.
   */
  async function disturbed(
    places: readonly Place[],
    play: () => Promise<unknown>,
  ): Promise<readonly Place[]> {
    const died: Place[] = [];
    let over = false;
    const playing = play().finally(() => {
      over = true;
    });
    // It is waited for in the end; until then it must not end the process.
    playing.catch(() => undefined);

    while (!over) {
      const left = places.filter((place) => !died.includes(place));
      const worker = await launch(left.length > 0 ? { DR_HOP_KILL: left.map(spellOf).join(',') } : {});
      const ended = worker.ended.then((how) => how ?? 'no signal');
      let how: string | undefined;
      while (!over && how === undefined) how = await Promise.race([ended, sleep(25, undefined)]);
      if (how === undefined) await worker.end('SIGKILL');
      else died.push(await placeOfDeath(worker, how, left));
      await releaseJobs();
    }
    await playing;
    return died;
  }

  async function placeOfDeath(worker: Worker, how: string, places: readonly Place[]): Promise<Place> {
    const place = how === 'SIGKILL' ? endOf(await worker.passed(), places) : undefined;
    if (place !== undefined) return place;
    throw new Error(`The bot ended by ${how} where it should not:\n${bot.lines.slice(-20).join('\n')}`);
  }

  const stop = () => Promise.all([...living].map((worker) => worker.end('SIGKILL')));

  return { launch, releaseJobs, undisturbed, disturbed, stop };
}

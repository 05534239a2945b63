import type { Bot } from '../bot.ts';
import type { World } from '../world.ts';
import { createBreaks } from './breaks.ts';
import type { Answer, WorldAct, WorldShown } from './contract.ts';
import { createFacts } from './facts.ts';
import { createGuide } from './guide.ts';
import { createPageClock } from './page-clock.ts';
import { createPlayer } from './player.ts';
import type { WorldSide } from './server.ts';
import { JANUA, sourcesOf } from './sources.ts';
import { createTraffic } from './traffic.ts';

const SAID_KEPT = 20;
const LOOK_MS = 1_000;

/** Everything on the page that is not the workspace: facts, things to break, the clock, the guide and its player. */
export function createWorldSide({ world, bot }: { world: World; bot: Bot }): WorldSide {
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const said: { at: string; text: string }[] = [];
  const clock = createPageClock({ world, bot });
  const breaks = createBreaks({ world, bot, clock });
  const facts = createFacts(sourcesOf(world), () => {
    breaks.dataSeen(facts.stateOf(JANUA));
    changed();
  });
  const traffic = createTraffic(world.slack);
  const guide = createGuide({ slack: world.slack, facts, breaks, clock });
  const player = createPlayer({ slack: world.slack, bot, facts, guide, clock, act: perform, changed });

  let starting = false;
  let stopLooking = () => {};
  let last: Promise<unknown> = Promise.resolve();

  async function say(text: string): Promise<void> {
    const at = await clock.now();
    const time = at.toISOString().slice(11, 19);
    said.unshift({ at: at.toISOString(), text: `${text.replace(/\.$/, '')} at ${time}.` });
    said.splice(SAID_KEPT);
    changed();
  }

  /** One after the other: two accidents at once would undo each other. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function carryOut(act: Exclude<WorldAct, { do: 'play' }>): Promise<string> {
    if (act.do === 'clock') return clock.letPass(act.ms);
    if (act.do === 'break') return breaks.break(act.name);
    starting = act.name === 'bot';
    try {
      return await breaks.mend(act.name);
    } finally {
      starting = false;
    }
  }

  function look(): () => void {
    const stopFacts = facts.watch();
    const timer = setInterval(() => void clock.look().then(changed), LOOK_MS);
    return () => {
      stopFacts();
      clearInterval(timer);
    };
  }

  async function perform(act: WorldAct): Promise<Answer> {
    if (act.do === 'play') return player.play();
    const text = await inTurn(() => carryOut(act));
    await say(text);
    return { ok: true, said: said[0]?.text ?? text };
  }

  return {
    perform,
    guide: () => ({ ...guide.shown(), ...player.shown() }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watched(isWatched) {
      stopLooking();
      stopLooking = isWatched ? look() : () => {};
    },
    shown: (): WorldShown => ({
      now: clock.shown().toISOString(),
      slack: world.slack.faults.isOut() ? 'down' : 'up',
      bot: starting ? 'starting' : bot.isRunning() ? 'up' : 'down',
      sections: facts.sections(),
      breaks: breaks.shown(),
      said,
      traffic: traffic(),
    }),
  };
}

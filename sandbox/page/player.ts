import { setTimeout as sleep } from 'node:timers/promises';
import type { Bot } from '../bot.ts';
import { until } from '../demo/check.ts';
import { askForReport, hasCounted, restore, watches } from '../demo/restore.ts';
import { declare, inRoom, roomOf } from '../demo/room.ts';
import type { Slack } from '../slack/index.ts';
import type { Answer, WorldAct } from './contract.ts';
import type { createFacts } from './facts.ts';
import type { Guide, StepTitle } from './guide.ts';
import type { PageClock } from './page-clock.ts';

type Deps = {
  slack: Slack;
  bot: Pick<Bot, 'lines'>;
  facts: Pick<ReturnType<typeof createFacts>, 'watch'>;
  guide: Guide;
  clock: Pick<PageClock, 'now'>;
  act(act: Exclude<WorldAct, { do: 'play' }>): Promise<Answer>;
  changed(): void;
};

/** Time to read what just happened. */
const READ_MS = 2_000;
const PATIENCE_MS = 90_000;
const HALF_HOUR_MS = 30 * 60_000;

/**
 * Plays what is left of the guide, by the same people, buttons and dialogs that a visitor has. When it cannot go on, it says
 * where it stopped, and the visitor can.
 */
export function createPlayer({ slack, bot, facts, guide, clock, act, changed }: Deps) {
  const [ana, ben, dan] = [slack.person('ana'), slack.person('ben'), slack.person('dan')];
  let now: string | null = null;
  let playing = false;

  async function tell(text: string): Promise<void> {
    now = text;
    changed();
    await sleep(READ_MS);
  }

  /** The channel that a visitor, or the player, has opened so far. */
  function room() {
    const announced = slack.messages('#incidents').findLast((message) => /INC-/.test(slack.textOf(message)));
    const incident = announced && slack.textOf(announced).match(/INC-\d{4}-\d{3,}/)?.[0];
    const name = incident && roomOf(slack, incident);
    if (incident === undefined || name === undefined) throw new Error('There is no channel of an incident.');
    return inRoom(slack, incident, name);
  }

  const parts: readonly (readonly [StepTitle, string, () => Promise<void>])[] = [
    ['Break something.', 'A cleaning script deletes rows of Janua.', breakSomething],
    ['Declare an incident.', 'Ana declares an incident in #incidents and takes command.', declareIt],
    [
      'Take command.',
      'Ana takes command.',
      async () => void (await ana.pressNewest('#incidents', 'Take command')),
    ],
    ['Start the restore.', 'Ana chooses the runbook, reads its preview and starts it.', startIt],
    [
      'Approve, twice.',
      'The run finds, fetches, verifies and restores a backup beside the live database.',
      approveIt,
    ],
    [
      'See it come back.',
      'Everything that writes is stopped, the databases are swapped, and it starts again.',
      async () => {},
    ],
    ['Let 30 minutes pass.', 'Half an hour passes.', letTimePass],
    ['Close it.', 'Ana resolves the incident and asks for its report.', closeIt],
  ];

  async function breakSomething(): Promise<void> {
    await until(async () => hasCounted(bot.lines), 'the bot to count the rows');
    await act({ do: 'break', name: 'delete-rows' });
  }

  async function declareIt(): Promise<void> {
    await declare(slack, ana, restore.declared, await clock.now());
  }

  async function startIt(): Promise<void> {
    await room().startRunbook(ana, restore.runbook);
  }

  async function approveIt(): Promise<void> {
    const at = room();
    for (const [step, evidence] of restore.questions) {
      await at.markDone(ana, step, evidence);
      await tell(`Ana answers: ${step}.`);
    }
    const card = await at.approvalCard(restore.approval);
    await tell('The card asks two people. Ana approves: one of two.');
    await at.approve(ana, 'ana', card);
    await tell('Ana presses again: refused, it still counts once.');
    await at.approve(ana, 'ana', card);
    slack.join('dan', at.room);
    await tell('Dan presses: refused, he is no approver.');
    await at.approve(dan, 'dan', card);
    await tell('Ben approves: two of two.');
    await at.approve(ben, 'ben', card);
  }

  async function letTimePass(): Promise<void> {
    await room().waitFor((text) => watches('RUN-')(text), 'the watch after the cut-over');
    await act({ do: 'clock', ms: HALF_HOUR_MS });
    await tell('An update appears by itself.');
  }

  async function closeIt(): Promise<void> {
    const at = room();
    await at.resolve(ana, restore.cause);
    await askForReport(slack, ana, at.room);
  }

  async function playAll(): Promise<void> {
    for (const [title, says, part] of parts) {
      if (guide.isDone(title)) continue;
      await tell(says);
      try {
        // A part may have done the next one too, or a visitor was faster.
        if (!guide.isDone(title)) await part();
        await until(async () => guide.isDone(title), `"${title}"`, PATIENCE_MS);
      } catch (error) {
        const [why = ''] = String(error instanceof Error ? error.message : error).split('\n');
        now = `Stopped at "${title}" ${why.replace(/\.?$/, '.')} Go on by hand, or press Play it for me again.`;
        return;
      }
    }
    now = null;
  }

  return {
    /** Answers at once, and plays on. */
    play(): Answer {
      if (playing) return { ok: false, error: 'It is playing already.' };
      playing = true;
      const stopWatching = facts.watch();
      void playAll().finally(() => {
        stopWatching();
        playing = false;
        changed();
      });
      return { ok: true, said: null };
    },

    shown: () => ({ playing, playingNow: now }),
  };
}

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { createDeaths, Worker } from './crash-deaths.ts';
import { endOf, type Place, spellOf } from './crash-places.ts';

/** A worker that woke up has done what it will do when it passes nothing for so long: twice its look at the claim. */
const QUIET_MS = 1_000;

/** Where a worker slept, and what it did after it woke up too late. */
export interface Pause {
  readonly place: Place;
  /** It was sending a message when it fell asleep. The next one did not find that in the channel, and nothing can call it back. */
  readonly sent: boolean;
}

/**
 * Plays a story whose worker is paused at each of `places` that it comes to. The next one takes its job over and goes on
 * until it sleeps at the next place; then the one before wakes up in the middle of what it was about to do.
 */
export async function withPauses(
  deaths: ReturnType<typeof createDeaths>,
  places: readonly Place[],
  play: () => Promise<unknown>,
): Promise<readonly Pause[]> {
  const pauses: Pause[] = [];
  const seen: Place[] = [];
  let over = false;
  const playing = play().finally(() => {
    over = true;
  });
  // It is waited for in the end; until then it must not end the process.
  playing.catch(() => undefined);

  let sleeper: { readonly worker: Worker; readonly place: Place } | undefined;
  while (!over) {
    const left = places.filter((place) => !seen.includes(place));
    const worker = await deaths.launch(left.length > 0 ? { DR_HOP_STOP: left.map(spellOf).join(',') } : {});
    while (!over && !(await isPaused(worker))) await sleep(25);
    if (sleeper !== undefined) pauses.push({ place: sleeper.place, sent: await wake(sleeper.worker) });
    sleeper = undefined;
    if (over) await worker.end('SIGKILL');
    else {
      const place = endOf(await worker.passed(), left);
      if (place === undefined) throw new Error('A worker is paused where it should not be.');
      seen.push(place);
      sleeper = { worker, place };
    }
    await deaths.releaseJobs();
  }
  await playing;
  return pauses;
}

async function isPaused({ pid }: Worker): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^\d+ \(.*\) [Tt] /.test(status);
}

async function wake(worker: Worker): Promise<boolean> {
  const slept = (await worker.passed()).length;
  process.kill(worker.pid, 'SIGCONT');
  let passed = slept;
  for (let quiet = Date.now(); Date.now() - quiet < QUIET_MS; await sleep(50)) {
    const now = (await worker.passed()).length;
    if (now !== passed) quiet = Date.now();
    passed = now;
    // It is a replica like any other now; what it does besides is not waited for.
    if (passed - slept > 200) break;
  }
  await worker.end('SIGKILL');
  return (await worker.passed()).slice(slept).includes('slack.chat.postMessage:after');
}

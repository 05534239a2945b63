import { setTimeout as sleep } from 'node:timers/promises';
import { startReplicas } from '../sandbox/replicas.ts';
import { median } from './median.ts';

const SAMPLES = 20;
/** More than an attempt ever gets to: the step is still going on whenever its worker is ended. */
const LOOKS = 100;
/** As in src/queue/boss.ts. */
const HEARTBEAT_EVERY_MS = 4_000;

/**
 * Two replicas on one database, one of them in the middle of a step: it is ended, and the time is taken until the other
 * one is seen to work. First by kill -9, then by an orderly stop; all in one run, whose worker so ends forty times.
 */
export async function takeover() {
  const replicas = await startReplicas({ looks: LOOKS });
  try {
    const bot = await replicas.start('one');
    await replicas.start('two');
    await replicas.people(bot).startRun('ana', ['demo', 'sev2', 'The demo is slow'], 'watch');
    const measure = async (how: 'SIGKILL' | 'SIGTERM') => {
      const ms: number[] = [];
      for (let sample = 0; sample < SAMPLES; sample++) {
        // At any moment between two heartbeats.
        await sleep(Math.random() * HEARTBEAT_EVERY_MS);
        const taken = await replicas.takeOver(how);
        ms.push(taken.ms);
        await replicas.start(taken.ended);
      }
      return { medianMs: median(ms), maxMs: Math.max(...ms), samplesMs: ms };
    };
    const killed = await measure('SIGKILL');
    const stopped = await measure('SIGTERM');
    return { bench: 'takeover', killed, stopped };
  } finally {
    await replicas.stop();
  }
}

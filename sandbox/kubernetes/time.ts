import { performance } from 'node:perf_hooks';

export type Time = ReturnType<typeof createTime>;

/**
 * The cluster's one time: real time and what it was moved by. `date` is written into objects, `ms` measures how long
 * things take.
 */
export function createTime(clock: () => Date) {
  let movedMs = 0;
  return {
    date: () => new Date(clock().getTime() + movedMs),
    ms: () => performance.now() + movedMs,
    move(ms: number): void {
      movedMs += ms;
    },
  };
}

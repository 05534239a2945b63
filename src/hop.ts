import { appendFileSync } from 'node:fs';

/**
 * Marks a place where dying matters (around commit, action.run, each client call, in the queue worker). Does nothing
 * in production. With DR_HOP_TRACE each pass is written to that file; with DR_HOP_KILL the process dies by SIGKILL at the
 * first of some places, with DR_HOP_STOP it is paused there by SIGSTOP, as the crash harness asks. A place is `n:name`,
 * the n-th pass of that name, as in the trace, or `since>n:name`, the n-th after the first pass of another; a comma
 * stands between places.
 */
export function hop(name: string): void {
  for (const pass of watching) pass(name);
}

const { DR_HOP_TRACE, DR_HOP_KILL, DR_HOP_STOP } = process.env;
/** For tests of crashes alone; said at the start, because it is forgotten easily. */
export const isTrapped = DR_HOP_KILL !== undefined || DR_HOP_STOP !== undefined;

const watching: ((name: string) => void)[] = [];

if (DR_HOP_TRACE !== undefined) watching.push(record(DR_HOP_TRACE));
if (DR_HOP_KILL !== undefined) watching.push(...trapsAt(DR_HOP_KILL, 'SIGKILL'));
if (DR_HOP_STOP !== undefined) watching.push(...trapsAt(DR_HOP_STOP, 'SIGSTOP'));

function record(file: string): (name: string) => void {
  const passes = new Map<string, number>();
  return (name) => {
    const pass = (passes.get(name) ?? 0) + 1;
    passes.set(name, pass);
    appendFileSync(file, `${pass}:${name}\n`);
  };
}

function trapsAt(places: string, signal: NodeJS.Signals) {
  return places.split(',').map((place) => trap(place, signal));
}

function trap(place: string, signal: NodeJS.Signals): (name: string) => void {
  const [at = '', since] = place.split('>').reverse();
  const wanted = at.slice(at.indexOf(':') + 1);
  let left = Number.parseInt(at, 10);
  let open = since === undefined;
  return (name) => {
    if (!open) open = name === since;
    else if (name === wanted && --left === 0) process.kill(process.pid, signal);
  };
}

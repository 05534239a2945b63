/** A place of a run's trace where a worker is made to die or to pause, as DR_HOP_KILL and DR_HOP_STOP name it. */
export interface Place {
  /** The hop after which it counts. */
  readonly since: string | undefined;
  readonly name: string;
}

/** The worker takes the run's job: what a process does before is its start, and dying there says nothing. */
const JOB = 'queue:run';
/** What people and Slack cause runs beside the run's job. */
const BESIDE = /^(slack\.|queue:)/;
/** What a step changes is another place in each step. */
const EFFECT = /^k8s\.patch:/;
const STEP = /^action\.run:.*:before$/;

export const spellOf = ({ since, name }: Place): string =>
  since === undefined ? `1:${name}` : `${since}>1:${name}`;

/**
 * Every distinct hop of a trace, once; those around effects once in every step. Nothing is listed by hand, so that a new
 * hop is a new place.
 */
export function placesOf(trace: readonly string[]): readonly Place[] {
  const inRun = new Set(trace.slice(trace.indexOf(JOB)));
  const places = new Map<string, Place>();
  let step = JOB;
  for (const name of trace) {
    if (STEP.test(name)) step = name;
    const since = BESIDE.test(name) || !inRun.has(name) ? undefined : EFFECT.test(name) ? step : JOB;
    const place = { since, name };
    places.set(spellOf(place), place);
  }
  return [...places.values()];
}

/**
 * The hops of the cut-over gate around what changes something: each step, its effects and its renames, and the commit that
 * opens the gate. A worker that takes a gate over in its middle does not open it again.
 */
export function gatePlacesOf(trace: readonly string[]): readonly Place[] {
  const gate = trace.slice(trace.indexOf(OPEN), trace.indexOf(CLOSE));
  return placesOf([JOB, ...gate]).flatMap(({ since, name }) => {
    if (name.startsWith('commit:')) return [{ since: OPEN, name }];
    return /^(action\.run|k8s\.patch|pg\.swap)/.test(name) ? [{ since, name }] : [];
  });
}

const OPEN = 'run.next:open';
const CLOSE = 'run.next:close';

/** Of some places the one where a process ended whose trace this is. */
export function endOf(trace: readonly string[], places: readonly Place[]): Place | undefined {
  const end = trace.at(-1);
  return places.find(
    ({ since, name }) => name === end && (since === undefined || trace.slice(0, -1).includes(since)),
  );
}

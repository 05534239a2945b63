import { setTimeout as sleep } from 'node:timers/promises';
import type { WorldLine, WorldSection } from './contract.ts';

const EVERY_MS = 1_000;
const PATIENCE_MS = 1_500;
const CHANGED_FOR_MS = 5_000;

export type Line = Omit<WorldLine, 'changed'>;

/** One part of the world and how to look at it. A look that fails or hangs is shown as a part that does not answer. */
export type Source = {
  readonly title: string;
  /** What is said to be silent when it is. */
  readonly name: string;
  look(): Promise<readonly Line[]>;
};

/** Looks at each part once a second while somebody watches, each in its own time, so that a slow one holds up no other. */
export function createFacts(sources: readonly Source[], onChange: () => void) {
  const found = new Map<Source, readonly Line[]>();
  const values = new Map<string, { readonly value: string; readonly since: number }>();
  const watchers = new Set<object>();
  let watching = new AbortController();

  async function follow(source: Source, signal: AbortSignal): Promise<void> {
    // A look that hangs is left to itself, and no second one is begun beside it.
    let looking: Promise<void> | undefined;
    while (!signal.aborted) {
      looking ??= source
        .look()
        .catch(() => [silent(source)])
        .then((lines) => {
          looking = undefined;
          take(source, lines);
        });
      const late = await Promise.race([looking.then(() => false), sleep(PATIENCE_MS, true, { ref: false })]);
      if (late) take(source, [silent(source)]);
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  function take(source: Source, lines: readonly Line[]): void {
    const isFirst = !found.has(source);
    for (const { id, value } of lines) {
      const known = values.get(id);
      if (known?.value === value) continue;
      values.set(id, { value, since: isFirst ? 0 : Date.now() });
    }
    for (const { id } of found.get(source) ?? [])
      if (!lines.some((line) => line.id === id)) values.delete(id);
    found.set(source, lines);
    onChange();
  }

  return {
    /** Looks from now on. Returns how to stop, once nobody else wants it. */
    watch(): () => void {
      const watcher = {};
      watchers.add(watcher);
      if (watchers.size === 1) {
        watching = new AbortController();
        for (const source of sources) void follow(source, watching.signal);
      }
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) watching.abort();
      };
    },

    /** What was last seen of one line. */
    stateOf: (id: string): WorldLine['state'] | undefined =>
      [...found.values()].flat().find((line) => line.id === id)?.state,

    sections: (): WorldSection[] =>
      sources.map((source) => ({
        title: source.title,
        lines: (found.get(source) ?? [looking(source)]).map((line) => ({
          ...line,
          changed: Date.now() - (values.get(line.id)?.since ?? 0) < CHANGED_FOR_MS,
        })),
      })),
  };
}

const silent = ({ title, name }: Source): Line => ({
  id: `${title} silent`,
  name,
  value: 'does not answer',
  state: 'bad',
});

const looking = ({ title, name }: Source): Line => ({
  id: `${title} first`,
  name,
  value: 'looking',
  state: 'busy',
});

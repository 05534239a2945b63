export type Parts = ReturnType<typeof createParts>;

type Part = { stop(mode?: 'immediate'): unknown };

/** The parts of the world in the order in which they were begun, to be ended in the other. */
export function createParts(log: (line: string) => void = () => undefined) {
  const beginnings: Promise<unknown>[] = [];
  const endings: (() => unknown)[] = [];

  /** `stop` waits for what is still starting: a part that comes up afterwards would be left behind. */
  function watch<T>(starting: Promise<T>): Promise<T> {
    beginnings.push(starting);
    return starting;
  }

  return {
    log,
    watch,

    begin<P extends Part>(name: string, starting: Promise<P>): Promise<P> {
      // A part that did not come up has nothing to stop.
      const nothing: Part = { stop: () => undefined };
      endings.unshift(async () => (await starting.catch(() => nothing)).stop('immediate'));
      return watch(
        starting.then((part) => {
          log(`${name} is up`);
          return part;
        }),
      );
    },

    /** Runs before the parts begun so far are stopped. */
    atEnd(...ends: (() => unknown)[]): void {
      endings.unshift(...ends);
    },

    async stop(): Promise<void> {
      await Promise.allSettled(beginnings);
      for (const end of endings.splice(0)) {
        // One part that cannot stop must not keep the others running.
        await Promise.resolve()
          .then(end)
          .catch((error: unknown) => log(`could not stop a part: ${error}`));
      }
    },
  };
}

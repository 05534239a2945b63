import fc from 'fast-check';

/**
 * Checks a property with a fixed seed, so that a failure comes back; `DR_SEED` tries another one. A failure prints the
 * seed, the path and the smallest counterexample.
 */
export function check<Values extends [unknown, ...unknown[]]>(
  property: fc.IProperty<Values>,
  options: { seed: number; runs?: number },
): void {
  const seed = process.env.DR_SEED === undefined ? options.seed : Number(process.env.DR_SEED);
  fc.assert(property, { seed, numRuns: options.runs ?? 500 });
}

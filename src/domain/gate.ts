import { digestOf, type Json, toJson } from './canonical.ts';

/** What one step of a gate puts under the approval: the action, its resolved parameters and the identity of its targets. */
export interface BoundStep {
  readonly step: string;
  readonly action: string;
  /** Outputs of earlier steps of the same gate stay symbols: `${stop.previous}`. */
  readonly params: Json;
  readonly bound: Json;
  readonly undo: boolean;
}

export interface GateSubject {
  readonly run: string;
  readonly gate: string;
  readonly mode: 'live' | 'drill';
  readonly plan: string;
  readonly steps: readonly BoundStep[];
}

/** The fingerprint of exactly what will run (DESIGN §4). */
export function gateDigest(subject: GateSubject): string {
  return digestOf('gate', toJson(subject));
}

/** One line for each bound value that differs, `stop: namespace janua uid: 4f… → 91…`, for the void card. */
export function differencesBetween(
  before: readonly BoundStep[],
  after: readonly BoundStep[],
): readonly string[] {
  const now = new Map(after.map((step) => [step.step, step]));
  return before.flatMap((old) => {
    const next = now.get(old.step);
    if (next === undefined) return [`${old.step}: is no longer part of the gate`];
    return [
      ...leafDifferences(old.step, old.params, next.params),
      ...leafDifferences(old.step, old.bound, next.bound),
    ];
  });
}

function leafDifferences(path: string, before: Json, after: Json): readonly string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => leafDifferences(`${path}.${key}`, before[key] ?? null, after[key] ?? null));
  }
  const [from, to] = [JSON.stringify(before), JSON.stringify(after)];
  return from === to ? [] : [`${path}: ${from} → ${to}`];
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

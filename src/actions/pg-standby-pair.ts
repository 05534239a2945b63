import type { Component, Plan } from '../domain/plan.ts';
import { AppError } from '../errors.ts';
import { targetOf } from './pg-target.ts';

/** A component's primary and the standby that takes over from it, by the names of their connections. */
export interface Pair {
  readonly component: Component;
  readonly database: string;
  readonly primary: string;
  readonly standby: string;
  readonly slot: string;
  /** `time` in milliseconds. */
  readonly maxLag: { readonly bytes: number; readonly time: number };
}

export function pairOf(plan: Plan, id: string): Pair {
  const { component, database, connection } = targetOf(plan, id);
  const { standby } = component;
  if (standby === undefined) {
    throw new AppError(
      'plan-invalid',
      `The component \`${id}\` has no standby. Give it \`standby\` with a connection, a slot and maxLag.`,
    );
  }
  if (standby.connection === connection) {
    throw new AppError(
      'plan-invalid',
      `Primary and standby of \`${id}\` are one connection, \`${connection}\`. Name the standby's own under standby.connection.`,
    );
  }
  const { slot, maxLag } = standby;
  return { component, database, primary: connection, standby: standby.connection, slot, maxLag };
}

import { z } from 'zod';
import type { Output } from '../domain/step.ts';
import type { ActionContext, Need, Preview } from './action.ts';
import type { Pair } from './pg-standby-pair.ts';

export const By = z.enum(['workload', 'host', 'read-only']);

/** What a finished pg.fence leaves for later steps; `fenced` is the primary's connection. A promotion looks for it. */
export const FenceOutput = z.object({ fenced: z.string(), by: By, evidence: z.string().min(1) });

/** A fence that stands: what proves it, as a sentence for people, and what lowering it needs to know. */
export interface Raised {
  readonly evidence: string;
  readonly output?: Output;
}

/** One way to keep a primary from taking writes. Everything but `preview` and `find` may be repeated. */
export interface Fence {
  preview(context: ActionContext, pair: Pair): Promise<Omit<Preview, 'class'>>;
  raise(context: ActionContext, pair: Pair): Promise<Raised>;
  /** Whether this step raised it: undefined when it did not, a sentence when that cannot be told. */
  find(context: ActionContext, pair: Pair): Promise<Raised | string | undefined>;
  /** Makes it known that the fence is about to be lowered, without lowering it: no promotion begins from here on. */
  announce(context: ActionContext, pair: Pair): Promise<void>;
  /** Takes that back, after the standby turned out to be promoted. */
  withdraw(context: ActionContext, pair: Pair): Promise<void>;
  /** Lets the old primary work again. Returns what was done, for the card. */
  lower(context: ActionContext, pair: Pair, output: Output): Promise<string>;
  byHand(pair: Pair): readonly string[];
  needs(pair: Pair): readonly Need[];
}

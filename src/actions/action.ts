import type { z } from 'zod';
import type { Clients } from '../clients/index.ts';
import type { Json } from '../domain/canonical.ts';
import type { Connections } from '../domain/connections.ts';
import type { ActionClass, Component, Plan } from '../domain/plan.ts';
import type { PrimarySeen } from '../domain/primary.ts';
import type { Fact, Output, Question } from '../domain/step.ts';
import type { Reading } from '../domain/whole-dump.ts';

/**
 * The contract of a step action (DESIGN §4). `preview` looks and changes nothing; `run` does it; `verify` proves it;
 * `observe` tells after a crash whether it happened; `undo` takes it back and is safe to repeat.
 */
export interface Action<Params> {
  readonly name: string;
  /** One sentence for docs/actions.md and `dr plan show`. */
  readonly summary: string;
  readonly schema: z.ZodType<Params>;
  readonly class: ActionClass;
  /**
   * `safe`: run it again. `observe`: look first, and repeat only what did not happen. `never`: an interrupted run is
   * uncertain, and a person looks.
   */
  readonly recovery: 'safe' | 'observe' | 'never';
  /** Actions one of which must stand earlier in the runbook. */
  readonly after?: readonly string[];
  /**
   * The keys of `output`, which later steps refer to as `${id.key}`, and what each is, in a few words with its unit. The
   * check of a plan refuses others, and docs/actions.md lists them. `summary` is not among them: every step has one.
   */
  readonly gives: Readonly<Record<string, string>>;
  /** The parameter whose own keys are keys of `output` as well. */
  readonly givesUnder?: string;
  preview(context: ActionContext, params: Params): Promise<Preview>;
  run(context: ActionContext, params: Params): Promise<Outcome>;
  /** Throws when the effect cannot be proved. A failed verify is a failed step. */
  verify?(context: ActionContext, params: Params, output: Output): Promise<void>;
  observe?(context: ActionContext, params: Params): Promise<Observation>;
  undo?(context: ActionContext, params: Params, output: Output): Promise<Undone>;
  /** The same effect by hand, for `dr plan export`: exact commands, one a line. */
  byHand?(params: Params, plan: Plan, connections?: Connections): readonly string[];
  /** Rights the step needs, for `dr doctor`. */
  needs?(params: Params, plan: Plan): readonly Need[];
}

/** What is about to happen, read from the world. Only `bound` is hashed into the approval. */
export interface Preview {
  /** Plain sentences, one a line: what this step does, with exact names. */
  readonly lines: readonly string[];
  /** Identity: UIDs, oids, key + ETag + SHA-256, template hashes. Never counters, times or resourceVersion. */
  readonly bound: Json;
  /** True for now and never hashed: replicas, sessions, lag, rows lost. */
  readonly shown: readonly Fact[];
  /** What taking it back would do, one sentence a line. Empty: it cannot be taken back. */
  readonly undo: readonly string[];
  /** Reasons why it would stop, each with the next step. Not empty: the gate is not asked for. */
  readonly blocked: readonly string[];
  /** What later steps may refer to, where it is known beforehand. */
  readonly output?: Output;
  /** Raises the action's own class, for example a swap back after writes. */
  readonly class?: ActionClass;
}

export type Outcome =
  | {
      readonly kind: 'done';
      readonly summary: string;
      readonly output: Output;
      readonly facts: readonly Fact[];
    }
  /** Look again at `until`; `memory` comes back in the context then. */
  | { readonly kind: 'wait'; readonly until: Date; readonly note: string; readonly memory: Json }
  /** A person must answer; the answer finishes the step. */
  | { readonly kind: 'ask'; readonly question: Question };

export type Observation =
  | { readonly happened: 'yes'; readonly outcome: Extract<Outcome, { kind: 'done' }> }
  | { readonly happened: 'no' }
  | { readonly happened: 'unknown'; readonly seen: readonly string[]; readonly howToTell?: string };

export interface Undone {
  readonly summary: string;
  readonly facts: readonly Fact[];
}

export type Need =
  | {
      readonly kind: 'kubernetes';
      readonly connection: string;
      readonly namespace: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly verb: string;
      readonly name?: string;
    }
  | { readonly kind: 's3'; readonly connection: string; readonly prefix: string }
  | {
      readonly kind: 'postgres';
      readonly connection: string;
      readonly database: string;
      readonly owner?: string;
    }
  | { readonly kind: 'redis' | 'sns' | 'http'; readonly connection: string }
  /** What must be there by this name: a secret of connections.yml, a person or a role, a step before this one. */
  | { readonly kind: 'secret' | 'person' | 'step'; readonly name: string };

export interface ActionContext {
  readonly run: {
    readonly id: string;
    readonly incident: string;
    readonly mode: 'live' | 'drill';
    readonly startedAt: Date;
  };
  readonly step: { readonly id: string; readonly attempt: number };
  readonly plan: Plan;
  /** The component the runbook is about. */
  readonly component: Component;
  /** Outputs of finished steps, by step id. In a preview: also what earlier previews foretold. */
  readonly outputs: Readonly<Record<string, Output>>;
  /** What an earlier `wait` left. */
  readonly memory: Json;
  /** Marks the effect in the outside world: `RUN-31/stop/2` (run, step, attempt). */
  readonly key: string;
  /** Aborts on deadline, abort by a person, shutdown, or a lost claim. Pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** The database's clock when this attempt began. Never use Date.now() for decisions. */
  readonly now: Date;
  readonly clients: Clients;
  /** A private folder (0700) of this run on this worker. */
  readonly workDir: string;
  /** `plan`: before the run, names of things to be made may not exist yet. `gate`: everything bound must be known. */
  readonly phase: 'plan' | 'gate' | 'run';
  /** The newest row counts recorded while the component was healthy; undefined when there are none. */
  baseline(component: string): Promise<Baseline | undefined>;
  /** The artifact of a backup that the watch read last, when it was a whole dump; undefined when none was. */
  lastReading(backup: string): Promise<Reading | undefined>;
  /** What was last seen of a component's primary while it answered; undefined when it was never seen. */
  primarySeen(component: string): Promise<PrimarySeen | undefined>;
  /** The class two people approved for the open gate; undefined outside one. */
  readonly approvedClass?: ActionClass | undefined;
  /** The bot's own store, refused as a target. */
  readonly ownStore: { readonly systemIdentifier: string; readonly databaseOid: string };
  /** A short line on the running card: `restoring, 61%`. */
  progress(text: string): void;
}

export interface Baseline {
  readonly at: Date;
  readonly rows: Readonly<Record<string, number>>;
}

/** An action with its parameter type closed over, as the registry keeps it. */
export type AnyAction = Omit<Action<never>, 'schema'> & { readonly schema: z.ZodType };

/** Checks an action against the contract and forgets its parameter type. */
export function defineAction<Params>(action: Action<Params>): Action<Params> {
  return action;
}

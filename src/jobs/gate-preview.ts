import type { Preview } from '../actions/action.ts';
import type { Json } from '../domain/canonical.ts';
import type { ApprovalCard } from '../domain/events.ts';
import { type BoundStep, gateDigest } from '../domain/gate.ts';
import { type ActionClass, type Gate, type PlacedStep, stepsOf, strictestClass } from '../domain/plan.ts';
import type { Fact } from '../domain/step.ts';
import { isHandedOver, messageOf } from '../errors.ts';
import { supervised } from './attempt.ts';
import { paramsOf, type Snapshot } from './snapshot.ts';
import type { Attempt } from './step.ts';
import { actionNamed, contextFor } from './world.ts';

/** What a gate would do now, read from the world without changing it. */
export interface GatePreview {
  readonly subject: readonly BoundStep[];
  readonly digest: string;
  readonly class: ActionClass;
  readonly blocked: readonly string[];
  readonly steps: ApprovalCard['steps'];
  readonly undo: readonly string[];
  readonly shown: readonly Fact[];
}

interface PreviewedStep {
  readonly placed: PlacedStep;
  readonly params: Json;
  readonly preview: Preview;
  readonly undo: boolean;
}

const PREVIEW_TIMEOUT_MS = 60_000;

/** What the gate would do, or the reasons why that cannot be told. */
export async function previewOrReasons(attempt: Attempt, gate: Gate): Promise<GatePreview | string[]> {
  try {
    return await previewGate(attempt, gate);
  } catch (error) {
    if (isHandedOver(error)) throw error;
    return [messageOf(error)];
  }
}

/** Previews every step of the gate and builds the fingerprint of exactly what will run. */
async function previewGate(attempt: Attempt, gate: Gate): Promise<GatePreview> {
  const { world, snapshot, claim } = attempt;
  const placed = stepsOf(snapshot.runbook).filter((entry) => entry.gate === gate);
  return supervised(
    world,
    { id: snapshot.run.id, claim, heedAbort: true },
    PREVIEW_TIMEOUT_MS,
    async (signal) => {
      const read = async (entry: PlacedStep): Promise<PreviewedStep> => {
        const action = actionNamed(world, entry.step.uses);
        const params = paramsOf(entry, snapshot.scope);
        const parsed = action.schema.safeParse(params);
        const context = await contextFor(world, snapshot, { id: entry.step.id, attempt: 0 }, 'gate', {
          signal,
        });
        const preview = parsed.success
          ? await action.preview(context, parsed.data as never)
          : blockedBy(entry, parsed.error.issues[0]?.message);
        return { placed: entry, params, preview, undo: action.undo !== undefined };
      };
      // All to their end, so that none goes on behind the deadline; the first in the gate's order says what is wrong.
      const settled = await Promise.allSettled(placed.map(read));
      return toGatePreview(
        snapshot,
        gate,
        settled.map((result) => {
          if (result.status === 'rejected') throw result.reason;
          return result.value;
        }),
        (uses) => actionNamed(world, uses).class,
      );
    },
  );
}

function toGatePreview(
  snapshot: Snapshot,
  gate: Gate,
  previews: readonly PreviewedStep[],
  classOf: (uses: string) => ActionClass,
): GatePreview {
  const subject = previews.map(({ placed, params, preview, undo }) => ({
    step: placed.step.id,
    action: placed.step.uses,
    params,
    bound: preview.bound,
    undo,
  }));
  const { run } = snapshot;
  return {
    subject,
    digest: gateDigest({ run: run.id, gate: gate.gate, mode: run.mode, plan: run.plan, steps: subject }),
    class: strictestClass(
      previews.flatMap(({ placed, preview }) => [
        classOf(placed.step.uses),
        placed.step.class ?? 'read',
        preview.class ?? 'read',
      ]),
    ),
    blocked: previews.flatMap(({ placed, preview }) =>
      preview.blocked.map((reason) => `${placed.number}. ${placed.step.title}: ${reason}`),
    ),
    steps: previews.map(({ placed, preview }) => ({
      number: placed.number,
      title: placed.step.title,
      lines: preview.lines,
    })),
    undo: [...new Set([...previews].reverse().flatMap(({ preview }) => preview.undo))],
    shown: firstOfEachName(previews.flatMap(({ preview }) => preview.shown)),
  };
}

/** Two steps that look at one object say the same of it; a person reads it once. */
function firstOfEachName(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter(({ name }, index) => facts.findIndex((other) => other.name === name) === index);
}

function blockedBy(placed: PlacedStep, message: string | undefined): Preview {
  return {
    lines: [],
    bound: null,
    shown: [],
    undo: [],
    blocked: [`"${placed.step.id}" is not complete: ${message ?? 'not valid'}`],
  };
}

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preview } from '../actions/action.ts';
import type { Incident } from '../domain/incident.ts';
import { nameOf } from '../domain/people.ts';
import { type ActionClass, gatesOf, type PlacedStep, stepsOf, strictestClass } from '../domain/plan.ts';
import type { PreviewStep, RunPreview } from '../domain/preview.ts';
import type { Output } from '../domain/step.ts';
import { holds, lookup, parseCondition } from '../domain/template.ts';
import { messageOf } from '../errors.ts';
import { databaseNow } from '../store/aggregates.ts';
import { type PlanVersion, peopleInForce } from '../store/documents.ts';
import { imaginedRun, paramsOf, type Snapshot } from './snapshot.ts';
import { actionNamed, contextFor, type World } from './world.ts';

const STEP_TIMEOUT_MS = 60_000;

/**
 * Runs every preview of a runbook in order and changes nothing: what an earlier step foretells fills the references of
 * later ones, what nobody can know yet stays a symbol. One step that cannot be looked at does not stop the others.
 */
export async function previewRun(
  world: World,
  incident: Incident,
  version: PlanVersion,
  runbookId: string,
  inputs: Readonly<Record<string, string>>,
): Promise<RunPreview> {
  // A folder of its own for each preview: two people may look at once.
  const name = `run-preview-${randomUUID()}`;
  const own = { ...world, workDir: join(world.workDir, name) };
  return look(own, incident, version, runbookId, inputs).finally(() =>
    rm(own.workDir, { recursive: true, force: true }),
  );
}

async function look(
  world: World,
  incident: Incident,
  version: PlanVersion,
  runbookId: string,
  inputs: Readonly<Record<string, string>>,
): Promise<RunPreview> {
  const { plan } = version;
  const now = await databaseNow(world.db);
  const snapshot = imaginedRun(plan, version.digest, incident, now, world.clients.vars, {
    id: 'RUN-0',
    mode: 'live',
    runbook: runbookId,
    inputs,
  });
  const people = await peopleInForce(world.db);
  const steps: PreviewStep[] = [];
  const warnings: string[] = [];
  const blocked: string[] = [];
  const undo = new Map<string, string[]>();
  const classes = new Map<string, ActionClass[]>();
  let scope = snapshot.scope;
  const outputs: Record<string, Output> = {};
  for (const placed of stepsOf(snapshot.runbook)) {
    const condition = placed.step.when === undefined ? undefined : parseCondition(placed.step.when);
    const known = condition === undefined || lookup(scope, condition.path) !== undefined;
    if (condition !== undefined && known && !holds(condition, scope)) {
      steps.push(toStep(placed, snapshot, ['will be skipped'], []));
      continue;
    }
    const preview = await previewStep(world, { ...snapshot, scope }, placed, outputs);
    steps.push(toStep(placed, snapshot, preview.lines, preview.shown));
    blocked.push(...preview.blocked.map((reason) => `${placed.number}. ${placed.step.title}: ${reason}`));
    warnings.push(...warningsOf(preview));
    if (preview.output !== undefined) {
      outputs[placed.step.id] = preview.output;
      scope = { ...scope, [placed.step.id]: preview.output };
    }
    if (placed.gate !== null) {
      const { gate } = placed.gate;
      undo.set(gate, [...preview.undo, ...(undo.get(gate) ?? [])]);
      classes.set(gate, [
        ...(classes.get(gate) ?? []),
        actionNamed(world, placed.step.uses).class,
        placed.step.class ?? 'read',
        preview.class ?? 'read',
      ]);
    }
  }
  const point = gatesOf(snapshot.runbook).flatMap(({ recoveryPoint }) =>
    recoveryPoint === undefined ? [] : [lookup(scope, recoveryPoint.replace(/^\$\{|\}$/g, ''))],
  )[0];
  return {
    runbook: runbookId,
    title: snapshot.runbook.title,
    steps,
    gates: gatesOf(snapshot.runbook).map(({ gate, title, impact }) => ({
      gate,
      title,
      impact,
      class: strictestClass(classes.get(gate) ?? []),
      undo: undo.get(gate) ?? [],
    })),
    approvers: plan.approvals.approvers
      .filter((person) => people.people[person] !== undefined)
      .map((person) => nameOf(people, person)),
    warnings,
    blocked,
    recoveryPoint: typeof point === 'string' ? point : null,
    readAt: now,
  };
}

async function previewStep(
  world: World,
  snapshot: Snapshot,
  placed: PlacedStep,
  outputs: Readonly<Record<string, Output>>,
): Promise<Preview> {
  const stopped = (reason: string): Preview => ({
    lines: ['cannot be previewed'],
    bound: null,
    shown: [],
    undo: [],
    blocked: [reason],
  });
  const action = actionNamed(world, placed.step.uses);
  const parsed = action.schema.safeParse(paramsOf(placed, snapshot.scope));
  if (!parsed.success)
    return { lines: ['depends on what earlier steps find'], bound: null, shown: [], undo: [], blocked: [] };
  const signal = AbortSignal.any([world.shutdown, AbortSignal.timeout(STEP_TIMEOUT_MS)]);
  const context = await contextFor(world, snapshot, { id: placed.step.id, attempt: 0 }, 'plan', {
    signal,
    outputs,
  });
  const preview = action.preview(context, parsed.data as never);
  return unnumbered(await preview.catch((error: unknown) => stopped(messageOf(error))));
}

/** A run has its number only once it starts: names made from it (`janua_run0`) are told with the number left open. */
export function unnumbered(preview: Preview): Preview {
  const told = (text: string) => text.replace(/_run0\b/g, '_run…').replace(/\bRUN-0\b/g, 'this run');
  return {
    ...preview,
    lines: preview.lines.map(told),
    shown: preview.shown.map(({ name, value }) => ({ name, value: told(value) })),
    undo: preview.undo.map(told),
    blocked: preview.blocked.map(told),
  };
}

/** Refused candidates of a search are worth a line before anybody presses Start. */
function warningsOf(preview: Preview): readonly string[] {
  const refused = preview.output?.refused;
  if (!Array.isArray(refused)) return [];
  return refused.flatMap((entry: { key?: string; reason?: string }) =>
    entry.key && entry.reason ? [`${entry.key.split('/').at(-1)} ${entry.reason}`] : [],
  );
}

function toStep(
  placed: PlacedStep,
  snapshot: Snapshot,
  lines: readonly string[],
  shown: Preview['shown'],
): PreviewStep {
  const firstGate =
    stepsOf(snapshot.runbook).find(({ gate }) => gate !== null)?.number ?? Number.POSITIVE_INFINITY;
  const part = placed.gate !== null ? 'gate' : placed.number < firstGate ? 'harmless' : 'after';
  const { step, number, gate } = placed;
  return {
    number,
    id: step.id,
    title: step.title,
    part,
    gate: gate?.gate ?? null,
    lines,
    shown,
    expectedMs: step.expected ?? null,
  };
}

/** The run as it would be at its first moment: previews need one to name things by, and none is recorded. */

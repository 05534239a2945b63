import { type Json, toJson } from './canonical.ts';
import type { Connections } from './connections.ts';
import { nearest } from './nearest.ts';
import { type ActionClass, isGate, type Plan, type Runbook, type Step, strictestClass } from './plan.ts';
import { error, type PlanFault, unknown } from './plan-fault.ts';
import { namedBackupFaults } from './plan-lint-backups.ts';
import { bareNamesIn, hasSymbols, parseCondition, referencesIn } from './template.ts';

/** What the linter must know of an action; the registry gives it. */
export interface ActionShape {
  readonly class: ActionClass;
  /** Actions one of which must stand earlier in the runbook. */
  readonly after?: readonly string[] | undefined;
  /** What later steps may refer to of a step with these parameters, beside what every step gives. */
  gives(params: Step['with']): readonly string[];
  /** Faults of parameters whose references are not yet filled. */
  paramFaults(params: Step['with']): readonly { path: readonly (string | number)[]; message: string }[];
}

const RESERVED = new Set(['inputs', 'vars', 'run', 'incident', 'system', 'constructor']);

/** What every step gives, whatever it does: `skipped` is there only when it was. */
const OF_EVERY_STEP = ['summary', 'skipped'];

/** Steps that may not stand where they stand, and names in them that lead nowhere. */
export function runbookFaults(
  plan: Plan,
  id: string,
  runbook: Runbook,
  actions: Readonly<Record<string, ActionShape>>,
  connections: Connections | null,
): readonly PlanFault[] {
  const base = ['runbooks', id];
  const components = plan.components.map((component) => component.id);
  const faults: PlanFault[] = [];
  if (!components.includes(runbook.component))
    faults.push(error([...base, 'component'], unknown('component', runbook.component, components)));
  const seen = new Map<string, Step>();
  const gates = new Set<string>();
  const earlier = new Set<string>();
  const check: CheckReferences = (path, value, known) =>
    [...referencesIn(value), ...bareNamesIn(value).filter((name) => known.has(name))].flatMap((reference) =>
      referenceFaults(path, reference, known, runbook, actions, connections),
    );
  runbook.steps.forEach((entry, index) => {
    const at = (...fields: (string | number)[]) => [...base, 'steps', index, ...fields];
    if (isGate(entry)) {
      if (gates.has(entry.gate))
        faults.push(error(at('gate'), `"${entry.gate}" is used twice in this runbook`));
      gates.add(entry.gate);
      faults.push(...check(at('loss'), entry.loss ?? null, seen));
      faults.push(...check(at('recoveryPoint'), entry.recoveryPoint ?? null, seen));
    }
    const inner = isGate(entry)
      ? entry.steps.map((step, inside) => ({ step, path: at('steps', inside) }))
      : [{ step: entry, path: at() }];
    for (const { step, path } of inner) {
      faults.push(...stepFaults(step, path, seen, actions, isGate(entry), check));
      faults.push(...orderFaults(step, path, earlier, actions));
      faults.push(...namedBackupFaults(plan, step, path));
      seen.set(step.id, step);
      earlier.add(step.uses);
    }
    if (isGate(entry) && strictestClass(entry.steps.map((step) => classOf(step, actions))) === 'read') {
      faults.push(
        error(at('gate'), 'no step of this gate changes anything: two people would approve nothing'),
      );
    }
  });
  return faults;
}

/** Faults of every `${…}` in a value that may refer to inputs, vars and the steps known so far. */
type CheckReferences = (
  path: readonly (string | number)[],
  value: Json,
  known: ReadonlyMap<string, Step>,
) => readonly PlanFault[];

function stepFaults(
  step: Step,
  path: readonly (string | number)[],
  seen: ReadonlyMap<string, Step>,
  actions: Readonly<Record<string, ActionShape>>,
  gated: boolean,
  check: CheckReferences,
): readonly PlanFault[] {
  const action = actionOf(step, actions);
  if (action === undefined)
    return [error([...path, 'uses'], unknown('action', step.uses, Object.keys(actions)))];
  const faults: PlanFault[] = [];
  if (RESERVED.has(step.id))
    faults.push(error([...path, 'id'], `"${step.id}" has a meaning of its own; choose another id`));
  if (seen.has(step.id)) faults.push(error([...path, 'id'], `"${step.id}" is used twice in this runbook`));
  if (!gated && classOf(step, actions) !== 'read') {
    faults.push(
      error(
        [...path, 'uses'],
        `${step.uses} changes the system, so it must stand inside a gate that two people approve`,
      ),
    );
  }
  if (step.class !== undefined && strictestClass([step.class, action.class]) !== step.class) {
    faults.push(
      error([...path, 'class'], `${step.uses} is ${action.class}; a plan may raise a class, never lower it`),
    );
  }
  const condition = step.when === undefined ? undefined : parseCondition(step.when);
  if (step.when !== undefined && condition === undefined) {
    faults.push(error([...path, 'when'], 'expected a condition like "inputs.recovery == restore"'));
  }
  faults.push(...check([...path, 'with'], step.with, seen));
  faults.push(...check([...path, 'when'], condition === undefined ? null : `\${${condition.path}}`, seen));
  faults.push(...check([...path, 'records'], toJson(step.records), new Map([...seen, [step.id, step]])));
  // What people typed would be read as SQL, and no gate stands before a question.
  if (hasSymbols(step.with.sql ?? null))
    faults.push(error([...path, 'with', 'sql'], 'values do not belong into SQL text: write $1 and "params"'));
  for (const fault of action.paramFaults(step.with))
    faults.push(error([...path, 'with', ...fault.path], fault.message));
  return faults;
}

/** A standby is promoted only after the old primary was fenced (C-34). */
function orderFaults(
  step: Step,
  path: readonly (string | number)[],
  earlier: ReadonlySet<string>,
  actions: Readonly<Record<string, ActionShape>>,
): readonly PlanFault[] {
  const { after = [] } = actionOf(step, actions) ?? {};
  if (after.length === 0 || after.some((name) => earlier.has(name))) return [];
  return [error([...path, 'uses'], `${step.uses} needs ${after.join(' or ')} earlier in the runbook`)];
}

function referenceFaults(
  path: readonly (string | number)[],
  reference: string,
  seen: ReadonlyMap<string, Step>,
  runbook: Runbook,
  actions: Readonly<Record<string, ActionShape>>,
  connections: Connections | null,
): readonly PlanFault[] {
  const head = reference.replace(/\..*/, '');
  const name = reference.slice(head.length + 1);
  const among = (what: string, known: readonly string[]) =>
    known.includes(name) ? [] : [error(path, unknown(what, name, known))];
  if (head === 'inputs') return among('input', Object.keys(runbook.inputs));
  if (head === 'vars' && connections !== null)
    return among('var of connections.yml', Object.keys(connections.vars));
  if (RESERVED.has(head)) return [];
  const step = seen.get(head);
  if (step !== undefined) return outputFaults(path, step, name.replace(/\..*/, ''), actions);
  const earlier = [...seen.keys()].join(', ') || 'none';
  return [error(path, `\${${reference}} names no earlier step. Earlier steps: ${earlier}`)];
}

/** What lies deeper than the first key only a run knows. */
function outputFaults(
  path: readonly (string | number)[],
  step: Step,
  key: string,
  actions: Readonly<Record<string, ActionShape>>,
): readonly PlanFault[] {
  const action = actionOf(step, actions);
  if (action === undefined) return [];
  const given = [...action.gives(step.with), ...OF_EVERY_STEP];
  if (given.includes(key)) return [];
  const near = nearest(key, given);
  const fault =
    key === ''
      ? `\${${step.id}} does not say what of step "${step.id}" (${step.uses}) is meant.`
      : `step "${step.id}" (${step.uses}) gives no "${key}"${near === undefined ? '.' : `; did you mean "${near}"?`}`;
  return [error(path, `${fault} It gives: ${given.join(', ')}`)];
}

/** The class of a step: its action's, or the stricter one the plan gives it. */
export function classOf(step: Step, actions: Readonly<Record<string, ActionShape>>): ActionClass {
  return strictestClass([actionOf(step, actions)?.class ?? 'read', step.class ?? 'read']);
}

function actionOf(step: Step, actions: Readonly<Record<string, ActionShape>>): ActionShape | undefined {
  return Object.hasOwn(actions, step.uses) ? actions[step.uses] : undefined;
}

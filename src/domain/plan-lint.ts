import { patternFault } from './backup-name.ts';
import type { Connections } from './connections.ts';
import type { People } from './people.ts';
import {
  type ActionClass,
  type Component,
  isGate,
  type Plan,
  type Runbook,
  type Step,
  stepsOf,
  strictestClass,
} from './plan.ts';
import { parseCondition, referencesIn } from './template.ts';

/** A fault that the shape alone does not show, with the path of the value in the file. */
export interface PlanFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly level: 'error' | 'warning';
}

/** What the linter must know of an action; the registry gives it. */
export interface ActionShape {
  readonly class: ActionClass;
  /** Faults of parameters whose references are not yet filled. */
  paramFaults(params: Step['with']): readonly { path: readonly (string | number)[]; message: string }[];
}

const RESERVED = new Set(['inputs', 'vars', 'run', 'incident', 'system']);

/** Every fault of a plan at once: names that lead nowhere, steps that may not stand where they stand, too few people. */
export function planFaults(
  plan: Plan,
  actions: Readonly<Record<string, ActionShape>>,
  people: People | null,
  connections: Connections | null,
): readonly PlanFault[] {
  return [
    ...componentFaults(plan, connections),
    ...backupFaults(plan, connections),
    ...approverFaults(plan, actions, people),
    ...Object.entries(plan.runbooks).flatMap(([id, runbook]) =>
      runbookFaults(plan, id, runbook, actions, connections),
    ),
  ];
}

function componentFaults(plan: Plan, connections: Connections | null): readonly PlanFault[] {
  const ids = plan.components.map(({ id }) => id);
  return plan.components.flatMap((component, index) => {
    const at = (field: string) => ['components', index, field];
    const faults = [
      ...component.dependsOn
        .filter((id) => !ids.includes(id))
        .map((id) => error(at('dependsOn'), unknown('component', id, ids))),
      ...(ids.indexOf(component.id) === index ? [] : [error(at('id'), `"${component.id}" is used twice`)]),
      ...postgresFaults(component, at),
    ];
    if (connections === null) return faults;
    const known = component.kind === 'redis' ? connections.redis : connections.postgres;
    const named = [component.connection, component.restore?.into].filter((name) => name !== undefined);
    if (component.kind !== 'postgres' && component.kind !== 'redis') return faults;
    return [
      ...faults,
      ...named
        .filter((name) => known[name] === undefined)
        .map((name) => error(at('connection'), unknown('connection', name, Object.keys(known)))),
    ];
  });
}

function postgresFaults(
  component: Component,
  at: (field: string) => (string | number)[],
): readonly PlanFault[] {
  if (component.kind !== 'postgres') return [];
  const missing = (['connection', 'database', 'owner', 'restore'] as const).filter(
    (field) => component[field] === undefined,
  );
  return missing.map((field) => error(at('kind'), `a postgres component needs "${field}"`));
}

function backupFaults(plan: Plan, connections: Connections | null): readonly PlanFault[] {
  const components = plan.components.map(({ id }) => id);
  return plan.backups.flatMap((backup, index) => {
    const at = (...fields: string[]) => ['backups', index, ...fields];
    const pattern = patternFault(backup.namePattern);
    const buckets = Object.keys(connections?.s3 ?? {});
    return [
      ...(components.includes(backup.component)
        ? []
        : [error(at('component'), unknown('component', backup.component, components))]),
      ...(pattern === undefined ? [] : [error(at('namePattern'), pattern)]),
      ...(isTimeZone(backup.timeZone)
        ? []
        : [error(at('timeZone'), `"${backup.timeZone}" is not a time zone like "UTC" or "Europe/Berlin"`)]),
      ...(connections === null || buckets.includes(backup.location.connection)
        ? []
        : [
            error(
              at('location', 'connection'),
              unknown('bucket connection', backup.location.connection, buckets),
            ),
          ]),
    ];
  });
}

/** A plan with too few approvers can never do what it says. */
function approverFaults(
  plan: Plan,
  actions: Readonly<Record<string, ActionShape>>,
  people: People | null,
): readonly PlanFault[] {
  const path = ['approvals', 'approvers'];
  const { approvers } = plan.approvals;
  const strangers = people === null ? [] : approvers.filter((person) => people.people[person] === undefined);
  const known = new Set(approvers.filter((person) => !strangers.includes(person)));
  const faults = strangers.map((person) =>
    error(path, unknown('person', person, Object.keys(people?.people ?? {}))),
  );
  const classes = Object.values(plan.runbooks).flatMap((runbook) =>
    stepsOf(runbook).map(({ step }) => classOf(step, actions)),
  );
  const strictest = strictestClass(classes);
  if (strictest !== 'read' && known.size < 2)
    faults.push(error(path, `${known.size} eligible; a gate needs two different people`));
  if (strictest === 'irreversible' && known.size < 3) {
    faults.push({
      ...error(
        path,
        `${known.size} eligible; an irreversible gate needs two people other than the requester, so name three or let another person start it`,
      ),
      level: 'warning',
    });
  }
  return faults;
}

function runbookFaults(
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
  const seen = new Set<string>();
  runbook.steps.forEach((entry, index) => {
    const inner = isGate(entry)
      ? entry.steps.map((step, at) => ({ step, path: [...base, 'steps', index, 'steps', at] }))
      : [{ step: entry, path: [...base, 'steps', index] }];
    for (const { step, path } of inner) {
      faults.push(...stepFaults(step, path, seen, runbook, actions, connections, isGate(entry)));
      seen.add(step.id);
    }
    if (isGate(entry) && strictestClass(entry.steps.map((step) => classOf(step, actions))) === 'read') {
      faults.push(
        error(
          [...base, 'steps', index, 'gate'],
          'no step of this gate changes anything: two people would approve nothing',
        ),
      );
    }
  });
  return faults;
}

function stepFaults(
  step: Step,
  path: readonly (string | number)[],
  seen: ReadonlySet<string>,
  runbook: Runbook,
  actions: Readonly<Record<string, ActionShape>>,
  connections: Connections | null,
  gated: boolean,
): readonly PlanFault[] {
  const action = actions[step.uses];
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
  if (step.when !== undefined && parseCondition(step.when) === undefined) {
    faults.push(error([...path, 'when'], 'expected a condition like "inputs.recovery == restore"'));
  }
  for (const reference of referencesIn(step.with)) {
    const fault = referenceFault(reference, seen, runbook, connections);
    if (fault !== null) faults.push(error([...path, 'with'], fault));
  }
  for (const fault of action.paramFaults(step.with))
    faults.push(error([...path, 'with', ...fault.path], fault.message));
  return faults;
}

function referenceFault(
  reference: string,
  seen: ReadonlySet<string>,
  runbook: Runbook,
  connections: Connections | null,
): string | null {
  const [head = '', name = ''] = reference.split('.');
  if (head === 'inputs')
    return runbook.inputs[name] === undefined ? unknown('input', name, Object.keys(runbook.inputs)) : null;
  if (head === 'vars')
    return connections !== null && connections.vars[name] === undefined
      ? unknown('var of connections.yml', name, Object.keys(connections.vars))
      : null;
  if (RESERVED.has(head) || seen.has(head)) return null;
  return `\${${reference}} names no earlier step. Earlier steps: ${[...seen].join(', ') || 'none'}`;
}

function classOf(step: Step, actions: Readonly<Record<string, ActionShape>>): ActionClass {
  return strictestClass([actions[step.uses]?.class ?? 'read', step.class ?? 'read']);
}

function error(path: readonly (string | number)[], message: string): PlanFault {
  return { path, message, level: 'error' };
}

function unknown(what: string, got: string, known: readonly string[]): string {
  const near = nearest(got, known);
  return `there is no ${what} "${got}"${near === undefined ? '' : `; did you mean "${near}"?`} Known: ${known.join(', ') || 'none'}`;
}

function isTimeZone(name: string): boolean {
  return name === 'UTC' || Intl.supportedValuesOf('timeZone').includes(name);
}

/** The closest known word within two edits or with three first letters in common. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= 2) return best.candidate;
  return word.length >= 3 ? known.find((candidate) => candidate.startsWith(word.slice(0, 3))) : undefined;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current.push(
        Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost),
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

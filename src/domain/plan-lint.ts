import { patternFault } from './backup-name.ts';
import { type Json, toJson } from './canonical.ts';
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
import { hasSymbols, parseCondition, referencesIn } from './template.ts';

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

const RESERVED = new Set(['inputs', 'vars', 'run', 'incident', 'system', 'constructor']);

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
      ...postgresFaults(plan, component, at),
    ];
    if (connections === null) return faults;
    const known = component.kind === 'redis' ? connections.redis : connections.postgres;
    const { connection, restore, standby } = component;
    const named = [connection, restore?.into, standby?.connection].filter((name) => name !== undefined);
    if (component.kind !== 'postgres' && component.kind !== 'redis') return faults;
    return [
      ...faults,
      ...named
        .filter((name) => known[name] === undefined)
        .map((name) => error(at('connection'), unknown('connection', name, Object.keys(known)))),
    ];
  });
}

/** A database with backups must say where a copy is restored to. */
function postgresFaults(
  plan: Plan,
  component: Component,
  at: (field: string) => (string | number)[],
): readonly PlanFault[] {
  if (component.kind !== 'postgres') return [];
  const restored = plan.backups.some((backup) => backup.component === component.id);
  const needed = ['connection', 'database', 'owner', ...(restored ? ['restore' as const] : [])] as const;
  const { standby, connection } = component;
  return [
    ...needed
      .filter((field) => component[field] === undefined)
      .map((field) => error(at('kind'), `a postgres component needs "${field}"`)),
    ...(standby !== undefined && standby.connection === connection
      ? [error(at('standby'), `"${connection}" cannot be its own standby`)]
      : []),
  ];
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
  const named = Object.keys(people?.people ?? {});
  const strangers = people === null ? [] : approvers.filter((person) => !named.includes(person));
  const known = new Set(approvers.filter((person) => !strangers.includes(person)));
  const faults = strangers.map((person) => error(path, unknown('person', person, named)));
  const classes = Object.values(plan.runbooks).flatMap((runbook) =>
    stepsOf(runbook).map(({ step }) => classOf(step, actions)),
  );
  const strictest = strictestClass(classes);
  if (strictest !== 'read' && known.size < 2)
    faults.push(error(path, `${known.size} eligible; a gate needs two different people`));
  if (strictest === 'irreversible' && known.size === 2) {
    const why =
      'an irreversible gate needs two people other than the requester, who may be an approver: name three';
    faults.push(error(path, `2 eligible; ${why}`));
  }
  if (strictest !== 'read' && plan.approvals.escalateTo.length === 0) {
    const why = 'nobody more is told when nobody approves: name people';
    faults.push({ ...error(['approvals', 'escalateTo'], why), level: 'warning' });
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
  const gates = new Set<string>();
  const check: CheckReferences = (path, value, known) =>
    referencesIn(value).flatMap((reference) => referenceFaults(path, reference, known, runbook, connections));
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
      seen.add(step.id);
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
  known: ReadonlySet<string>,
) => readonly PlanFault[];

function stepFaults(
  step: Step,
  path: readonly (string | number)[],
  seen: ReadonlySet<string>,
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
  faults.push(...check([...path, 'records'], toJson(step.records), new Set([...seen, step.id])));
  // What people typed would be read as SQL, and no gate stands before a question.
  if (hasSymbols(step.with.sql ?? null))
    faults.push(error([...path, 'with', 'sql'], 'values do not belong into SQL text: write $1 and "params"'));
  for (const fault of action.paramFaults(step.with))
    faults.push(error([...path, 'with', ...fault.path], fault.message));
  return faults;
}

function referenceFaults(
  path: readonly (string | number)[],
  reference: string,
  seen: ReadonlySet<string>,
  runbook: Runbook,
  connections: Connections | null,
): readonly PlanFault[] {
  const head = reference.replace(/\..*/, '');
  const name = reference.slice(head.length + 1);
  const among = (what: string, known: readonly string[]) =>
    known.includes(name) ? [] : [error(path, unknown(what, name, known))];
  if (head === 'inputs') return among('input', Object.keys(runbook.inputs));
  if (head === 'vars' && connections !== null)
    return among('var of connections.yml', Object.keys(connections.vars));
  if (RESERVED.has(head) || seen.has(head)) return [];
  const earlier = [...seen].join(', ') || 'none';
  return [error(path, `\${${reference}} names no earlier step. Earlier steps: ${earlier}`)];
}

function classOf(step: Step, actions: Readonly<Record<string, ActionShape>>): ActionClass {
  return strictestClass([actionOf(step, actions)?.class ?? 'read', step.class ?? 'read']);
}

function actionOf(step: Step, actions: Readonly<Record<string, ActionShape>>): ActionShape | undefined {
  return Object.hasOwn(actions, step.uses) ? actions[step.uses] : undefined;
}

function error(path: readonly (string | number)[], message: string): PlanFault {
  return { path, message, level: 'error' };
}

function unknown(what: string, got: string, known: readonly string[]): string {
  const near = nearest(got, known);
  return `there is no ${what} "${got}"${near === undefined ? '' : `; did you mean "${near}"?`} Known: ${known.join(', ') || 'none'}`;
}

/** The runtime knows more names (Asia/Kolkata, GMT) than it lists, so only asking for one tells. */
function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** The closest known word within two edits or with three first letters in common. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(word, candidate, 2) }))
    .sort((a, b) => a.edits - b.edits);
  if (best !== undefined && best.edits <= 2) return best.candidate;
  return word.length >= 3 ? known.find((candidate) => candidate.startsWith(word.slice(0, 3))) : undefined;
}

/** Letters to add, drop or change; more than `most` need not be counted and give a larger number. */
function editsBetween(a: string, b: string, most: number): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return editsBetween(restA, restB, most);
  if (most === 0) return 1;
  const tries = [
    editsBetween(restA, b, most - 1),
    editsBetween(a, restB, most - 1),
    editsBetween(restA, restB, most - 1),
  ];
  return 1 + Math.min(...tries);
}

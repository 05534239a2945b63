import type { Connections } from './connections.ts';
import type { People } from './people.ts';
import { type Component, type Plan, stepsOf, strictestClass } from './plan.ts';
import { error, type PlanFault, unknown } from './plan-fault.ts';
import { backupFaults, isRestorable } from './plan-lint-backups.ts';
import { promiseWarnings } from './plan-lint-promises.ts';
import { type ActionShape, classOf, runbookFaults } from './plan-lint-runbook.ts';

/** Every fault of a plan at once: names that lead nowhere, steps that may not stand where they stand, too few people. */
export function planFaults(
  plan: Plan,
  actions: Readonly<Record<string, ActionShape>>,
  people: People | null,
  connections: Connections | null,
): readonly PlanFault[] {
  const ofBackups = backupFaults(plan, people, connections);
  return [
    ...componentFaults(plan, connections),
    ...ofBackups,
    ...(ofBackups.length === 0 ? promiseWarnings(plan) : []),
    ...approverFaults(plan, actions, people),
    ...escalationFaults(plan, people),
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
      ...(needsItself(plan, component)
        ? [error(at('dependsOn'), `"${component.id}" depends on itself`)]
        : []),
      ...postgresFaults(plan, component, at),
    ];
    if (connections === null) return faults;
    const known = component.kind === 'redis' ? connections.redis : connections.postgres;
    const { connection, restore, standby } = component;
    const named = [connection, restore?.into, standby?.connection].filter((name) => name !== undefined);
    faults.push(...clusterFaults(component, at, connections));
    if (component.kind !== 'postgres' && component.kind !== 'redis') return faults;
    return [
      ...faults,
      ...named
        .filter((name) => known[name] === undefined)
        .map((name) => error(at('connection'), unknown('connection', name, Object.keys(known)))),
    ];
  });
}

/** In a circle nothing could be brought back first. */
function needsItself({ components }: Plan, { id, dependsOn }: Component): boolean {
  const reached = new Set(dependsOn);
  for (const each of reached)
    for (const next of components.find((component) => component.id === each)?.dependsOn ?? [])
      reached.add(next);
  return reached.has(id);
}

/** Where what writes to it, and the server itself, run. */
function clusterFaults(
  { writers, server }: Component,
  at: (field: string) => (string | number)[],
  { kubernetes }: Connections,
): readonly PlanFault[] {
  const named = [
    ...writers.map(({ cluster }, index) => ({ cluster, path: [...at('writers'), index, 'cluster'] })),
    ...(server === undefined ? [] : [{ cluster: server.cluster, path: [...at('server'), 'cluster'] }]),
  ];
  const known = Object.keys(kubernetes);
  return named
    .filter(({ cluster }) => !known.includes(cluster))
    .map(({ cluster, path }) =>
      error(path, unknown('kubernetes connection of connections.yml', cluster, known)),
    );
}

/** Those who are told when nobody approves. */
function escalationFaults({ approvals }: Plan, people: People | null): readonly PlanFault[] {
  if (people === null) return [];
  const known = Object.keys(people.people);
  return approvals.escalateTo.flatMap((person, index) =>
    known.includes(person)
      ? []
      : [error(['approvals', 'escalateTo', index], unknown('person', person, known))],
  );
}

/** A database with dumps must say where a copy is restored to. */
function postgresFaults(
  plan: Plan,
  component: Component,
  at: (field: string) => (string | number)[],
): readonly PlanFault[] {
  if (component.kind !== 'postgres') return [];
  const restored = plan.backups.some((backup) => backup.component === component.id && isRestorable(backup));
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

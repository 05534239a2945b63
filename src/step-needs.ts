import type { AnyAction, Need } from './actions/action.ts';
import { type Json, toJson } from './domain/canonical.ts';
import type { Connections } from './domain/connections.ts';
import { ROLES } from './domain/events.ts';
import type { People } from './domain/people.ts';
import { isGate, type Plan, type Runbook, type Step } from './domain/plan.ts';
import { error, type PlanFault, unknown } from './domain/plan-fault.ts';
import { hasSymbols, resolve } from './domain/template.ts';
import { AppError, messageOf } from './errors.ts';

/** What a step needs, as far as its plan tells; null while a parameter that matters waits for the run. Throws `AppError`. */
export function needsOf(
  action: AnyAction,
  { step, runbook, plan, vars }: { step: Step; runbook: Runbook; plan: Plan; vars: Connections['vars'] },
): readonly Need[] | null {
  if (action.needs === undefined) return [];
  const defaults = Object.entries(runbook.inputs).flatMap(([name, input]) =>
    input.default === undefined ? [] : [[name, input.default]],
  );
  const scope: Record<string, Json> = {
    vars,
    inputs: Object.fromEntries(defaults),
    system: { id: plan.system, name: plan.name, environment: plan.environment },
  };
  const params = action.schema.safeParse(resolve(step.with, scope));
  if (!params.success) return null;
  const needs = action.needs(params.data as never, plan);
  return needs.some((need) => hasSymbols(toJson(need))) ? null : needs;
}

/** Names under `with` that lead nowhere: connections, secrets, people, components and earlier steps. */
export function needFaults(
  plan: Plan,
  actions: Readonly<Record<string, AnyAction>>,
  people: People,
  connections: Connections,
): readonly PlanFault[] {
  const { vars } = connections;
  return Object.entries(plan.runbooks).flatMap(([id, runbook]) => {
    const earlier: string[] = [];
    return placesOf(runbook).flatMap(({ step, path }) => {
      const action = Object.hasOwn(actions, step.uses) ? actions[step.uses] : undefined;
      const at = ['runbooks', id, ...path, 'with'];
      const known: Known = { people, connections, earlier: [...earlier] };
      earlier.push(step.id);
      if (action === undefined) return [];
      try {
        const needs = needsOf(action, { step, runbook, plan, vars }) ?? [];
        const messages = new Set(needs.flatMap((need) => strangeName(need, known) ?? []));
        return [...messages].map((message) => error(at, message));
      } catch (fault) {
        if (fault instanceof AppError) return [error(at, messageOf(fault))];
        throw fault;
      }
    });
  });
}

function placesOf({ steps }: Runbook): readonly { step: Step; path: (string | number)[] }[] {
  return steps.flatMap((entry, index) =>
    isGate(entry)
      ? entry.steps.map((step, inside) => ({ step, path: ['steps', index, 'steps', inside] }))
      : [{ step: entry, path: ['steps', index] }],
  );
}

interface Known {
  readonly people: People;
  readonly connections: Connections;
  readonly earlier: readonly string[];
}

/** Whether a host may be asked is seen by `dr doctor`, which has the client that decides it. */
function strangeName(need: Need, { people, connections, earlier }: Known): string | undefined {
  const among = (what: string, name: string, known: readonly string[]) =>
    known.includes(name) ? undefined : unknown(what, name, known);
  switch (need.kind) {
    case 'http':
      return undefined;
    case 'step':
      return among('earlier step', need.name, earlier);
    case 'person':
      return among('person or role', need.name, [...Object.keys(people.people), ...ROLES]);
    case 'secret':
      return among('secret of connections.yml', need.name, Object.keys(connections.secrets));
    default:
      return among(
        `${need.kind} connection of connections.yml`,
        need.connection,
        Object.keys(connections[need.kind]),
      );
  }
}

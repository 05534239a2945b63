import { ApiError } from './api-error.ts';
import { elementsOf, type View } from './block-kit.ts';
import { initialValue } from './inputs.ts';
import type { Store } from './store.ts';
import type { OpenView, StateValues, Trigger } from './types.ts';

const maxStack = 3;

/** The modals a person has open, the top one last. */
function stackOf(store: Store, userId: string): OpenView[] {
  return store.modals.get(userId) ?? [];
}

/** Puts a modal on top of a person's stack. */
export function pushView(store: Store, userId: string, definition: View): OpenView {
  const stack = stackOf(store, userId);
  if (stack.length >= maxStack) throw new ApiError('push_limit_reached');
  if (definition.type !== 'modal') throw new ApiError('invalid_arguments');
  refuseKnownExternalId(store, definition);
  const id = store.newId('V');
  const view: OpenView = {
    id,
    userId,
    definition,
    hash: newHash(store),
    state: initialState(definition, {}),
    errors: {},
    rootId: stack[0]?.id ?? id,
    previousId: stack.at(-1)?.id,
  };
  store.modals.set(userId, [...stack, view]);
  store.changed();
  return view;
}

/** Shows a new definition in place. What a person typed stays where block and action ids are the same. */
export function replaceView(store: Store, view: OpenView, definition: View): OpenView {
  if (definition.type !== view.definition.type) throw new ApiError('invalid_arguments');
  if (definition.external_id !== view.definition.external_id) refuseKnownExternalId(store, definition);
  view.state = initialState(definition, view.state);
  view.definition = definition;
  view.hash = newHash(store);
  view.errors = {};
  store.changed();
  return view;
}

export function publishHome(store: Store, userId: string, definition: View): OpenView {
  const shown = store.homes.get(userId);
  if (shown) return replaceView(store, shown, definition);
  const id = store.newId('V');
  const state = initialState(definition, {});
  const view: OpenView = {
    id,
    userId,
    definition,
    hash: newHash(store),
    state,
    errors: {},
    rootId: id,
    previousId: undefined,
  };
  store.homes.set(userId, view);
  store.changed();
  return view;
}

export function popView(store: Store, userId: string): OpenView | undefined {
  const stack = stackOf(store, userId);
  store.modals.set(userId, stack.slice(0, -1));
  store.changed();
  return stack.at(-1);
}

/** Takes all modals of a person away and returns them, the top one first. */
export function clearViews(store: Store, userId: string): OpenView[] {
  const stack = stackOf(store, userId);
  store.modals.set(userId, []);
  store.changed();
  return stack.toReversed();
}

export function findView(store: Store, match: (view: OpenView) => boolean): OpenView | undefined {
  return [...store.modals.values()].flat().find(match) ?? [...store.homes.values()].find(match);
}

/** A trigger opens one view, within three seconds of the click. */
export function useTrigger(store: Store, id: string, lifetimeMs: number): Trigger {
  const trigger = store.triggers.get(id);
  if (!trigger) throw new ApiError('invalid_trigger_id');
  if (trigger.used) throw new ApiError('exchanged_trigger_id');
  if (performance.now() - trigger.issuedAtMs > lifetimeMs) throw new ApiError('expired_trigger_id');
  trigger.used = true;
  return trigger;
}

function refuseKnownExternalId(store: Store, { external_id }: View): void {
  if (external_id === undefined) return;
  if (findView(store, (view) => view.definition.external_id === external_id)) {
    throw new ApiError('duplicate_external_id');
  }
}

function newHash(store: Store): string {
  return `${Math.floor(store.now().getTime() / 1000)}.${store.newId('')}`;
}

/** The starting state: what was chosen before where the ids match, else the initial values. */
export function initialState(definition: Pick<View, 'blocks'>, before: StateValues): StateValues {
  const state: StateValues = {};
  for (const block of definition.blocks) {
    for (const element of elementsOf(block)) {
      const value = initialValue(element);
      if (!value) continue;
      const kept = before[block.block_id]?.[element.action_id];
      const chosen = kept?.type === element.type ? kept : value;
      state[block.block_id] = { ...state[block.block_id], [element.action_id]: chosen };
    }
  }
  return state;
}

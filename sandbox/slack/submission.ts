import { z } from 'zod';
import { ApiError } from './api-error.ts';
import { parseView } from './block-kit.ts';
import { complaint } from './inputs.ts';
import type { Interactions } from './interactions.ts';
import type { Store } from './store.ts';
import type { OpenView, User } from './types.ts';
import { clearViews, pushView, replaceView } from './view-stack.ts';

/** What a person sees after pressing the modal's submit button. */
export type Submitted =
  | { readonly kind: 'closed' }
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly kind: 'view'; readonly view: OpenView }
  /** "We had some trouble connecting": no ack in time, or an ack Slack refuses. The modal stays. */
  | { readonly kind: 'failed'; readonly error: string; readonly messages: readonly string[] };

const Answer = z.discriminatedUnion('response_action', [
  z.strictObject({
    response_action: z.literal('errors'),
    errors: z.record(z.string(), z.string().max(3000)),
  }),
  z.strictObject({ response_action: z.literal('update'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('push'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('clear') }),
]);

/** Submits the view: first the Slack client's own checks, then the app's word on it. */
export async function submit(
  store: Store,
  interactions: Interactions,
  user: User,
  view: OpenView,
): Promise<Submitted> {
  const complaints = ownChecks(view);
  if (Object.keys(complaints).length > 0) return showErrors(store, view, complaints);
  view.errors = {};
  const receipt = await interactions.submitView(user, view);
  if (!receipt.acked) return { kind: 'failed', error: receipt.error, messages: [receipt.detail] };
  const { payload } = receipt;
  const empty =
    payload === '' || payload == null || (typeof payload === 'object' && Object.keys(payload).length === 0);
  if (empty) {
    const rest = (store.modals.get(user.id) ?? []).filter((open) => open.id !== view.id);
    store.modals.set(user.id, rest);
    store.changed();
    return { kind: 'closed' };
  }
  const answer = Answer.safeParse(payload);
  if (!answer.success) {
    return { kind: 'failed', error: 'invalid_response', messages: [z.prettifyError(answer.error)] };
  }
  try {
    return carryOut(store, user, view, answer.data);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { kind: 'failed', error: error.code, messages: [JSON.stringify(error.extra)] };
  }
}

function carryOut(store: Store, user: User, view: OpenView, answer: z.infer<typeof Answer>): Submitted {
  switch (answer.response_action) {
    case 'clear':
      clearViews(store, user.id);
      return { kind: 'closed' };
    case 'update':
      return { kind: 'view', view: replaceView(store, view, parseView(answer.view)) };
    case 'push':
      return { kind: 'view', view: pushView(store, user.id, parseView(answer.view)) };
    case 'errors': {
      const inputs = new Set(view.definition.blocks.filter((b) => b.type === 'input').map((b) => b.block_id));
      const lost = Object.keys(answer.errors).filter((id) => !inputs.has(id));
      if (lost.length > 0) {
        const messages = [`errors name blocks that are no inputs of this view: ${lost.join(', ')}`];
        return { kind: 'failed', error: 'invalid_errors', messages };
      }
      return showErrors(store, view, answer.errors);
    }
  }
}

function showErrors(store: Store, view: OpenView, errors: Record<string, string>): Submitted {
  view.errors = errors;
  store.changed();
  return { kind: 'errors', errors };
}

function ownChecks(view: OpenView): Record<string, string> {
  const found: Record<string, string> = {};
  for (const block of view.definition.blocks) {
    if (block.type !== 'input') continue;
    const value = view.state[block.block_id]?.[block.element.action_id];
    const wrong = complaint(block.element, value, block.optional ?? false);
    if (wrong) found[block.block_id] = wrong;
  }
  return found;
}

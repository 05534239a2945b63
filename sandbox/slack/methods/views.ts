import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { parseView } from '../block-kit.ts';
import { json, type Method, method } from '../method.ts';
import { toApiView } from '../payloads.ts';
import type { OpenView } from '../types.ts';
import { findView, publishHome, pushView, replaceView, useTrigger } from '../view-stack.ts';

export const views: Record<string, Method> = {
  'views.open': method({
    tier: 4,
    args: { trigger_id: z.string(), view: json },
    run: (args, { store, triggerMs }) => {
      const definition = parseView(args.view);
      const trigger = useTrigger(store, args.trigger_id, triggerMs);
      return { view: toApiView(store, pushView(store, trigger.userId, definition)) };
    },
  }),

  'views.push': method({
    tier: 4,
    args: { trigger_id: z.string(), view: json },
    run: (args, { store, triggerMs }) => {
      const definition = parseView(args.view);
      const trigger = useTrigger(store, args.trigger_id, triggerMs);
      // Only a click inside a modal can push another one over it.
      if (!trigger.fromView) throw new ApiError('invalid_trigger_id');
      return { view: toApiView(store, pushView(store, trigger.userId, definition)) };
    },
  }),

  'views.update': method({
    tier: 4,
    args: {
      view: json,
      view_id: z.string().optional(),
      external_id: z.string().optional(),
      hash: z.string().optional(),
    },
    run: (args, { store }) => {
      const definition = parseView(args.view);
      if (!args.view_id && !args.external_id) throw new ApiError('invalid_arguments');
      const view = findView(store, (v) =>
        args.view_id ? v.id === args.view_id : v.definition.external_id === args.external_id,
      );
      if (!view) throw new ApiError('not_found');
      checkHash(view, args.hash);
      return { view: toApiView(store, replaceView(store, view, definition)) };
    },
  }),

  'views.publish': method({
    tier: 4,
    args: { user_id: z.string(), view: json, hash: z.string().optional() },
    run: (args, { store }) => {
      const definition = parseView(args.view);
      if (definition.type !== 'home') throw new ApiError('invalid_arguments');
      const user = store.users.get(args.user_id);
      if (!user || user.isBot || user.deactivated) throw new ApiError('user_not_found');
      const shown = store.homes.get(user.id);
      if (shown) checkHash(shown, args.hash);
      return { view: toApiView(store, publishHome(store, user.id, definition)) };
    },
  }),
};

function checkHash(view: OpenView, hash: string | undefined): void {
  if (hash !== undefined && hash !== view.hash) throw new ApiError('hash_conflict');
}

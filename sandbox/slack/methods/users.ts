import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { flag, type Method, method, page, paginate, type World } from '../method.ts';
import { toApiUser } from '../payloads.ts';
import type { UserGroup } from '../types.ts';

const email = (world: World) => ({ email: world.has('users:read.email') });

export const users: Record<string, Method> = {
  'users.info': method({
    scopes: ['users:read'],
    tier: 4,
    args: { user: z.string(), include_locale: flag.optional() },
    run: (args, world) => {
      const user = world.store.users.get(args.user);
      if (!user) throw new ApiError('user_not_found');
      return { user: toApiUser(user, email(world)) };
    },
  }),

  'users.list': method({
    scopes: ['users:read'],
    tier: 2,
    args: { ...page, include_locale: flag.optional() },
    run: (args, world) => {
      const ours = [...world.store.users.values()].filter((user) => !user.isStranger);
      const { items, response_metadata } = paginate(ours, args, { limit: 200, max: 1000 });
      return { members: items.map((user) => toApiUser(user, email(world))), response_metadata };
    },
  }),

  'users.lookupByEmail': method({
    scopes: ['users:read.email'],
    tier: 3,
    args: { email: z.string() },
    run: (args, world) => {
      const wanted = args.email.toLowerCase();
      const user = [...world.store.users.values()].find((u) => !u.isBot && u.email.toLowerCase() === wanted);
      if (!user || user.deactivated) throw new ApiError('users_not_found');
      return { user: toApiUser(user, email(world)) };
    },
  }),

  'usergroups.list': method({
    scopes: ['usergroups:read'],
    tier: 2,
    args: {
      include_users: flag.optional(),
      include_count: flag.optional(),
      include_disabled: flag.optional(),
    },
    run: (args, { store }) => {
      const groups = [...store.usergroups.values()].filter(
        (group) => args.include_disabled || !group.disabled,
      );
      return {
        usergroups: groups.map((group) => ({
          ...toApiGroup(store.team.id, group),
          ...(args.include_users ? { users: group.members } : {}),
          ...(args.include_count ? { user_count: group.members.length } : {}),
        })),
      };
    },
  }),

  'usergroups.users.list': method({
    scopes: ['usergroups:read'],
    tier: 2,
    args: { usergroup: z.string(), include_disabled: flag.optional() },
    run: (args, { store }) => {
      const group = store.usergroups.get(args.usergroup);
      if (!group || (group.disabled && !args.include_disabled)) throw new ApiError('no_such_subteam');
      return { users: group.members };
    },
  }),
};

function toApiGroup(teamId: string, group: UserGroup) {
  return {
    id: group.id,
    team_id: teamId,
    is_usergroup: true,
    handle: group.handle,
    name: group.name,
    date_delete: group.disabled ? 1 : 0,
  };
}

import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import { json, type Method, method } from '../method.ts';

export const auth: Record<string, Method> = {
  'api.test': method({
    tier: 4,
    token: 'any',
    args: { foo: json.optional(), error: z.string().optional() },
    run: (args) => {
      if (args.error) throw new ApiError(args.error);
      return { args };
    },
  }),

  'auth.test': method({
    tier: 4,
    args: {},
    run: (_args, { store }) => ({
      url: `https://${store.team.domain}.slack.com/`,
      team: store.team.domain,
      user: store.bot.key,
      team_id: store.team.id,
      user_id: store.bot.id,
      bot_id: store.bot.botId,
      is_enterprise_install: false,
    }),
  }),

  'apps.connections.open': method({
    tier: 3,
    token: 'app',
    args: {},
    run: (_args, { openSocketUrl }) => ({ url: openSocketUrl() }),
  }),
};

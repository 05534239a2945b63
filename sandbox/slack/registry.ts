import type { Method } from './method.ts';
import { auth } from './methods/auth.ts';
import { chat } from './methods/chat.ts';
import { conversations } from './methods/conversations.ts';
import { decoration } from './methods/decoration.ts';
import { files } from './methods/files.ts';
import { history } from './methods/history.ts';
import { users } from './methods/users.ts';
import { views } from './methods/views.ts';

/** Every Web API method there is here, by its Slack name. */
export const registry: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...auth,
    ...chat,
    ...conversations,
    ...history,
    ...views,
    ...users,
    ...decoration,
    ...files,
  }),
);

import { z } from 'zod';
import { personBySlack } from '../domain/people.ts';
import { renderHomeTab } from '../render/slack/home.ts';
import type { SlackDeps } from './deps.ts';

const Opened = z.object({ user: z.string(), tab: z.string().optional() });

/** Fills the Home tab for whoever opened it. */
export async function homeOpened(deps: SlackDeps, event: unknown): Promise<void> {
  const opened = Opened.safeParse(event);
  if (opened.success && opened.data.tab !== 'messages') await publishHome(deps, opened.data.user);
}

export async function publishHome(deps: SlackDeps, account: string): Promise<void> {
  const people = await deps.queries.people();
  const view = renderHomeTab(await deps.home(personBySlack(people, account)?.id ?? null));
  await deps.call('interactive', 'views.publish', { user_id: account, view });
}

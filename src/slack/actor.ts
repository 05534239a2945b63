import type { Actor } from '../domain/events.ts';
import { personBySlack } from '../domain/people.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { SlackDeps } from './deps.ts';

/** Who pressed or typed: the account, and the person of people.yml behind it, if any. */
export async function actorOf(deps: SlackDeps, account: string): Promise<Actor> {
  const people = await deps.queries.people();
  return { person: personBySlack(people, account)?.id ?? null, via: 'slack', account };
}

/**
 * Looks an account up before a vote, so that a guest, a bot or somebody who left does not count. When Slack does not
 * answer the old look stays, and one older than ten minutes does not count either.
 */
export async function refreshAccount(deps: SlackDeps, account: string): Promise<void> {
  if (await deps.accounts.isFresh(account)) return;
  const answer = await deps.call('interactive', 'users.info', { user: account }).catch((error: unknown) => {
    deps.log({ account, err: error }, 'an account could not be looked up');
    return null;
  });
  const user = answer?.user;
  if (typeof user !== 'object' || user === null) return;
  const flag = (name: string) =>
    name in user && Object.entries(user).some(([key, value]) => key === name && value === true);
  const standing = flag('deleted')
    ? 'inactive'
    : ['is_bot', 'is_app_user', 'is_workflow_bot', 'is_connector_bot'].some(flag)
      ? 'bot'
      : ['is_restricted', 'is_ultra_restricted', 'is_stranger'].some(flag)
        ? 'guest'
        : 'active';
  const zone = 'tz' in user && typeof user.tz === 'string' ? user.tz : null;
  await deps.accounts.save(account, standing, zone);
}

/**
 * Guests, bots and people of other organisations read what is posted and do nothing else. One who cannot be looked up
 * now is told so when it matters, at a vote; whoever is in people.yml is judged there, too.
 */
export async function outsider(deps: SlackDeps, { person, account }: Actor): Promise<Refusal | null> {
  if (person !== null || account === null) return null;
  await refreshAccount(deps, account);
  const standing = (await deps.accounts.read(account))?.standing ?? 'active';
  return standing === 'active'
    ? null
    : refuse('not-permitted', { what: 'This', who: 'members of the workspace' });
}

/** Members of the group a plan names, before a vote of its approval. */
export async function refreshGroup(deps: SlackDeps, handle: string): Promise<void> {
  const list = await deps.call('interactive', 'usergroups.list', {}).catch(() => null);
  const groups: readonly { id: string; handle: string }[] = Array.isArray(list?.usergroups)
    ? list.usergroups
    : [];
  const group = groups.find((candidate) => candidate.handle === handle);
  if (group === undefined) return;
  const members = await deps
    .call('interactive', 'usergroups.users.list', { usergroup: group.id })
    .catch(() => null);
  if (Array.isArray(members?.users)) await deps.accounts.saveGroup(handle, members.users.map(String));
}

/**
 * Whether people of another organisation read along in a channel. Votes count, and mentions are answered, only where it
 * is known that nobody does.
 */
export async function readersOf(
  deps: SlackDeps,
  channel: string | undefined,
): Promise<'own' | 'shared' | 'not known'> {
  if (channel === undefined) return 'own';
  const answer = await deps.call('interactive', 'conversations.info', { channel }).catch(() => null);
  const info = answer?.channel;
  if (typeof info !== 'object' || info === null) return 'not known';
  return 'is_ext_shared' in info && info.is_ext_shared === true ? 'shared' : 'own';
}

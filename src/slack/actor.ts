import type { Actor } from '../domain/events.ts';
import { personBySlack } from '../domain/people.ts';
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

/** Guests of the workspace may not act; one that cannot be looked up now is told so when it matters, at a vote. */
export async function isGuest(deps: SlackDeps, account: string): Promise<boolean> {
  await refreshAccount(deps, account);
  return (await deps.accounts.read(account))?.standing === 'guest';
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

/** True where people of another organisation read along: votes are closed there. Not known counts as shared. */
export async function isSharedChannel(deps: SlackDeps, channel: string | undefined): Promise<boolean> {
  if (channel === undefined) return false;
  const answer = await deps.call('interactive', 'conversations.info', { channel }).catch(() => null);
  const info = answer?.channel;
  return (
    typeof info !== 'object' || info === null || ('is_ext_shared' in info && info.is_ext_shared === true)
  );
}

import { z } from 'zod';
import type { App } from '../app.ts';
import { type Slack, slackError } from '../clients/slack.ts';
import type { Plan } from '../domain/plan.ts';
import { bad, type Check, type Finding, ok, skipped, warned } from './finding.ts';

/** Everybody whose vote a plan waits for: known, reachable and able to vote. Without Slack, as far as people.yml tells. */
export function approverChecks(app: App, slack: Slack | null): readonly Check[] {
  const plans = app.folder.plans.map(({ plan }) => plan);
  const ids = new Set(plans.flatMap(({ approvals }) => approvals.approvers));
  return [
    ...[...ids].map((id) => ({ what: `approver ${id}`, look: () => approver(app, slack, id) })),
    ...plans.flatMap((plan) => groupCheck(app, slack, plan)),
  ];
}

async function approver({ folder }: App, slack: Slack | null, id: string): Promise<readonly Finding[]> {
  const what = `approver ${id}`;
  const person = folder.people.people[id];
  if (person === undefined)
    return [
      bad(what, `A plan names "${id}", who is not in people.yml. Add people.${id}, or correct the plan.`),
    ];
  if (person.slack.length === 0)
    return [
      bad(
        what,
        `${person.name} has no Slack account to vote with. Add one at people.${id}.slack in people.yml.`,
      ),
    ];
  const notes =
    person.sshKeys.length > 0
      ? []
      : [`${person.name} cannot vote from a terminal; add a key at people.${id}.sshKeys in people.yml.`];
  if (slack === null) return [skipped(what, ['The Slack account was not looked up.', ...notes].join(' '))];
  const faults = (await Promise.all(person.slack.map((account) => accountFault(slack, account)))).flat();
  const known = [...faults, ...notes].join(' ');
  if (faults.length < person.slack.length) return [known === '' ? ok(what) : warned(what, known)];
  const next = `No vote of ${person.name} counts. Correct people.${id}.slack, or name another approver.`;
  return [bad(what, [...faults, next].join(' '))];
}

const Flag = z.boolean().default(false);
const UserInfo = z.object({
  user: z.object({
    deleted: Flag,
    is_bot: Flag,
    is_app_user: Flag,
    is_workflow_bot: Flag,
    is_connector_bot: Flag,
    is_restricted: Flag,
    is_ultra_restricted: Flag,
    is_stranger: Flag,
  }),
});

/** Why an account cannot vote: one sentence or none. */
async function accountFault(slack: Slack, account: string): Promise<readonly string[]> {
  const answer = await slack.call('bulk', 'users.info', { user: account }).catch((error: unknown) => {
    if (slackError(error) === 'user_not_found') return null;
    throw error;
  });
  const standing = answer === null ? 'not in this workspace' : standingOf(UserInfo.parse(answer));
  return standing === null ? [] : [`The Slack account ${account} is ${standing}.`];
}

function standingOf({ user }: z.infer<typeof UserInfo>): string | null {
  if (user.deleted) return 'deactivated';
  if (user.is_bot || user.is_app_user || user.is_workflow_bot || user.is_connector_bot) return 'a bot';
  return user.is_restricted || user.is_ultra_restricted || user.is_stranger ? 'a guest' : null;
}

const Groups = z.object({ usergroups: z.array(z.object({ id: z.string(), handle: z.string() })) });
const Members = z.object({ users: z.array(z.string()) });

/** A plan may ask that approvers are also in a Slack group. */
function groupCheck({ folder }: App, slack: Slack | null, { system, approvals }: Plan): readonly Check[] {
  const handle = approvals.slackGroup;
  if (handle === undefined || slack === null) return [];
  const what = `group @${handle} of ${system}`;
  const look = async () => {
    const { usergroups } = Groups.parse(await slack.call('bulk', 'usergroups.list'));
    const group = usergroups.find((candidate) => candidate.handle === handle);
    if (group === undefined)
      return [
        bad(
          what,
          `Slack has no user group @${handle}. Create it, or correct approvals.slackGroup of the plan.`,
        ),
      ];
    const { users } = Members.parse(
      await slack.call('bulk', 'usergroups.users.list', { usergroup: group.id }),
    );
    const outside = approvals.approvers.filter(
      (id) => !folder.people.people[id]?.slack.some((account) => users.includes(account)),
    );
    return outside.length === 0
      ? [ok(what)]
      : [
          bad(
            what,
            `Approvers outside of it, whose votes do not count: ${outside.join(', ')}. Add them to the group in Slack.`,
          ),
        ];
  };
  return [{ what, look }];
}

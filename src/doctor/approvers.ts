import { z } from 'zod';
import type { App } from '../app.ts';
import { type Slack, slackError } from '../clients/slack.ts';
import type { Plan } from '../domain/plan.ts';
import { bad, type Check, type Finding, ok } from './finding.ts';

/** Everybody whose vote a plan waits for: known, reachable, and really able to vote. */
export function approverChecks(app: App): readonly Check[] {
  const plans = app.folder.plans.map(({ plan }) => plan);
  const ids = new Set(plans.flatMap(({ approvals }) => approvals.approvers));
  return [
    ...[...ids].map((id) => ({ what: `approver ${id}`, look: () => approver(app, id) })),
    ...plans.flatMap((plan) => groupCheck(app, plan)),
  ];
}

async function approver({ folder, slack }: App, id: string): Promise<readonly Finding[]> {
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
  if (slack === null) return [ok(what, ['The Slack account was not looked up.', ...notes].join(' '))];
  const faults = await Promise.all(person.slack.map((account) => accountFault(slack, account)));
  const told = faults.filter((fault) => fault !== null);
  return told.length === faults.length
    ? [
        bad(
          what,
          `${told.join(' ')} No vote of ${person.name} counts. Correct people.${id}.slack, or name another approver.`,
        ),
      ]
    : [ok(what, [...told, ...notes].join(' '))];
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

/** Why an account cannot vote, or null. */
async function accountFault(slack: Slack, account: string): Promise<string | null> {
  try {
    const { user } = UserInfo.parse(await slack.call('bulk', 'users.info', { user: account }));
    if (user.deleted) return `The Slack account ${account} is deactivated.`;
    if (user.is_bot || user.is_app_user || user.is_workflow_bot || user.is_connector_bot)
      return `The Slack account ${account} is a bot.`;
    return user.is_restricted || user.is_ultra_restricted || user.is_stranger
      ? `The Slack account ${account} is a guest.`
      : null;
  } catch (error) {
    if (slackError(error) === 'user_not_found')
      return `There is no Slack account ${account} in this workspace.`;
    throw error;
  }
}

const Groups = z.object({ usergroups: z.array(z.object({ id: z.string(), handle: z.string() })) });
const Members = z.object({ users: z.array(z.string()) });

/** A plan may ask that approvers are also in a Slack group. */
function groupCheck({ folder, slack }: App, { system, approvals }: Plan): readonly Check[] {
  const handle = approvals.slackGroup?.replace(/^@/, '');
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
            `${outside.join(', ')} approve for ${system} and are not in @${handle}. Add them in Slack.`,
          ),
        ];
  };
  return [{ what, look }];
}

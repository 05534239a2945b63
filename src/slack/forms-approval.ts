import type { Approval } from '../domain/approval.ts';
import type { Actor } from '../domain/events.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import { instant } from '../render/format.ts';
import { readersOf, refreshAccount, refreshGroup } from './actor.ts';
import type { SlackDeps } from './deps.ts';
import { type FormAnswer, notice, outcome, refused, type Submission } from './form-answer.ts';

/** A vote. Account, group and channel are looked up first; the decision is the database's alone. */
export async function castVote(
  deps: SlackDeps,
  actor: Actor,
  vote: { readonly approval: string; readonly digest: string; readonly typedName: string | null },
): Promise<{ approval: Approval } | Refusal> {
  const approval = await deps.queries.approvalMeant(vote.approval, null);
  if (isRefusal(approval)) return approval;
  const view = await deps.views.incident(approval.incident);
  const [readers] = await Promise.all([
    readersOf(deps, view?.incident.channel?.id),
    actor.account === null ? null : refreshAccount(deps, actor.account),
    approval.slackGroup === null ? null : refreshGroup(deps, approval.slackGroup),
  ]);
  return deps.approvals.vote(actor, {
    ...vote,
    approval: approval.id,
    signature: null,
    sharedChannel: readers !== 'own',
  });
}

export async function submitApproval({ deps, actor, carried, fields }: Submission): Promise<FormAnswer> {
  const voted = await castVote(deps, actor, {
    approval: carried.approval ?? '',
    digest: carried.digest ?? '',
    typedName: fields.name ?? null,
  });
  if (isRefusal(voted))
    return voted.code === 'name-does-not-match' ? outcome(deps, voted, 'name') : refused(deps, voted);
  const { votes, status } = voted.approval;
  const last = votes.at(-1);
  const says =
    status.is === 'approved' ? 'The approved steps are starting.' : 'One more person must approve.';
  return notice(
    `Your approval is recorded at ${last === undefined ? '' : instant(last.at)}. ${votes.length} of 2. ${says}`,
    'Recorded',
  );
}

export async function submitVeto({ deps, actor, carried, fields }: Submission): Promise<FormAnswer> {
  if (actor.account !== null) await refreshAccount(deps, actor.account);
  const vetoed = await deps.approvals.veto(actor, carried.approval ?? '', fields.reason ?? '');
  return isRefusal(vetoed)
    ? refused(deps, vetoed)
    : notice(
        `Your veto of ${carried.approval ?? 'the approval'} is recorded. Nothing was changed.`,
        'Recorded',
      );
}

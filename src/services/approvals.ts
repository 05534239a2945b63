import type { Approval } from '../domain/approval.ts';
import {
  type AccountStanding,
  type Decision,
  decideVeto,
  decideVote,
  stillEligible,
  type Voter,
} from '../domain/approval-decide.ts';
import { fingerprintOf } from '../domain/canonical.ts';
import type { Actor, ApprovalEvent, VoteProof } from '../domain/events.ts';
import { readable } from '../domain/incident-decide.ts';
import { nameOf, type People } from '../domain/people.ts';
import { isRefusal, type Refusal, type RefusalCode, refuse } from '../domain/refusal.ts';
import { lockApproval } from '../store/aggregates.ts';
import type { Tx } from '../store/database.ts';
import { peopleInForce, planInForce } from '../store/documents.ts';
import { freshGroup, readAccount } from '../store/surroundings.ts';
import type { Deps } from './deps.ts';

export type Approvals = ReturnType<typeof createApprovals>;

/** Checks an SSH signature over text by one of the person's keys (`ssh-keygen -Y verify`). */
export type VerifySignature = (keys: readonly string[], text: string, signature: string) => Promise<boolean>;

export interface VoteRequest {
  readonly approval: string;
  readonly digest: string;
  readonly typedName: string | null;
  /** From the command line: an armoured SSH signature over `signedText(...)`. */
  readonly signature: string | null;
  /** Votes are closed where people of another organisation read along. */
  readonly sharedChannel: boolean;
}

/** Refusals that only answer a hurried finger are not kept; everything else a security reader wants to see. */
const NOT_RECORDED: ReadonlySet<RefusalCode> = new Set([
  'approval-complete',
  'name-does-not-match',
  'unknown-approval',
]);

const ACCOUNT_FRESH_MS = 10 * 60_000;

/** Use cases of an approval: vote and veto, from Slack or from a terminal. */
export function createApprovals({ db, commit }: Deps, verifySignature: VerifySignature) {
  async function vote(actor: Actor, request: VoteRequest): Promise<{ approval: Approval } | Refusal> {
    const proven = await proofOf(actor, request);
    return decide(actor, request.approval, async (approval, tx, now) => {
      if (isRefusal(proven)) return proven;
      const { voter, people, current } = await voterOf(tx, actor, approval, request.sharedChannel, now);
      const othersEligible = names(
        people,
        stillEligible(approval, current).filter((person) => person !== voter.person),
      );
      return decideVote(
        approval,
        { voter, digest: request.digest, typedName: request.typedName, proof: proven, othersEligible },
        now,
      );
    });
  }

  /** Works with or without Slack: from a terminal a veto needs no signature, it only stops. */
  async function veto(actor: Actor, id: string, reason: string): Promise<{ approval: Approval } | Refusal> {
    return decide(actor, id, async (approval, tx, now) => {
      const { voter, people, current } = await voterOf(tx, actor, approval, false, now);
      return decideVeto(
        approval,
        voter,
        readable(reason),
        names(people, stillEligible(approval, current)),
        now,
      );
    });
  }

  async function decide(
    actor: Actor,
    id: string,
    judge: (approval: Approval, tx: Tx, now: Date) => Promise<Decision<ApprovalEvent>>,
  ): Promise<{ approval: Approval } | Refusal> {
    return db.transact(async (tx) => {
      const located = await lockApproval(tx, id);
      if (located === undefined) return refuse('unknown-approval', { approval: id });
      const decision = await judge(located.state, tx, located.now);
      if (!isRefusal(decision)) {
        await commit(tx, actor, [{ type: 'approval', id, events: decision.events }]);
        return { approval: (await lockApproval(tx, id))?.state ?? located.state };
      }
      if (!NOT_RECORDED.has(decision.code)) {
        const at = located.now.toISOString();
        const { person, account } = actor;
        await commit(tx, actor, [
          {
            type: 'approval',
            id,
            events: [{ kind: 'approval.click-refused', person, account, code: decision.code, at }],
          },
        ]);
      }
      return decision;
    });
  }

  /** Signatures are checked before the transaction: nothing outside is called inside one. */
  async function proofOf(actor: Actor, request: VoteRequest): Promise<VoteProof | Refusal> {
    if (actor.via !== 'cli') return { via: 'slack', account: actor.account, signature: null };
    const people = await peopleInForce(db);
    const keys = people.people[actor.person ?? '']?.sshKeys ?? [];
    const { signature } = request;
    const good =
      signature !== null &&
      (await verifySignature(keys, signedText(request.approval, request.digest), signature));
    if (!good)
      return refuse('signature-invalid', { person: actor.person ?? 'nobody', approval: request.approval });
    return { via: 'cli', account: actor.account, signature };
  }

  return { vote, veto };
}

/** The text a vote from a terminal signs: what is approved, and nothing a reader could mistake. */
export function signedText(approval: string, digest: string): string {
  return `dr-bot approve ${approval}\nfingerprint ${fingerprintOf(digest)}\nsha256 ${digest}\n`;
}

async function voterOf(
  tx: Tx,
  actor: Actor,
  approval: Approval,
  sharedChannel: boolean,
  now: Date,
): Promise<{ voter: Voter; people: People; current: readonly string[] }> {
  const people = await peopleInForce(tx);
  const current = await currentApprovers(tx, approval);
  const person = actor.person;
  const inGroup =
    approval.slackGroup === null ||
    actor.via === 'cli' ||
    (await freshGroup(tx, approval.slackGroup)).includes(actor.account ?? '');
  const account = sharedChannel ? 'shared-channel' : await standingOf(tx, actor, now);
  return {
    voter: { person, account, inCurrentList: person !== null && current.includes(person), inGroup },
    people,
    current,
  };
}

/** Removal from the plan's list works at once; so does leaving people.yml. */
export async function currentApprovers(tx: Tx, approval: Approval): Promise<readonly string[]> {
  const people = await peopleInForce(tx);
  const version = await planInForce(tx, approval.system);
  return (version?.plan.approvals.approvers ?? []).filter((person) => people.people[person] !== undefined);
}

/** Voters who no longer count when the gate opens, a sentence each: off the list, or not theirs any more, or not active. */
export async function lostVotersOf(tx: Tx, approval: Approval): Promise<readonly string[]> {
  const { people } = await peopleInForce(tx);
  const current = await currentApprovers(tx, approval);
  const lost: string[] = [];
  // Nobody has looked lately: then it counts as it did when they voted.
  const group = approval.slackGroup === null ? [] : await freshGroup(tx, approval.slackGroup);
  for (const { person, proof } of approval.votes) {
    if (!current.includes(person)) lost.push(`${person} is no longer an approver.`);
    if (group.length > 0 && proof.via === 'slack' && !group.includes(proof.account ?? ''))
      lost.push(`${person} is no longer in @${approval.slackGroup}.`);
    const own = people[person]?.slack ?? [];
    if (proof.via === 'slack' && !own.includes(proof.account ?? ''))
      lost.push(`The account that voted for ${person} is no longer theirs in people.yml.`);
    const rows = await Promise.all(
      (proof.via === 'cli' ? own : [proof.account ?? '']).map((account) => readAccount(tx, account)),
    );
    const gone = rows.find(
      (row) =>
        row?.standing === 'inactive' ||
        (proof.via === 'slack' && row !== undefined && row.standing !== 'active'),
    );
    if (gone !== undefined) lost.push(`The account of ${person} does not count any more: ${gone.standing}.`);
  }
  return lost;
}

async function standingOf(tx: Tx, actor: Actor, now: Date): Promise<AccountStanding> {
  // A terminal's vote is carried by its signature, unless Slack knows that the person has left.
  if (actor.via === 'cli') {
    const accounts = (await peopleInForce(tx)).people[actor.person ?? '']?.slack ?? [];
    const rows = await Promise.all(accounts.map((account) => readAccount(tx, account)));
    return rows.some((row) => row?.standing === 'inactive') ? 'inactive' : 'active';
  }
  const account = actor.account === null ? undefined : await readAccount(tx, actor.account);
  // A look from the future is none: the clock was set back since.
  if (account === undefined || Math.abs(now.getTime() - account.checkedAt.getTime()) > ACCOUNT_FRESH_MS)
    return 'unknown';
  return account.standing;
}

function names(people: People, persons: readonly string[]): string {
  return persons.map((person) => nameOf(people, person)).join(', ');
}

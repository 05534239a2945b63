import { createInterface } from 'node:readline/promises';
import type { App } from './app.ts';
import { signText } from './clients/ssh.ts';
import type { Reply, Words } from './command.ts';
import { fingerprintOf } from './domain/canonical.ts';
import type { Actor } from './domain/events.ts';
import { nameOf } from './domain/people.ts';
import { isRefusal } from './domain/refusal.ts';
import { refusalText } from './render/refusals.ts';
import { renderApproval } from './render/text/approval.ts';
import { signedText } from './services/approvals.ts';

type ApprovalReply = Extract<Reply, { what: 'approval' }>;

/**
 * Shows what would run and takes a vote that is signed with the person's own key: one shell must not be two people.
 * Without a terminal `fingerprint=` is required, so that a script approves only what its author saw.
 */
export async function voteFromTerminal(
  app: App,
  actor: Actor,
  { view, approval }: ApprovalReply,
  input: Words,
): Promise<number> {
  const name = (person: string) => nameOf(view.people, person);
  const fingerprint = fingerprintOf(approval.digest);
  process.stdout.write(`${renderApproval(view, approval.id)}\n`);
  const key = process.env.DR_SSH_KEY;
  if (approval.status.is !== 'open') return 1;
  if (actor.person === null || key === undefined || key === '') {
    process.stderr.write(
      'A vote from a terminal is signed. Name yourself with --as and your private key with DR_SSH_KEY. Nothing was recorded.\n',
    );
    return 1;
  }
  const seen =
    input.pairs.fingerprint ??
    (await ask(`You are ${name(actor.person)}. Type approve, or press Enter to leave: `, fingerprint));
  if (seen === null) return 4;
  if (seen !== fingerprint) {
    process.stderr.write(
      `approval-superseded: the fingerprint is ${fingerprint}, you gave ${seen}. Nothing was recorded. Read ${approval.id} again.\n`,
    );
    return 1;
  }
  const typedName =
    input.pairs.name ??
    (approval.confirmName === null
      ? null
      : await ask(`Type the name ${approval.confirmName} to approve: `, null));
  const signature = await signText(key, signedText(approval.id, approval.digest));
  const voted = await app.approvals.vote(actor, {
    approval: approval.id,
    digest: approval.digest,
    typedName,
    signature,
    sharedChannel: false,
  });
  if (isRefusal(voted)) {
    process.stderr.write(`${voted.code}: ${refusalText(voted, { name })}\n`);
    return 1;
  }
  process.stdout.write(
    `[ok] Recorded. ${voted.approval.votes.length} of 2. ${voted.approval.status.is === 'approved' ? 'The approved steps are starting.' : 'One more person must approve.'}\n`,
  );
  return 0;
}

/** What was typed; `approve` stands for the fingerprint that is shown. Null where nobody can be asked. */
async function ask(question: string, approve: string | null): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const typed = (await reader.question(question)).trim();
  reader.close();
  return typed === 'approve' && approve !== null ? approve : typed === '' ? null : typed;
}

/**
 * A refusal is a value: somebody may not, or it is too late. The code names the sentence in render/refusals.ts, the
 * facts fill it. Nothing was changed when one is returned.
 */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: RefusalCode;
  readonly facts: Readonly<Record<string, string>>;
}

export type RefusalCode =
  // approvals (CARDS §7.6)
  | 'approval-superseded'
  | 'requester-cannot-approve'
  | 'not-an-approver'
  | 'guest-or-external'
  | 'bot-cannot-approve'
  | 'already-approved'
  | 'same-person'
  | 'not-in-people-file'
  | 'account-inactive'
  | 'approval-expired'
  | 'approval-void-drift'
  | 'approval-vetoed'
  | 'approval-complete'
  | 'too-late-to-veto'
  | 'name-does-not-match'
  | 'shared-channel'
  | 'signature-invalid'
  | 'unknown-approval'
  // commands (CARDS §13)
  | 'unknown-command'
  | 'usage'
  | 'not-permitted'
  | 'unknown-system'
  | 'unknown-runbook'
  | 'unknown-incident'
  | 'unknown-run'
  | 'unknown-step'
  | 'unknown-person'
  | 'unknown-severity'
  | 'which-incident'
  | 'no-open-incident'
  | 'incident-closed'
  | 'run-active'
  | 'run-over'
  | 'step-not-stopped'
  | 'step-cannot-skip'
  | 'step-not-asked'
  | 'ruling-unsigned'
  | 'choice-unknown'
  | 'evidence-missing'
  | 'input-invalid'
  | 'approval-open'
  | 'unknown-alert'
  | 'alert-closed'
  | 'unknown-backup'
  | 'resolve-incomplete'
  | 'text-unreadable'
  | 'nothing-to-abort'
  | 'preview-blocked'
  | 'too-few-approvers'
  | 'report-missing'
  | 'audit-failed'
  | 'role-empty';

export function refuse(code: RefusalCode, facts: Readonly<Record<string, string>> = {}): Refusal {
  return { kind: 'refusal', code, facts };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}

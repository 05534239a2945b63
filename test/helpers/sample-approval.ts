import type { ApprovalCard, ApprovalEvent, LoggedEvent } from '../../src/domain/events.ts';
import { APPROVAL, at, DIGEST, INCIDENT, RUN, type Story } from './sample-story.ts';

export function approvalCard(story: Story, changes: Partial<ApprovalCard> = {}): ApprovalCard {
  const { texts } = story;
  return {
    title: 'Cut over to the restored database',
    impact: 'Sign-in and token refresh for everyone, about 3 s.',
    steps: [
      {
        number: 9,
        title: 'Scale `janua-api` to 0',
        lines: ['`janua-api` in `janua`: 4 → 0 replicas (HPA 3–10, inactive at 0)'],
      },
      {
        number: 10,
        title: 'Swap databases',
        lines: ['database `janua` → `janua_before_run31`; `janua_run31` → `janua`'],
      },
      { number: 11, title: 'Scale `janua-api` back', lines: ['`janua-api`: 0 → 4 replicas'] },
      { number: 12, title: 'Wait until all are ready', lines: ['wait until 4 of 4 are ready'] },
    ],
    undo: ['swap back, about 3 s', '`janua-api` goes back to 4 replicas on the untouched database'],
    loss: '118 rows written 02:00:04–02:04:56 UTC: `sessions` 102, `audit_log` 16.',
    rpoMs: 300_000,
    lossMs: 292_000,
    shown: [
      { name: 'sessions cut', value: '37' },
      { name: 'replication lag', value: '0 s' },
    ],
    proved: [
      { state: 'done', text: `backup complete, 38.2 MB, SHA-256 9f2c41d0…, ${texts.fact}` },
      { state: 'done', text: '214,600 rows in 6 tables, 0 foreign keys broken, sequences ahead' },
      { state: 'skipped', text: 'roles and grants: none stored' },
      { state: 'unknown', text: 'login with a real account (no test account in the plan)' },
    ],
    bound: [
      { step: 'stop', text: 'deployment janua/janua-api, uid 4f1c…' },
      { step: 'swap', text: 'database janua oid 16391, scratch janua_run31 oid 20112' },
    ],
    readAt: at('02:18:55'),
    ...changes,
  };
}

export function askApproval(
  story: Story,
  changes: Partial<Extract<ApprovalEvent, { kind: 'approval.requested' }>> = {},
  id = APPROVAL,
): LoggedEvent {
  story.run({ kind: 'gate.asked', gate: 'cut-over', approval: id, digest: DIGEST }, '02:18:56');
  return story.approval(
    {
      kind: 'approval.requested',
      run: RUN,
      incident: INCIDENT,
      system: 'janua',
      gate: 'cut-over',
      digest: DIGEST,
      class: 'reversible',
      card: approvalCard(story),
      requester: 'ana',
      requesterCounts: true,
      eligible: ['ana', 'ben', 'mina'],
      slackGroup: null,
      escalateTo: ['mina'],
      confirmName: null,
      requestedAt: at('02:18:56'),
      approveBy: at('02:33:56'),
      openWithinMs: 600_000,
      remindEveryMs: 300_000,
      escalateAfterMs: 600_000,
      replaces: null,
      ...changes,
    },
    '02:18:56',
    'ana',
    id,
  );
}

export function vote(story: Story, person: string, time: string): LoggedEvent {
  const proof = { via: 'slack', account: `U-${person}`, signature: null } as const;
  return story.approval(
    { kind: 'approval.vote-cast', person, proof, digest: DIGEST, at: at(time) },
    time,
    person,
  );
}

import type { Approval } from '../domain/approval.ts';
import { decideOpening } from '../domain/approval-decide.ts';
import { toJson } from '../domain/canonical.ts';
import type { ApprovalCard, ApprovalEvent, RunEvent } from '../domain/events.ts';
import { type BoundStep, differencesBetween } from '../domain/gate.ts';
import { addMs } from '../domain/incident.ts';
import { type Gate, stepsOf, strictestClass } from '../domain/plan.ts';
import { stepState } from '../domain/run.ts';
import { resolve } from '../domain/template.ts';
import { lostVotersOf, signedText, type VerifySignature } from '../services/approvals.ts';
import { lockApproval, nextNumber } from '../store/aggregates.ts';
import { peopleInForce } from '../store/documents.ts';
import { type GatePreview, previewOrReasons } from './gate-preview.ts';
import { paramsOf, type Snapshot } from './snapshot.ts';
import type { Attempt } from './step.ts';

/**
 * Asks for the gate's approval: a new card from facts read now, or the reasons why the gate cannot be asked for. An
 * earlier approval that ended without an opening is replaced.
 */
export async function askGate(attempt: Attempt, gate: Gate): Promise<void> {
  const { world, snapshot } = attempt;
  const preview = await previewOrReasons(attempt, gate);
  const at = snapshot.now.toISOString();
  if (Array.isArray(preview))
    return attempt.record([{ kind: 'gate.blocked', gate: gate.gate, reasons: preview, at }]);
  if (preview.blocked.length > 0)
    return attempt.record([{ kind: 'gate.blocked', gate: gate.gate, reasons: preview.blocked, at }]);
  await attempt.recordWith(async (tx, now) => {
    const id = `APR-${await nextNumber(tx, 'approval')}`;
    const asked: RunEvent = { kind: 'gate.asked', gate: gate.gate, approval: id, digest: preview.digest };
    return [
      { type: 'approval', id, events: [requestOf(snapshot, gate, preview, now)] },
      { type: 'run', id: snapshot.run.id, events: [asked] },
    ];
  });
  world.log({ run: snapshot.run.id, gate: gate.gate, digest: preview.digest }, 'approval asked for');
}

function requestOf(snapshot: Snapshot, gate: Gate, preview: GatePreview, now: Date): ApprovalEvent {
  const { run, plan, incident, approval } = snapshot;
  const rules = plan.approvals;
  const at = now.toISOString();
  return {
    kind: 'approval.requested',
    run: run.id,
    incident: incident.id,
    system: run.system,
    gate: gate.gate,
    digest: preview.digest,
    class: preview.class,
    card: cardOf(snapshot, gate, preview, at),
    requester: run.requestedBy,
    requesterCounts: rules.requesterCounts,
    eligible: run.approvers,
    slackGroup: rules.slackGroup ?? null,
    escalateTo: rules.escalateTo,
    confirmName: preview.class === 'irreversible' ? (gate.confirmName ?? run.system) : null,
    requestedAt: at,
    approveBy: addMs(at, rules.approveWithin),
    openWithinMs: rules.openWithin,
    remindEveryMs: rules.remindEvery,
    escalateAfterMs: rules.escalateAfter,
    replaces: approval?.id ?? null,
  };
}

function cardOf(snapshot: Snapshot, gate: Gate, preview: GatePreview, readAt: string): ApprovalCard {
  const { scope, component, incident } = snapshot;
  const point =
    gate.recoveryPoint === undefined ? Number.NaN : Date.parse(String(resolve(gate.recoveryPoint, scope)));
  const until = Date.parse(incident.occurredAt ?? incident.declaredAt);
  return {
    title: gate.title,
    impact: gate.impact,
    steps: preview.steps,
    undo: preview.undo,
    loss:
      gate.loss === undefined
        ? 'Not known: the plan names no loss report for this gate.'
        : String(resolve(gate.loss, scope)),
    rpoMs: component.objectives?.rpo ?? snapshot.plan.objectives.rpo,
    lossMs: Number.isNaN(point) ? null : Math.max(0, until - point),
    shown: preview.shown,
    proved: provedBefore(snapshot, gate),
    bound: preview.subject.map(({ step, bound }) => ({ step, text: JSON.stringify(bound) })),
    readAt,
  };
}

/** What earlier steps have proved, for the people who are asked: done, or skipped and by whom. */
function provedBefore(snapshot: Snapshot, gate: Gate): ApprovalCard['proved'] {
  const proved: ApprovalCard['proved'][number][] = [];
  for (const placed of stepsOf(snapshot.runbook)) {
    if (placed.gate === gate) break;
    const { status, output } = stepState(snapshot.run, placed.step.id);
    // What a person saw, in their words: whoever approves relies on it.
    const said = typeof output.evidence === 'string' ? `: "${output.evidence.slice(0, 120)}"` : '';
    if (status.is === 'done')
      proved.push({ state: 'done', text: `${placed.step.title}: ${status.summary}${said}` });
    if (status.is === 'skipped')
      proved.push({ state: 'skipped', text: `${placed.step.title}: ${status.reason}` });
  }
  return proved;
}

/**
 * The last check before the first effect: fingerprint, both clocks, both people. Opening uses the approval up; from
 * then on nothing voids or expires, and the gate runs to its end or through its undo.
 */
export async function openGate(
  attempt: Attempt,
  gate: Gate,
  approvalId: string,
  verifySignature: VerifySignature,
): Promise<void> {
  const { snapshot } = attempt;
  const [preview, badSignatures] = await Promise.all([
    previewOrReasons(attempt, gate),
    snapshot.approval === null ? [] : brokenSignatures(attempt, snapshot.approval, verifySignature),
  ]);
  const before = snapshot.approval === null ? [] : await boundOf(attempt, snapshot.approval);
  const raised =
    !Array.isArray(preview) &&
    snapshot.approval !== null &&
    strictestClass([snapshot.approval.class, preview.class]) !== snapshot.approval.class;
  const facts = Array.isArray(preview)
    ? { digest: '', differences: preview, limits: [] }
    : {
        // Votes for a class do not count for a stricter one: other people may have to vote, and the name be typed.
        digest: raised ? '' : preview.digest,
        differences: [
          ...differencesBetween(before, preview.subject),
          ...(raised ? [`class: ${snapshot.approval?.class} → ${preview.class}`] : []),
        ],
        limits: preview.blocked,
      };
  await attempt.recordWith(async (tx, now) => {
    const located = await lockApproval(tx, approvalId);
    if (located === undefined) throw new Error(`${approvalId}: an asked approval is missing`);
    const lostVoters = [...badSignatures, ...(await lostVotersOf(tx, located.state))];
    const events = decideOpening(located.state, { ...facts, lostVoters }, now);
    const opened = events.some(({ kind }) => kind === 'approval.used');
    const run: RunEvent[] = opened
      ? [
          {
            kind: 'gate.opened',
            gate: gate.gate,
            approval: approvalId,
            digest: facts.digest,
            at: now.toISOString(),
          },
        ]
      : [];
    return [
      { type: 'approval', id: approvalId, events },
      { type: 'run', id: snapshot.run.id, events: run },
    ];
  });
}

/** The bound facts as they were when people were asked, from the card. */
async function boundOf(attempt: Attempt, approval: Approval): Promise<readonly BoundStep[]> {
  const placed = stepsOf(attempt.snapshot.runbook);
  return approval.card.bound.map(({ step, text }) => {
    const entry = placed.find((candidate) => candidate.step.id === step);
    const params = entry === undefined ? null : paramsOf(entry, attempt.snapshot.scope);
    return { step, action: entry?.step.uses ?? '', params, bound: toJson(JSON.parse(text)), undo: false };
  });
}

/** Votes from a terminal are proved again from their signatures, whatever the row says. */
async function brokenSignatures(
  attempt: Attempt,
  approval: Approval,
  verify: VerifySignature,
): Promise<readonly string[]> {
  const people = await peopleInForce(attempt.world.db);
  const checked = await Promise.all(
    approval.votes.map(async ({ person, proof }) => {
      if (proof.via !== 'cli') return [];
      const keys = people.people[person]?.sshKeys ?? [];
      const text = signedText(approval.id, approval.digest);
      const good = proof.signature !== null && (await verify(keys, text, proof.signature));
      return good ? [] : [`The signature of ${person} does not match their keys in people.yml.`];
    }),
  );
  return checked.flat();
}

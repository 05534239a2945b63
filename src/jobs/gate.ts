import type { Preview } from '../actions/action.ts';
import type { Approval } from '../domain/approval.ts';
import { decideOpening } from '../domain/approval-decide.ts';
import { type Json, toJson } from '../domain/canonical.ts';
import type { ApprovalCard, ApprovalEvent, RunEvent } from '../domain/events.ts';
import { type BoundStep, differencesBetween, gateDigest } from '../domain/gate.ts';
import { addMs } from '../domain/incident.ts';
import { type ActionClass, type Gate, type PlacedStep, stepsOf, strictestClass } from '../domain/plan.ts';
import { stepState } from '../domain/run.ts';
import type { Fact } from '../domain/step.ts';
import { resolve } from '../domain/template.ts';
import { isHandedOver, messageOf } from '../errors.ts';
import { lostVotersOf, signedText, type VerifySignature } from '../services/approvals.ts';
import { lockApproval, nextNumber } from '../store/aggregates.ts';
import { peopleInForce } from '../store/documents.ts';
import { supervised } from './attempt.ts';
import { paramsOf, type Snapshot } from './snapshot.ts';
import type { Attempt } from './step.ts';
import { actionNamed, contextFor } from './world.ts';

/** What a gate would do now, read from the world without changing it. */
export interface GatePreview {
  readonly subject: readonly BoundStep[];
  readonly digest: string;
  readonly class: ActionClass;
  readonly blocked: readonly string[];
  readonly steps: ApprovalCard['steps'];
  readonly undo: readonly string[];
  readonly shown: readonly Fact[];
}

const PREVIEW_TIMEOUT_MS = 60_000;

/** Previews every step of the gate and builds the fingerprint of exactly what will run. */
async function previewGate(attempt: Attempt, gate: Gate): Promise<GatePreview> {
  const { world, snapshot, claim } = attempt;
  const placed = stepsOf(snapshot.runbook).filter((entry) => entry.gate === gate);
  return supervised(
    world,
    { id: snapshot.run.id, claim, heedAbort: true },
    PREVIEW_TIMEOUT_MS,
    async (signal) => {
      const previews: { placed: PlacedStep; params: Json; preview: Preview; undo: boolean }[] = [];
      for (const entry of placed) {
        const action = actionNamed(world, entry.step.uses);
        const params = paramsOf(entry, snapshot.scope);
        const parsed = action.schema.safeParse(params);
        const context = await contextFor(world, snapshot, { id: entry.step.id, attempt: 0 }, 'gate', {
          signal,
        });
        const preview = parsed.success
          ? await action.preview(context, parsed.data as never)
          : blockedBy(entry, parsed.error.issues[0]?.message);
        previews.push({ placed: entry, params, preview, undo: action.undo !== undefined });
      }
      return toGatePreview(snapshot, gate, previews, (uses) => actionNamed(world, uses).class);
    },
  );
}

function toGatePreview(
  snapshot: Snapshot,
  gate: Gate,
  previews: readonly { placed: PlacedStep; params: Json; preview: Preview; undo: boolean }[],
  classOf: (uses: string) => ActionClass,
): GatePreview {
  const subject = previews.map(({ placed, params, preview, undo }) => ({
    step: placed.step.id,
    action: placed.step.uses,
    params,
    bound: preview.bound,
    undo,
  }));
  const { run } = snapshot;
  return {
    subject,
    digest: gateDigest({ run: run.id, gate: gate.gate, mode: run.mode, plan: run.plan, steps: subject }),
    class: strictestClass(
      previews.flatMap(({ placed, preview }) => [
        classOf(placed.step.uses),
        placed.step.class ?? 'read',
        preview.class ?? 'read',
      ]),
    ),
    blocked: previews.flatMap(({ placed, preview }) =>
      preview.blocked.map((reason) => `${placed.number}. ${placed.step.title}: ${reason}`),
    ),
    steps: previews.map(({ placed, preview }) => ({
      number: placed.number,
      title: placed.step.title,
      lines: preview.lines,
    })),
    undo: [...new Set([...previews].reverse().flatMap(({ preview }) => preview.undo))],
    shown: firstOfEachName(previews.flatMap(({ preview }) => preview.shown)),
  };
}

/** Two steps that look at one object say the same of it; a person reads it once. */
function firstOfEachName(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter(({ name }, index) => facts.findIndex((other) => other.name === name) === index);
}

function blockedBy(placed: PlacedStep, message: string | undefined): Preview {
  return {
    lines: [],
    bound: null,
    shown: [],
    undo: [],
    blocked: [`"${placed.step.id}" is not complete: ${message ?? 'not valid'}`],
  };
}

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

async function previewOrReasons(attempt: Attempt, gate: Gate): Promise<GatePreview | string[]> {
  try {
    return await previewGate(attempt, gate);
  } catch (error) {
    if (isHandedOver(error)) throw error;
    return [messageOf(error)];
  }
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

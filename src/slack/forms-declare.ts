import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../domain/events.ts';
import { Severity } from '../domain/plan.ts';
import { isRefusal } from '../domain/refusal.ts';
import type { IncidentView } from '../domain/views.ts';
import { AppError } from '../errors.ts';
import type { View } from '../render/slack/blocks.ts';
import { parseDraft } from '../render/slack/declare-draft.ts';
import {
  type DeclareFault,
  declareFault,
  renderDeclared,
  renderDeclaring,
  renderNearDuplicate,
} from '../render/slack/modals-declare.ts';
import type { SlackDeps } from './deps.ts';
import { type FormAnswer, notice, outcome, refused, type Submission } from './form-answer.ts';

export async function submitDeclare({ deps, actor, carried, fields }: Submission): Promise<FormAnswer> {
  const now = await deps.queries.now();
  const title = (fields.title ?? '').trim();
  const began = fields.began === undefined ? null : new Date(fields.began);
  const faults: DeclareFault[] = [];
  if (fields.system === undefined) faults.push({ is: 'no-system' });
  if ([...title].length < 5) faults.push({ is: 'too-short' });
  if ([...title].length > 120) faults.push({ is: 'too-long', length: [...title].length });
  if (began !== null && began > now) faults.push({ is: 'future', at: began, now });
  if (faults.length > 0)
    return { errors: Object.fromEntries(faults.map(declareFault).map(({ field, text }) => [field, text])) };
  const severity = Severity.safeParse(fields.severity);
  const draft = {
    system: fields.system ?? '',
    title,
    severity: severity.success ? severity.data : ('SEV2' as const),
    impact: fields.impact ?? null,
    occurredAt: began?.toISOString() ?? null,
    drill: false,
  };
  const near = (await deps.incidents.similar(draft.system)).find(({ id }) => id !== carried.incident);
  if (near !== undefined) {
    const plan = await deps.queries.plan(draft.system);
    return {
      view: renderNearDuplicate({
        incident: near,
        systemName: plan?.plan.name ?? draft.system,
        people: await deps.queries.people(),
        draft: { ...draft, resembles: near.id },
      }),
    };
  }
  return declareFrom(deps, actor, draft, carried.alert);
}

async function declareFrom(
  deps: SlackDeps,
  actor: Actor,
  draft: {
    system: string;
    title: string;
    severity: Severity;
    impact: string | null;
    occurredAt: string | null;
  },
  alert?: string,
): Promise<FormAnswer> {
  const declared = await deps.incidents.declare(actor, draft.system, {
    title: draft.title,
    severity: draft.severity,
    impact: draft.impact,
    occurredAt: draft.occurredAt === null ? null : new Date(draft.occurredAt),
    detectedAt: null,
  });
  if (isRefusal(declared)) return outcome(deps, declared, 'title');
  if (alert !== undefined) await deps.alerts.declared(actor, alert, declared.incident);
  return { view: renderDeclaring(declared.incident), later: () => declaredView(deps, declared.incident) };
}

/** A channel takes a second or two; where Slack does not make one, the dialog says so. */
const CHANNEL_MS = 8_000;
const LOOK_EVERY_MS = 300;

async function declaredView({ views }: SlackDeps, id: string): Promise<View> {
  for (const late = Date.now() + CHANNEL_MS; ; await sleep(LOOK_EVERY_MS)) {
    const view = await views.incident(id);
    if (view === undefined) throw new Error(`${id} was declared and is not there.`);
    if (view.incident.channel !== null || Date.now() > late) return renderDeclared(view.incident);
  }
}

export async function submitNearDuplicate({
  deps,
  actor,
  fields,
  metadata,
}: Submission): Promise<FormAnswer> {
  const draft = parseDraft(metadata);
  if (draft === null)
    return notice('This form is not readable any more. Nothing was declared. Open it again: /dr declare');
  if (fields.choice === 'declare') return declareFrom(deps, actor, draft);
  if (fields.choice === 'raise') {
    const raised = await deps.incidents.setSeverity(actor, draft.resembles, draft.severity);
    if (isRefusal(raised)) return refused(deps, raised);
  }
  const noted = await deps.incidents.addNote(actor, draft.resembles, draft.title);
  if (isRefusal(noted)) return refused(deps, noted);
  const where = await takeIn(deps, await deps.views.incident(draft.resembles), actor.account ?? '');
  return notice(`Your text is a note of ${draft.resembles}. ${where}`);
}

/** Brings somebody into the incident's channel. What to tell them. */
export async function takeIn(
  deps: SlackDeps,
  view: IncidentView | undefined,
  account: string,
): Promise<string> {
  const channel = view?.incident.channel ?? null;
  if (view === undefined || channel === null)
    return 'Its channel is not made yet; the card in #incidents will link it.';
  return deps
    .call('interactive', 'conversations.invite', { channel: channel.id, users: account })
    .catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return error;
    })
    .then((answer) =>
      answer instanceof AppError && !answer.details.includes('already_in_channel')
        ? `The bot could not add you to #${channel.name}. Join it yourself, or ask somebody who is there.`
        : `You are in #${channel.name}.`,
    );
}

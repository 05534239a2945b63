import { REQUIRED_VOTES } from '../../domain/approval.ts';
import { type Gate, type PlacedStep, stepsOf } from '../../domain/plan.ts';
import { gateState, type Run } from '../../domain/run.ts';
import type { IncidentView, RunView } from '../../domain/views.ts';
import { between, clock, duration } from '../format.ts';
import { runState } from '../run-state.ts';
import { MARKS } from '../words.ts';
import { actions, type Block, button, context, header, type Message, message, section } from './blocks.ts';
import { abortButton, abortedFate, detailsButton, keptLine, runOf, stepRange } from './run-parts.ts';
import { stepLines, workLeft } from './step-lines.ts';
import {
  asOf,
  clockOf,
  headed,
  type Links,
  link,
  machine,
  marked,
  personName,
  personNames,
  placeOf,
  quoted,
  timeOf,
} from './text.ts';

const LINES_A_SECTION = 12;

/** One card a run, rewritten in place: where it stands, every step, and what a person can do (CARDS §6). */
export function renderRunCard(view: IncidentView, runId: string, links: Links = {}): Message {
  const shown = runOf(view, runId);
  const { run, runbook } = shown;
  const { words, at, total } = runState(shown);
  const over = run.outcome !== null;
  return message(
    `${runId} ${run.runbook} on ${machine(view.plan.name)}: ${words}${at === null || words.includes('step') ? '' : `, at step ${at.number} of ${total}`}.`,
    header(headed(view, `${runId} · ${run.runbook} · ${placeOf(view, shown)}`, shown)),
    section(...headLines(view, shown)),
    ...stretches(stepsOf(runbook)).flatMap((stretch) => stretchBlocks(view, shown, stretch, links)),
    actions(
      canAskAgain(shown)
        ? button(
            'approval.ask-again',
            'Ask again',
            { run: runId },
            { style: 'primary', says: `Ask again for the approval of ${runId}` },
          )
        : null,
      abortButton(shown),
      detailsButton(shown),
    ),
    context(
      `Started ${clockOf(view.incident, run.startedAt)} by ${personName(view.people, run.requestedBy)}`,
      `plan ${run.system}@${run.plan.slice(0, 7)}`,
      'Times are UTC',
      over ? null : asOf(view),
    ),
  );
}

function canAskAgain(shown: RunView): boolean {
  const { is } = runState(shown);
  return is === 'vetoed' || is === 'blocked';
}

function headLines(view: IncidentView, shown: RunView): readonly (string | null)[] {
  const { run } = shown;
  const state = runState(shown);
  const { incident, people, now } = view;
  switch (state.is) {
    case 'done':
      return [
        `${marked('done', `done in ${duration(between(run.startedAt, run.finishedAt ?? now))}`)} · ${state.settled} of ${state.total} steps`,
        keptLine(view, shown),
      ];
    case 'undone':
      return [
        `${marked('skipped', 'undone')} · the gate was taken back, ${run.finishedAt === null ? '' : clockOf(incident, run.finishedAt)}`,
        ...undoReason(run),
      ];
    case 'aborted':
    case 'aborting': {
      const end = state.is === 'aborted' ? abortedFate(shown) : 'The running step is asked to stop.';
      const by = run.abort === null ? 'aborted' : `aborted by ${personName(people, run.abort.person)}`;
      const first = `${marked('stopped', by)}${run.abort === null ? '' : `, ${clockOf(incident, run.abort.at)}`}. ${end}`;
      return run.abort === null
        ? [first]
        : [first, quoted(`Reason (${personName(people, run.abort.person)})`, run.abort.reason, 300)];
    }
    case 'waiting-approval': {
      const since = shown.approvals[0]?.requestedAt ?? run.startedAt;
      return [
        `${marked('waiting', 'waiting for approval')} since ${clockOf(incident, since)} (${duration(between(since, now))})`,
      ];
    }
    case 'failed':
    case 'blocked':
      return [`${marked('failed', state.words)}. A person must choose.`];
    case 'undo-failed':
      return [`${marked('failed', 'failed: undo')}. A person must look at once.`, ...undoReason(run)];
    case 'undoing':
      return [
        `${marked('running', 'running the undo')} that was approved with the gate. Nobody is asked again.`,
        ...undoReason(run),
      ];
    case 'uncertain':
      return [`${marked('uncertain', state.words)}. A person must look.`];
    case 'vetoed':
      return [`${marked('stopped', 'stopped by a veto')}. Fix the reason, then ask again.`];
    default:
      return [
        `${marked(state.mark, state.words)} · ${duration(between(run.startedAt, now))} so far · ${workLine(shown, now)}`,
      ];
  }
}

function workLine(shown: RunView, now: Date): string {
  const left = workLeft(shown, now);
  return left === null
    ? 'work left not known (the plan has no estimates)'
    : `${left.about} ${duration(left.ms)} of work left (from the plan), approvals not counted`;
}

function undoReason(run: Run): readonly string[] {
  return Object.values(run.gates).flatMap(({ undo }) =>
    undo === null
      ? []
      : [
          `Reason: ${machine(undo.reason, 200)}`,
          ...(undo.failed === null ? [] : [`Undo failed: ${machine(undo.failed.reason, 200)}`]),
        ],
  );
}

/** Steps as they are set: what stands between gates together, each gate for itself. */
function stretches(steps: readonly PlacedStep[]): readonly (readonly PlacedStep[])[] {
  const groups: PlacedStep[][] = [];
  for (const placed of steps) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.gate === placed.gate) group.push(placed);
    else groups.push([placed]);
  }
  return groups;
}

function stretchBlocks(
  view: IncidentView,
  shown: RunView,
  stretch: readonly PlacedStep[],
  links: Links,
): readonly Block[] {
  const gate = stretch[0]?.gate ?? null;
  const heading = gate === null ? [] : [gateLine(view, shown, gate, stretch, links)];
  const lines = [...heading, ...stepLines(view, shown, stretch)];
  const blocks: Block[] = [];
  for (let from = 0; from < lines.length; from += LINES_A_SECTION)
    blocks.push(section(...lines.slice(from, from + LINES_A_SECTION)));
  return blocks;
}

function gateLine(
  view: IncidentView,
  shown: RunView,
  gate: Gate,
  stretch: readonly PlacedStep[],
  links: Links,
): string {
  return `${MARKS.approval.emoji} *Approval: ${machine(gate.title, 50)}*, ${stepRange(stretch)} · ${gateStanding(view, shown, gate, links)}`;
}

function gateStanding(view: IncidentView, { run, approvals }: RunView, gate: Gate, links: Links): string {
  const again = run.outcome === null ? ', asked again' : '';
  const { approval: id, blocked, closed, undo } = gateState(run, gate.gate);
  if (closed !== null) return closed === 'done' ? 'done' : 'undone';
  if (undo !== null) return 'taken back';
  if (blocked.length > 0) return 'cannot be asked for, see below';
  const approval = approvals.find((each) => each.id === id);
  if (approval === undefined && run.outcome !== null) return 'not asked for';
  if (approval === undefined) return `asked of ${REQUIRED_VOTES} people when the steps above are done`;
  const { status, votes } = approval;
  const voters = personNames(
    view.people,
    votes.map(({ person }) => person),
  );
  switch (status.is) {
    case 'open': {
      const card = link(links, approval.id, 'Open card');
      return `${votes.length} of ${REQUIRED_VOTES}, until ${timeOf(view.incident, approval.approveBy)}${card === null ? '' : ` → ${card}`}`;
    }
    case 'approved':
    case 'used':
      return `approved by ${voters}, ${clock(status.at, view.incident.declaredAt)}`;
    case 'vetoed':
      return `vetoed by ${personName(view.people, status.person)}`;
    case 'void':
      return `no longer counts${again}`;
    case 'expired':
      return `expired${again}`;
  }
}

import type { Input } from '../../domain/plan.ts';
import { dualInstant, duration, exactInstant, listOf } from '../format.ts';
import { MARKS } from '../words.ts';
import { type Block, context, type Field, option, section, sections, type View, view } from './blocks.ts';
import { choiceField, input, textField } from './fields.ts';
import { renderNotice } from './modals.ts';
import type { PreviewStep, PreviewStretch, RunPreview } from './preview-model.ts';
import { stepRange } from './run-parts.ts';
import { encodeRunStart } from './run-start.ts';
import { label, machine } from './text.ts';

/** The dialog that starts a run: what happened, what to run, what that would do (CARDS §5). */

export interface RunForm {
  readonly incident: string;
  readonly systemName: string;
  readonly place: string;
  readonly runbooks: readonly RunChoice[];
  /** The chosen runbook, or the one that fits the incident best. */
  readonly chosen: string | null;
  /** An incident that is a drill fixes the mode. */
  readonly modes: readonly ('live' | 'drill')[];
  /** Inputs typed on the command line. */
  readonly given: Readonly<Record<string, string>>;
}

export interface RunChoice {
  readonly id: string;
  readonly title: string;
  /** What happened, where the plan says when to use it. */
  readonly scenario: string | null;
  readonly expectedMs: number | null;
  /** `last proved 14 Nov (drill, 21 min)`; null = never run. */
  readonly proved: string | null;
  readonly inputs: Readonly<Record<string, Input>>;
}

export function renderRunForm(form: RunForm): View {
  const { incident, runbooks, chosen, modes, given } = form;
  if (runbooks.length === 0)
    return renderNotice('Run a runbook', [
      `The plan of ${machine(form.systemName)} has no runbook. Nothing was started. Add one to its file.`,
    ]);
  const runbook = runbooks.find(({ id }) => id === chosen) ?? null;
  return view(
    'run.choose',
    'Run a runbook',
    { submit: 'Show preview', close: 'Cancel', carried: { incident } },
    section(`${incident} · ${machine(form.systemName)} · ${form.place}`),
    input('runbook', 'Runbook', choiceField(runbooks.map(runbookOption), chosen, 'select'), {
      dispatch: 'run.choose-runbook',
      hint: 'The one that fits the incident best is first.',
    }),
    runbook === null
      ? null
      : section(
          `*${machine(runbook.title)}*`,
          runbook.scenario === null ? null : `For: ${machine(runbook.scenario, 200)}`,
          proof(runbook),
        ),
    ...Object.entries(runbook?.inputs ?? {}).map(([name, each]) => inputBlock(name, each, given[name])),
    input(
      'mode',
      'Mode',
      choiceField(
        modes.map((mode) => option(MODES[mode](form.place), mode)),
        modes[0],
      ),
    ),
  );
}

const MODES = {
  live: (place: string) => `Live, on ${place}`,
  drill: () => 'Drill, on drill-owned copies',
} as const;

function runbookOption({ id, expectedMs, proved }: RunChoice) {
  const time = expectedMs === null ? 'time not known' : `about ${duration(expectedMs)}`;
  return option(label(`${id} · ${time}${proved === null ? ' · never run' : ''}`), id);
}

function proof({ proved }: RunChoice): string {
  return proved === null
    ? `${MARKS.warning.emoji} warning: never run, so its time is not measured.`
    : machine(proved, 100);
}

function inputBlock(name: string, each: Input, given: string | undefined): Block {
  return input(`input.${name}`, label(each.label), inputField(each, given ?? each.default), {
    optional: !each.required,
    hint: each.hint,
  });
}

function inputField(each: Input, initial: string | undefined): Field {
  if (each.type === 'choice')
    return choiceField(
      (each.options ?? []).map(({ value, label: text }) => option(label(text), value)),
      initial,
    );
  const placeholder = each.type === 'time' ? { placeholder: '02:05 (UTC), or 2026-11-21T02:05Z' } : {};
  return textField({ max: 500, initial: initial ?? null, ...placeholder });
}

/** Everything the run would do, before it does anything. A preview with a reason to stop has no way to start. */
export function renderPreview(preview: RunPreview, inputs: Readonly<Record<string, string>>): View {
  const { incident, blocked, mode, runbook } = preview;
  const title = `*${machine(runbook)}* on *${machine(preview.systemName)} · ${preview.place}*`;
  if (blocked.length > 0) {
    return view(
      'notice',
      'Preview',
      { close: 'Close' },
      section(
        `${title}. This run would stop before changing anything.`,
        ...blocked.map((reason) => `${MARKS.failed.emoji} failed: ${machine(reason, 300)}`),
      ),
      warningBlock(preview),
      smallPrint(preview),
    );
  }
  const form = view(
    'run.start',
    'Preview',
    { submit: 'Start run', close: 'Back' },
    section(`${title}. Nothing has been changed by this preview.`),
    ...stepBlocks(preview),
    section(
      `*What would be lost*  ${preview.loss === null ? 'Not known yet: it is counted before anything is cut over.' : machine(preview.loss, 300)}`,
      `*Time*  ${timeLine(preview)}`,
      undoLine(preview),
      approversLine(preview),
    ),
    warningBlock(preview),
    input('reason', 'Why now?', textField({ max: 300, multiline: true }), {
      optional: true,
      hint: 'Goes on the timeline.',
    }),
    smallPrint(preview),
  );
  return { ...form, private_metadata: encodeRunStart({ incident, runbook, mode, inputs }) };
}

/** Leaves room in a view for what would be lost, the warnings and the small print. */
const MAX_STEP_BLOCKS = 30;

function stepBlocks({ stretches }: RunPreview): readonly Block[] {
  const blocks = stretches.flatMap((stretch, index) => {
    const later = stretches.slice(0, index).some(({ gate }) => gate !== null);
    return stretchBlocks(stretch, index === 0 ? 'Harmless, starts at once' : later ? 'Afterwards' : 'Then');
  });
  if (blocks.length <= MAX_STEP_BLOCKS) return blocks;
  return [...blocks.slice(0, MAX_STEP_BLOCKS), section('More steps follow: /dr plan lists all of them.')];
}

function stretchBlocks({ gate, steps }: PreviewStretch, heading: string): readonly Block[] {
  const range = stepRange(steps);
  const lines = steps.flatMap(previewLines);
  if (gate === null) return sections(`*${heading}* (${range})`, ...lines);
  const undo = gate.class === 'irreversible' ? 'cannot be undone' : gate.class;
  return sections(
    `${MARKS.approval.emoji} *Needs two approvals* (${range}, ${undo}): ${machine(gate.title, 80)}`,
    `What stops working: ${machine(gate.impact, 300)}`,
    ...lines,
  );
}

function previewLines({ number, title, lines }: PreviewStep): readonly string[] {
  const [first = title, ...more] = lines;
  return [`${number}. ${machine(first, 120)}`, ...more.map((line) => `• ${machine(line, 120)}`)];
}

function timeLine({ times, declaredAt }: RunPreview): string {
  const work =
    times.workMs === null
      ? 'not known: the plan has no estimates'
      : `about ${duration(times.workMs)} of work (from the plan), approvals not counted`;
  return times.rtoDueAt === null
    ? `${work}.`
    : `${work}. RTO due ${dualInstant(times.rtoDueAt, declaredAt)}.`;
}

function undoLine({ undo, stretches }: RunPreview): string | null {
  if (stretches.every(({ gate }) => gate === null)) return null;
  return undo.length === 0
    ? '*Undo*  Not possible once it is done.'
    : `*Undo*  ${undo.map((line) => machine(line, 120)).join('; ')}.`;
}

function approversLine({ approvers, stretches }: RunPreview): string | null {
  if (stretches.every(({ gate }) => gate === null)) return null;
  return `*Who can approve now*  ${approvers.length === 0 ? 'nobody: the plan names too few' : `${listOf(approvers.map((name) => machine(name, 40)))}. Two of them.`}`;
}

function warningBlock({ warnings }: RunPreview): Block | null {
  return warnings.length === 0
    ? null
    : section(
        ...warnings.slice(0, 10).map((warning) => `${MARKS.warning.emoji} warning: ${machine(warning, 200)}`),
      );
}

function smallPrint({ planVersion, readAt, declaredAt }: RunPreview): Block {
  return context(
    `Plan ${planVersion} is frozen for this run`,
    `facts read ${exactInstant(readAt, declaredAt)}`,
  );
}

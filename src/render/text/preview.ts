import type { RunPreview } from '../../domain/preview.ts';
import type { IncidentView } from '../../domain/views.ts';
import { clock, duration, instant, listOf } from '../format.ts';
import { cliMark } from '../words.ts';
import { section, wrap } from './layout.ts';

/** What a runbook would do, before it is started (CARDS §5). */
export function renderPreview({ incident, plan, planVersion }: IncidentView, preview: RunPreview): string {
  const { runbook, steps, gates, blocked, warnings, approvers, recoveryPoint, readAt } = preview;
  const place = incident.id.startsWith('DRILL-') ? 'DRILL' : plan.environment;
  const linesOf = (part: (typeof steps)[number]['part'], gate: string | null = null) =>
    steps
      .filter((step) => step.part === part && (gate === null || step.gate === gate))
      .flatMap(({ number, title, lines, expectedMs }) => [
        `${number}. ${title}${expectedMs === null ? '' : ` (about ${duration(expectedMs)}, from the plan)`}`,
        ...lines.map((line) => `  ${line}`),
      ]);
  return [
    ...wrap(`${runbook} on ${plan.name} ${place}. Nothing has been changed by this preview.`),
    ...section(
      'This run would stop before changing anything',
      blocked.map((reason) => `${cliMark('failed')} ${reason}`),
    ),
    ...section('Harmless, starts at once', linesOf('harmless')),
    ...gates.flatMap(({ gate, title, impact, class: kind, undo }) =>
      section(`Needs two approvals: ${title}`, [
        ...linesOf('gate', gate),
        `What stops working: ${impact}`,
        `Can it be undone: ${undo.length === 0 || kind === 'irreversible' ? 'no' : undo.join('; ')}`,
      ]),
    ),
    ...section('Afterwards', linesOf('after')),
    ...section(
      'Recovery point',
      recoveryPoint === null
        ? ['not known: no step has foretold one']
        : [`${recoveryPointWords(recoveryPoint, incident.declaredAt)}; what was written later is lost`],
    ),
    ...section('Who can approve now', [
      approvers.length === 0 ? 'nobody' : `${listOf(approvers)}; two of them`,
    ]),
    ...section(
      'Warnings',
      warnings.map((warning) => `${cliMark('warning')} ${warning}`),
    ),
    '',
    ...wrap(
      `Plan ${planVersion} is frozen for this run. Facts read ${clock(readAt, incident.declaredAt)} UTC.`,
    ),
  ].join('\n');
}

function recoveryPointWords(at: string, day: string): string {
  return Number.isNaN(Date.parse(at)) ? at : instant(at, day);
}

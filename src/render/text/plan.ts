import { gatesOf, type Plan, stepsOf } from '../../domain/plan.ts';
import type { Location } from '../../domain/plan-backup.ts';
import { count, duration, listOf } from '../format.ts';
import { heading, section, wrap } from './layout.ts';

/** What a plan knows: objectives, backups, runbooks, who may approve. */
export function renderPlan(plan: Plan, version: string): string {
  const objectives = ({ rto, rpo }: Plan['objectives']) => `RTO ${duration(rto)}, RPO ${duration(rpo)}`;
  const runbooks = Object.entries(plan.runbooks).flatMap(([id, runbook]) => {
    const gates = gatesOf(runbook).length;
    const time =
      runbook.expected === undefined
        ? 'time not known'
        : `about ${duration(runbook.expected)} (from the plan)`;
    const scenario = runbook.scenario === undefined ? '' : ` For: ${runbook.scenario}.`;
    return [
      `${id}: ${runbook.title}.${scenario} ${count(stepsOf(runbook).length, 'step')}, ${count(gates, 'approval')}, ${time}`,
    ];
  });
  return [
    heading(plan.name, plan.environment, version),
    ...wrap(`${objectives(plan.objectives)}; the RTO clock starts when it is ${plan.clock}`),
    ...section(
      'Components',
      plan.components.map(
        ({ id, name, objectives: own }) =>
          `${id}: ${name}, ${own === undefined ? 'objectives of the system' : objectives(own)}`,
      ),
    ),
    ...section(
      'Backups',
      plan.backups.map(
        ({ id, component, kind, locations }) =>
          `${id}: ${component}, ${kind}, in ${listOf(locations.map(placeOf))}`,
      ),
    ),
    ...section('Runbooks', runbooks),
    ...section('Who can approve', [`${listOf(plan.approvals.approvers)}; two of them`]),
    '',
    ...wrap('One in full, with exact commands: dr plan export SYSTEM RUNBOOK'),
  ].join('\n');
}

function placeOf(location: Location): string {
  switch (location.source) {
    case 's3':
      return `${location.connection}/${location.prefix}`;
    case 'directory':
      return location.path;
    case 'pgbackrest':
      return `pgbackrest ${location.stanza}`;
    case 'pg-archiver':
    case 'redis':
      return `${location.source} ${location.connection}`;
    default:
      return `${location.source} ${location.ref}`;
  }
}

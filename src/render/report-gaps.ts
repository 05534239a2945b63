import type { Incident } from '../domain/incident.ts';
import type { IncidentView } from '../domain/views.ts';

export interface Gaps {
  readonly complete: number;
  readonly total: number;
  /** What is still missing, each with what to do. */
  readonly missing: readonly string[];
}

const TOPICS = { prevention: /^prevention:\s*/i, monitoring: /^monitoring:\s*/i } as const;

/**
 * Lessons of one topic, without its word: why the fault was not prevented (`Prevention: …`), where watching failed
 * (`Monitoring: …`); null for all the others.
 */
export function lessonsAbout({ lessons }: Incident, topic: keyof typeof TOPICS | null): readonly string[] {
  if (topic !== null)
    return lessons.filter((text) => TOPICS[topic].test(text)).map((text) => text.replace(TOPICS[topic], ''));
  return lessons.filter((text) => !Object.values(TOPICS).some((pattern) => pattern.test(text)));
}

/** Which parts of the report somebody must still supply. */
export function reportGaps({ incident, plan }: IncidentView): Gaps {
  const { resolved } = incident;
  const noOwner = incident.actionItems.findIndex(({ owner }) => owner.trim() === '');
  const noDate = incident.actionItems.findIndex(({ due }) => Number.isNaN(Date.parse(due)));
  const checks: readonly (readonly [complete: boolean, missing: string])[] = [
    [incident.occurredAt !== null, 'when it began'],
    [
      incident.detectedAt !== null || resolved?.unknownDetected != null,
      'when it was detected, or why that cannot be known',
    ],
    [incident.verified !== null, 'a check that verified the service'],
    [
      incident.recoveryPoint !== null || plan.backups.length === 0 || incident.loss?.rows === 0,
      'the recovery point, so the RPA is not known',
    ],
    [resolved !== null, 'the end: the incident is not resolved'],
    [resolved !== null && !/^not known/i.test(resolved.rootCause), 'the root cause'],
    [resolved !== null && resolved.dataLost.trim() !== '', 'what data was lost'],
    [lessonsAbout(incident, 'prevention').length > 0, 'why it was not prevented'],
    [lessonsAbout(incident, 'monitoring').length > 0, 'gaps in monitoring'],
    [incident.actionItems.length > 0, 'action items'],
    [
      noOwner < 0 && noDate < 0,
      noDate < 0 ? `the owner of action item ${noOwner + 1}` : `the due date of action item ${noDate + 1}`,
    ],
    [lessonsAbout(incident, null).length > 0, 'lessons learned'],
  ];
  const missing = checks.filter(([complete]) => !complete).map(([, what]) => what);
  return { complete: checks.length - missing.length, total: checks.length, missing };
}

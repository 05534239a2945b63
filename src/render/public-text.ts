import { stepsOf } from '../domain/plan.ts';
import type { IncidentView } from '../domain/views.ts';
import { oneLine } from './escape.ts';

/** Addresses, hosts, paths, ids, hashes and code: never for the public, whatever the plan calls them. */
const MACHINE_WORDS = [
  /\b[a-z][a-z0-9+.-]*:\/\//i,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
  /\b(?:[a-z0-9-]+\.)+(?:local|internal|cluster|svc|lan|corp|test|com|net|org|io|dev|cloud|example)\b/i,
  /\b(?:INC|DRILL|RUN|APR)-\d/,
  /\b[0-9a-f]{12,}\b/i,
  /[a-z0-9]_[a-z0-9]|[`@]/i,
  /\.(?:sql|dump|gz|ya?ml|ts|js|sh)\b/i,
];

/**
 * The text when it is fit for the public: no name of a person, host, database, vendor or machine. Empty otherwise, so
 * that the caller falls back to words of the plan; a sentence is never mended by cutting words out of it.
 */
export function publicText(text: string, view: IncidentView): string {
  const line = oneLine(text);
  if (MACHINE_WORDS.some((pattern) => pattern.test(line))) return '';
  const said = new Set(line.toLowerCase().split(/[^\p{L}\p{N}-]+/u));
  return internalNames(view).some((name) =>
    name.includes(' ') ? line.toLowerCase().includes(name) : said.has(name),
  )
    ? ''
    : line;
}

/** Lower-case names that belong to the inside: people, and everything the plan connects to. */
function internalNames({ people, plan, runs, incident }: IncidentView): readonly string[] {
  const names = Object.entries(people.people).flatMap(([id, { name }]) => [id, name, ...name.split(' ')]);
  const machines = plan.components.flatMap(({ id, kind, connection, database, owner, appRoles, writers }) => [
    kind === 'external' ? undefined : kind,
    connection,
    owner,
    ...appRoles,
    ...writers.map(({ deployment }) => deployment),
    ...(kind === 'postgres' ? [id, 'postgresql'] : []),
    database === plan.system ? undefined : database,
  ]);
  const steps = runs.flatMap(({ runbook }) => stepsOf(runbook).map(({ step }) => step.uses));
  const channel = incident.channel?.name;
  return [...names, ...machines, ...steps, channel]
    .filter((name) => name !== undefined)
    .map((name) => name.toLowerCase())
    .filter((name) => name.length > 1 && name !== plan.name.toLowerCase());
}

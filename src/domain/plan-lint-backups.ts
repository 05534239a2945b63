import { patternFault } from './backup-name.ts';
import type { Connections } from './connections.ts';
import type { People } from './people.ts';
import type { Plan, Step } from './plan.ts';
import type { Backup, Location, Schedule } from './plan-backup.ts';
import { error, type PlanFault, unknown } from './plan-fault.ts';
import { cronFault } from './schedule.ts';
import { hasSymbols } from './template.ts';

type Path = readonly (string | number)[];

/** Backups, restore tests and the watch: names that lead nowhere, times nobody can read, places nobody can list. */
export function backupFaults(
  plan: Plan,
  people: People | null,
  connections: Connections | null,
): readonly PlanFault[] {
  return [
    ...plan.backups.flatMap((backup, index) => [
      ...twice(plan.backups, backup, ['backups', index]),
      ...faultsOf(plan, backup, ['backups', index], connections),
    ]),
    ...restoreTestFaults(plan),
    ...watchFaults(plan, people, connections),
  ];
}

function faultsOf(
  plan: Plan,
  backup: Backup,
  path: Path,
  connections: Connections | null,
): readonly PlanFault[] {
  const { component, schedule, namePattern, timeZone, heartbeat, locations, producer } = backup;
  const at = (...fields: Path) => [...path, ...fields];
  const listed = locations.find(({ source }) => source === 's3' || source === 'directory');
  const pattern = namePattern === undefined ? undefined : patternFault(namePattern);
  return [
    ...named(
      at('component'),
      'component',
      component,
      plan.components.map(({ id }) => id),
    ),
    ...(pattern === undefined ? [] : [error(at('namePattern'), pattern)]),
    ...(namePattern !== undefined || listed === undefined
      ? []
      : [
          error(
            at('namePattern'),
            `location "${listed.id}" is listed by name, so say how the names are made, such as "${component}_{YYYYmmdd_HHMMSS}.{*}"`,
          ),
        ]),
    ...zoneFaults(at('timeZone'), timeZone),
    ...(schedule === undefined ? [] : scheduleFaults(at('schedule'), schedule)),
    ...locations.flatMap((location, index) => [
      ...twice(locations, location, at('locations', index)),
      ...connectionFaults(at('locations', index, 'connection'), location, connections),
    ]),
    ...(connections === null || producer?.kind !== 'cronJob'
      ? []
      : named(at('producer', 'cluster'), 'cluster', producer.cluster, Object.keys(connections.kubernetes))),
    ...(connections === null || heartbeat?.token === undefined
      ? []
      : named(at('heartbeat', 'token'), 'secret', heartbeat.token, Object.keys(connections.secrets))),
    ...(connections === null || heartbeat?.sns === undefined
      ? []
      : named(
          at('heartbeat', 'sns', 'connection'),
          'sns connection',
          heartbeat.sns.connection,
          Object.keys(connections.sns),
        )),
  ];
}

function connectionFaults(
  path: Path,
  location: Location,
  connections: Connections | null,
): readonly PlanFault[] {
  if (connections === null) return [];
  switch (location.source) {
    case 's3':
      return named(path, 'bucket connection', location.connection, Object.keys(connections.s3));
    case 'pg-archiver':
      return named(path, 'postgres connection', location.connection, Object.keys(connections.postgres));
    case 'redis':
      return named(path, 'redis connection', location.connection, Object.keys(connections.redis));
    default:
      return [];
  }
}

function restoreTestFaults(plan: Plan): readonly PlanFault[] {
  return plan.restoreTests.flatMap((test, index) => {
    const at = (field: string) => ['restoreTests', index, field];
    const { backup, schedule, afterEachBackup } = test;
    return [
      ...twice(plan.restoreTests, test, ['restoreTests', index]),
      ...named(
        at('backup'),
        'backup',
        backup,
        plan.backups.map(({ id }) => id),
      ),
      ...(schedule === undefined ? [] : scheduleFaults(at('schedule'), schedule)),
      ...(schedule === undefined && !afterEachBackup
        ? [error(at('schedule'), 'it would never run: say a schedule, or afterEachBackup: true')]
        : []),
    ];
  });
}

function watchFaults(
  { watch }: Plan,
  people: People | null,
  connections: Connections | null,
): readonly PlanFault[] {
  const { escalate, digest, sns, coverage } = watch;
  const at = (...fields: Path) => ['watch', ...fields];
  const faults = [
    ...(digest === undefined ? [] : scheduleFaults(at('digest'), digest)),
    ...(people === null
      ? []
      : escalate.flatMap(({ to }, index) =>
          named(at('escalate', index, 'to'), 'person', to, Object.keys(people.people)),
        )),
  ];
  if (connections === null) return faults;
  const { postgres, kubernetes } = connections;
  return [
    ...faults,
    ...(sns === undefined ? [] : named(at('sns'), 'sns connection', sns, Object.keys(connections.sns))),
    ...coverage.postgres.flatMap((name, index) =>
      named(at('coverage', 'postgres', index), 'postgres connection', name, Object.keys(postgres)),
    ),
    ...coverage.volumes.flatMap(({ cluster }, index) =>
      named(at('coverage', 'volumes', index, 'cluster'), 'cluster', cluster, Object.keys(kubernetes)),
    ),
  ];
}

/** A step about a backup names one that it can find: a dump, first of all in a bucket. */
export function namedBackupFaults(
  plan: Plan,
  { uses, with: { backup: name } }: Step,
  path: Path,
): readonly PlanFault[] {
  if (!uses.startsWith('backup.') || typeof name !== 'string' || hasSymbols(name)) return [];
  const place = [...path, 'with', 'backup'];
  const ids = plan.backups.map(({ id }) => id);
  const backup = plan.backups.find(({ id }) => id === name);
  if (backup === undefined || isRestorable(backup)) return named(place, 'backup', name, ids);
  const why = 'only kind: logical can, whose first location has source: s3';
  return [error(place, `"${name}" cannot be restored by ${uses}: ${why}`)];
}

/** Whether the actions there are can find, fetch and verify it. */
export function isRestorable({ kind, locations }: Backup): boolean {
  return kind === 'logical' && locations[0]?.source === 's3';
}

function named(path: Path, what: string, name: string, known: readonly string[]): readonly PlanFault[] {
  return known.includes(name) ? [] : [error(path, unknown(what, name, known))];
}

interface Entry {
  readonly id: string;
}

function twice(entries: readonly Entry[], entry: Entry, path: Path): readonly PlanFault[] {
  const first = entries.find(({ id }) => id === entry.id);
  return first === entry ? [] : [error([...path, 'id'], `"${entry.id}" is used twice`)];
}

function scheduleFaults(path: Path, { cron, timeZone }: Schedule): readonly PlanFault[] {
  const fault = cronFault(cron);
  return [
    ...(fault === undefined ? [] : [error([...path, 'cron'], fault)]),
    ...zoneFaults([...path, 'timeZone'], timeZone),
  ];
}

/** Asking for a zone takes longer than all else that is asked of a backup. */
const zones = new Set<string>();

/** The runtime knows more names (Asia/Kolkata, GMT) than it lists, so only asking for one tells. */
function zoneFaults(path: Path, name: string): readonly PlanFault[] {
  try {
    if (!zones.has(name)) new Intl.DateTimeFormat('en', { timeZone: name });
    zones.add(name);
    return [];
  } catch {
    return [error(path, `"${name}" is not a time zone like "UTC" or "Europe/Berlin"`)];
  }
}

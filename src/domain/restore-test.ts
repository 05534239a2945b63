import { z } from 'zod';
import type { Backup, Component, Plan, Runbook, Step } from './plan.ts';
import type { RestoreTest } from './plan-backup.ts';
import type { Fact, Output } from './step.ts';

/** The steps whose results a restore test is judged by; the undo of the second takes the copy away again. */
export const FIND_STEP = 'find';
export const RESTORE_STEP = 'restore';
export const INTEGRITY_STEP = 'integrity';

/** Whether the bot can make this test at all. One that it cannot make yet is neither due nor late. */
export function isTestable(plan: Plan, test: RestoreTest): boolean {
  return runbookOf(plan, test) !== null;
}

/**
 * The steps of a restore test as a runbook of their own: from the newest good backup to a copy beside the live database
 * that has passed every check and the plan's questions. Null where the kind of backup has no actions yet.
 */
export function runbookOf(plan: Plan, test: RestoreTest): Runbook | null {
  const backup = plan.backups.find(({ id }) => id === test.backup);
  const component = plan.components.find(({ id }) => id === backup?.component);
  if (backup?.kind !== 'logical' || backup.locations[0]?.source !== 's3') return null;
  if (component?.kind !== 'postgres' || component.restore === undefined) return null;
  return {
    title: test.title,
    component: component.id,
    inputs: {},
    steps: [...restoring(backup, component), ...accessAsked(component), ...questions(test, component)],
  };
}

function restoring({ id: backup }: Backup, { id: component }: Component): readonly Step[] {
  const fetched = {
    path: '${fetch.path}',
    sha256: '${fetch.sha256}',
    key: '${fetch.key}',
    etag: '${fetch.etag}',
  };
  const versionId = '${find.versionId}';
  return [
    { id: FIND_STEP, title: 'Find the newest good backup', uses: 'backup.find', with: { backup } },
    {
      id: 'fetch',
      title: 'Fetch the backup',
      uses: 'backup.fetch',
      with: { backup, key: '${find.key}', etag: '${find.etag}', versionId, bytes: '${find.bytes}' },
    },
    { id: 'verify', title: 'Verify the backup', uses: 'backup.verify', with: { backup, ...fetched } },
    {
      id: RESTORE_STEP,
      title: 'Restore into a database of its own',
      uses: 'pg.restore',
      with: { component, ...fetched, takenAt: '${find.takenAt}', format: '${verify.format}' },
    },
    {
      id: INTEGRITY_STEP,
      title: 'Check the restored copy',
      uses: 'pg.integrity',
      with: { component, database: '${restore.database}' },
    },
  ];
}

/**
 * Rights are compared with those of the live database, which may be gone or lack them too: an application's role that may
 * do nothing in the copy is a fault by itself.
 */
function accessAsked({ id, appRoles }: Component): readonly Step[] {
  if (appRoles.length === 0) return [];
  const sql = `select coalesce(string_agg(role, ', '), 'none') from unnest(array[${appRoles.map((role) => `'${role}'`).join(', ')}]) role
    where not exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
         and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
         and has_schema_privilege(role, n.oid, 'usage')
         and (has_any_column_privilege(role, c.oid, 'select, insert, update') or has_table_privilege(role, c.oid, 'delete')))`;
  return [asked('access', 'Look for application roles without access', id, sql, 'none')];
}

function questions({ queries }: RestoreTest, { id }: Component): readonly Step[] {
  return queries.map(({ title, sql }, index) => asked(`question-${index + 1}`, title, id, sql, true));
}

function asked(id: string, title: string, component: string, sql: string, value: string | boolean): Step {
  const database = '${restore.database}';
  return { id, title, uses: 'pg.assert', with: { component, database, sql, expect: { op: '=', value } } };
}

const Refused = z.array(z.object({ key: z.string(), reason: z.string() })).catch([]);

/** What is wrong, found at one of the steps. */
export interface Fault {
  readonly step: string;
  readonly text: string;
}

/**
 * What is wrong with the backup although a copy of it was made and passes: a newer one is no good, which people would believe
 * in; or its grants came from the live database, which may be gone. `found` and `restored` are what those steps left, and
 * `isTaken` says whether a key is of the past: a name with a date in the future is no newer backup.
 */
export function shortcomings(
  { appRoles }: Component,
  found: Output,
  restored: readonly Fact[],
  isTaken: (key: string) => boolean,
): readonly Fault[] {
  const refused = Refused.parse(found.refused).find(({ key }) => isTaken(key));
  const grantless = appRoles.length > 0 && restored.some(({ name }) => name === 'grants');
  const roles = appRoles.map((role) => `\`${role}\``).join(', ');
  return [
    ...(refused === undefined
      ? []
      : [
          {
            step: FIND_STEP,
            text: `the newest, \`${fileOf(refused.key)}\`, ${refused.reason}; \`${fileOf(String(found.key))}\` was taken instead`,
          },
        ]),
    ...(grantless
      ? [
          {
            step: RESTORE_STEP,
            text: `the backup holds no grants; without the live database ${roles} can do nothing`,
          },
        ]
      : []),
  ];
}

const fileOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

import { type Postgres, quoteName, quoteText, type Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { type Database, MAINTENANCE } from './pg-target.ts';

/**
 * What belongs to a database and not to its contents: no dump carries it, and a swap would lose it. Access to the database,
 * ALTER DATABASE … SET, ALTER ROLE … IN DATABASE … SET, and the connection limit.
 */
export interface Settings {
  readonly access: readonly Access[];
  readonly values: readonly Value[];
  readonly connectionLimit: number;
}

interface Access extends Record<string, unknown> {
  readonly grantee: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

interface Value extends Record<string, unknown> {
  /** Empty: for every role. */
  readonly role: string;
  readonly name: string;
  readonly value: string;
  /** Only an administrator may set it, whosever setting it is. So with names the server does not know, like `app.region`. */
  readonly superuser: boolean;
}

export async function readSettings(
  session: Session,
  database: Pick<Database, 'oid' | 'connectionLimit'>,
): Promise<Settings> {
  const access = await session.rows<Access>(
    `select case when x.grantee = 0 then '' else pg_get_userbyid(x.grantee) end as grantee,
            x.privilege_type as privilege, bool_or(x.is_grantable) as grantable
       from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
      where d.oid = $1::oid group by 1, 2 order by 1, 2`,
    [database.oid],
  );
  const values = await session.rows<Value>(
    `select case when s.setrole = 0 then '' else pg_get_userbyid(s.setrole) end as role,
            split_part(c.entry, '=', 1) as name, substr(c.entry, strpos(c.entry, '=') + 1) as value,
            coalesce(p.context = 'superuser', true) as superuser
       from pg_db_role_setting s cross join unnest(s.setconfig) c(entry)
       left join pg_settings p on p.name = split_part(c.entry, '=', 1)
      where s.setdatabase = $1::oid order by 1, 2`,
    [database.oid],
  );
  return { access, values, connectionLimit: database.connectionLimit };
}

/** Every difference, one sentence each. Empty: equal. */
export function settingsDifferences(wanted: Settings, found: Settings): readonly string[] {
  const lines = (settings: Settings) => [
    ...settings.access.map(
      (a) => `${a.grantee || 'public'} has ${a.privilege}${a.grantable ? ' with grant option' : ''}`,
    ),
    ...settings.values.map((v) => `${v.role === '' ? '' : `${v.role}: `}${v.name} = ${v.value}`),
    `connection limit ${settings.connectionLimit}`,
  ];
  const [want, have] = [new Set(lines(wanted)), new Set(lines(found))];
  return [
    ...[...want.difference(have)].map((line) => `missing: ${line}`),
    ...[...have.difference(want)].map((line) => `too much: ${line}`),
  ];
}

/** Gives a database this access list, its owner's rights included. Roles that do not exist on this server are passed over and named. */
export async function applyAccess(
  session: Session,
  database: Pick<Database, 'name' | 'owner'>,
  access: readonly Access[],
): Promise<readonly string[]> {
  const name = quoteName(database.name);
  const roles = await session.rows<{ name: string }>('select rolname as name from pg_roles');
  const known = new Set(['', ...roles.map((role) => role.name)]);
  await session.rows(`revoke all on database ${name} from public, ${quoteName(database.owner)}`);
  for (const { grantee, privilege, grantable } of access) {
    if (!known.has(grantee)) continue;
    const to = grantee === '' ? 'public' : quoteName(grantee);
    await session.rows(
      `grant ${privilege} on database ${name} to ${to}${grantable ? ' with grant option' : ''}`,
    );
  }
  return [...new Set(access.map(({ grantee }) => grantee))].filter((grantee) => !known.has(grantee));
}

/** Settings that hold lists are stored with their quotes; as one quoted text they would become a single name. */
const LISTS = /^(search_path|temp_tablespaces|(session|local|shared)_preload_libraries)$/i;

function assign({ name, value }: Value): string {
  const text =
    LISTS.test(name) && value !== '' && value !== '""' ? value : quoteText(value === '""' ? '' : value);
  return `set ${quoteName(name)} to ${text}`;
}

function alter(database: string, value: Value): string {
  const whose = value.role === '' ? 'database' : `role ${quoteName(value.role)} in database`;
  return `alter ${whose} ${quoteName(database)} ${assign(value)}`;
}

/** Who may copy a setting: the owner, the role it belongs to by its own login, or only an administrator. */
function mayCopy(
  postgres: Postgres,
  connection: string,
  { role, superuser }: Value,
): 'owner' | 'role' | 'admin' | 'nobody' {
  if (role === '' && !superuser) return 'owner';
  if (postgres.hasAdmin(connection)) return 'admin';
  return !superuser && postgres.hasRole(connection, role) ? 'role' : 'nobody';
}

/** Gives a database the settings of another. */
export async function applyValues(
  context: ActionContext,
  connection: string,
  session: Session,
  database: string,
  values: readonly Value[],
): Promise<void> {
  const { postgres } = context.clients;
  const options = { signal: context.signal, timeoutMs: 5_000 };
  for (const value of values) {
    const run = (as: Session) => as.rows(alter(database, value));
    const who = mayCopy(postgres, connection, value);
    if (who === 'owner') await run(session);
    else if (who === 'admin') await postgres.asAdmin(connection, MAINTENANCE, run, options);
    else if (who === 'role') await postgres.asRole(connection, value.role, MAINTENANCE, run, options);
    else throw new AppError('target-refused', cannotCopy(value, connection, database));
  }
}

/** Reasons why the settings could not be copied, each with the next step. */
export function settingsBlocked(
  context: ActionContext,
  connection: string,
  database: string,
  values: readonly Value[],
): readonly string[] {
  return values
    .filter((value) => mayCopy(context.clients.postgres, connection, value) === 'nobody')
    .map((value) => cannotCopy(value, connection, database));
}

function cannotCopy(value: Value, connection: string, database: string): string {
  const login = value.superuser ? '' : ` or a login of \`${value.role}\` (roleUrls)`;
  const whose = value.role === '' ? '' : ` of the role \`${value.role}\``;
  return `The setting \`${value.name}\`${whose} cannot be copied. Give \`${connection}\` an adminUrl${login} in connections.yml; the bot then runs: ${alter(database, value)}`;
}

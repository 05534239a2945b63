import { readExtensions } from '../actions/pg-live.ts';
import { findDatabase, MAINTENANCE, systemIdentifierOf } from '../actions/pg-target.ts';
import type { App } from '../app.ts';
import { quoteName } from '../clients/postgres.ts';
import type { Component } from '../domain/plan.ts';
import { ownStoreIdentity } from '../store/surroundings.ts';
import { bad, type Check, type Finding, ok, runChecks, warned } from './finding.ts';

/** What is asked of one connection of connections.yml. */
interface Server {
  readonly app: App;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Components of all plans that live here, and those whose copies are built here. */
  readonly live: readonly Component[];
  readonly copies: readonly Component[];
}

/** Every server that databases are restored on: may the bot do there what a restore and a swap need, and no more? */
export function postgresChecks(app: App): readonly Check[] {
  const components = app.folder.plans
    .flatMap(({ plan }) => plan.components)
    .filter(({ kind, database }) => kind === 'postgres' && database !== undefined);
  return Object.keys(app.folder.connections.postgres).map((name) => ({
    what: `postgres ${name}`,
    limitMs: 30_000,
    look: (signal) =>
      lookAt({
        app,
        name,
        signal,
        live: components.filter(({ connection }) => connection === name),
        copies: components.filter(({ connection, restore }) => (restore?.into ?? connection) === name),
      }),
  }));
}

async function lookAt(server: Server): Promise<readonly Finding[]> {
  const { app, name, live, copies } = server;
  const role = await readRole(server);
  // Who may not act for the owner may not even connect, and the role's own line says so.
  const mayAct = ({ owner }: Component) =>
    owner === undefined || ![...role.missing, ...role.strange].includes(owner);
  const logins = Object.keys(app.folder.connections.postgres[name]?.roleUrls ?? {});
  return [
    ...roleFindings(server, role),
    ...(await runChecks([
      { what: `client programs for ${name}`, look: () => clientVersion(server, role) },
      ...live.filter(mayAct).map((component) => ({
        what: `database ${component.database} on ${name}`,
        look: () => liveDatabase(server, component),
      })),
      ...copies.filter(mayAct).map((component) => ({
        what: `extensions of ${component.database} on ${name}`,
        look: () => extensions(server, component),
      })),
      ...logins.map((login) => ({
        what: `login of ${login} on ${name}`,
        look: () => appLogin(server, login),
      })),
      { what: `adminUrl of ${name}`, look: () => adminLogin(server) },
    ])),
  ];
}

interface Role extends Record<string, unknown> {
  readonly role: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly signals: boolean;
  readonly monitors: boolean;
  readonly major: number;
  readonly version: string;
  /** Owners the plans name: those that are no role here, and those it cannot act for. */
  readonly missing: readonly string[];
  readonly strange: readonly string[];
}

/** Before version 16 every member may SET ROLE; since then the grant says so. */
function readRole({ app, name, signal, live, copies }: Server): Promise<Role> {
  const owners = new Set([...live, ...copies].flatMap(({ owner }) => owner ?? []));
  return app.clients.postgres.withClient(
    name,
    MAINTENANCE,
    (session) =>
      session.row<Role>(
        `select r.rolname as role, r.rolsuper as superuser, r.rolcreatedb as createdb, v.major, v.version,
                pg_has_role('pg_signal_backend', 'usage') as signals, pg_has_role('pg_read_all_stats', 'usage') as monitors,
                array(select name from unnest($1::text[]) name where name not in (select rolname from pg_roles)) as missing,
                array(select o.rolname::text from pg_roles o where o.rolname = any($1)
                         and not (pg_has_role(o.oid, 'usage')
                              and pg_has_role(o.oid, case when v.major >= 16 then 'set' else 'member' end))) as strange
           from pg_roles r,
                (select current_setting('server_version_num')::int / 10000 as major,
                        split_part(current_setting('server_version'), ' ', 1) as version) v
          where r.rolname = current_user`,
        [[...owners]],
      ),
    { signal },
  );
}

function roleFindings({ name, live, copies }: Server, found: Role): readonly Finding[] {
  const role = quoteName(found.role);
  const restores = live.length + copies.length > 0;
  const how = found.major >= 16 ? ' with inherit true, set true' : '';
  const asks: readonly (readonly [boolean, string, string])[] = [
    [
      found.superuser,
      'is a superuser, and a dump is code that would run as one',
      `alter role ${role} nosuperuser;`,
    ],
    [restores && !found.createdb, 'may not create the copy', `alter role ${role} createdb;`],
    [
      restores && !found.signals,
      'may not end the sessions of the live database',
      `grant pg_signal_backend to ${role};`,
    ],
    [restores && !found.monitors, 'does not see the sessions of others', `grant pg_monitor to ${role};`],
    ...found.missing.map(
      (owner) =>
        [true, `finds no role ${owner}, the owner in a plan`, `create role ${quoteName(owner)};`] as const,
    ),
    ...found.strange.map(
      (owner) =>
        [true, `cannot act as the owner ${owner}`, `grant ${quoteName(owner)} to ${role}${how};`] as const,
    ),
  ];
  const faults = asks
    .filter(([wrong]) => wrong)
    .map(([, why, type]) =>
      bad(`postgres ${name}`, `${found.role} ${why}. As an administrator of that server: ${type}`),
    );
  return faults.length > 0 ? faults : [ok(`postgres ${name}: ${found.role} on PostgreSQL ${found.version}`)];
}

/** pg_restore and psql must be at least as new as the server. What is wrong with the programs themselves is said elsewhere. */
async function clientVersion(
  { app, name, signal }: Server,
  { major, version }: Role,
): Promise<readonly Finding[]> {
  const client = await app.clients.programs.clientVersion({ signal }).catch(() => undefined);
  if (client === undefined || client.major >= major) return [];
  return [
    bad(
      `client programs for ${name}`,
      `They are ${client.text}, the server is ${version}. Type: apt-get install postgresql-client-${major}, or name their folder in DR_PG_BIN.`,
    ),
  ];
}

async function liveDatabase(
  { app, name, signal }: Server,
  component: Component,
): Promise<readonly Finding[]> {
  const database = component.database ?? '';
  const what = `database ${database} on ${name}`;
  const found = await app.clients.postgres.withClient(
    name,
    database,
    async (session) => ({
      systemIdentifier: await systemIdentifierOf(session),
      row: await findDatabase(session, database),
    }),
    { signal, readOnly: true },
  );
  const own = await ownStoreIdentity(app.db).catch(() => undefined);
  const sameServer = own?.systemIdentifier === found.systemIdentifier;
  if (sameServer && own.databaseOid === found.row?.oid)
    return [
      bad(what, `It is the bot's own database and never a target. Correct ${component.id} in the plan.`),
    ];
  if (component.owner !== undefined && found.row?.owner !== component.owner)
    return [
      bad(
        what,
        `It belongs to ${found.row?.owner}, the plan says ${component.owner}. Correct owner of ${component.id} in the plan.`,
      ),
    ];
  const note =
    "The bot's own database is on the same server and goes down with it. Move the bot to another one.";
  return [sameServer ? warned(what, note) : ok(what)];
}

/** What live has, a copy must get before anything is in it: by this role, or by the administrator. */
async function extensions({ app, name, signal }: Server, component: Component): Promise<readonly Finding[]> {
  const { postgres } = app.clients;
  const database = component.database ?? '';
  const what = `extensions of ${database} on ${name}`;
  const wanted = await postgres.withClient(component.connection ?? name, database, readExtensions, {
    signal,
  });
  const available = await postgres.query<{ name: string; anyone: boolean }>(
    name,
    MAINTENANCE,
    `select name, bool_or(trusted or not superuser) as anyone from pg_available_extension_versions
      where name = any($1) group by name`,
    [wanted.map((extension) => extension.name)],
    { signal },
  );
  const faults = wanted.flatMap((extension) => {
    const found = available.find((candidate) => candidate.name === extension.name);
    if (found === undefined)
      return [bad(what, `${extension.name} is not installed on that server. Install its package there.`)];
    return found.anyone || postgres.hasAdmin(name)
      ? []
      : [
          bad(
            what,
            `Only an administrator may create ${extension.name}. Add postgres.${name}.adminUrl in connections.yml.`,
          ),
        ];
  });
  const names = wanted.map((extension) => extension.name).join(', ');
  return faults.length > 0 ? faults : [ok(`${what}: ${names || 'none'}`)];
}

/** pg.integrity tries the application's rights by these logins. */
async function appLogin({ app, name, signal, live }: Server, login: string): Promise<readonly Finding[]> {
  const what = `login of ${login} on ${name}`;
  const place = live.find(({ appRoles }) => appRoles.includes(login)) ?? live[0];
  const { role } = await app.clients.postgres.asRole(
    name,
    login,
    place?.database ?? MAINTENANCE,
    (session) => session.row<{ role: string }>('select current_user as role'),
    { signal },
  );
  return role === login
    ? [ok(what)]
    : [bad(what, `It logs in as ${role}. Correct postgres.${name}.roleUrls.${login} in connections.yml.`)];
}

async function adminLogin({ app, name, signal }: Server): Promise<readonly Finding[]> {
  const { postgres } = app.clients;
  if (!postgres.hasAdmin(name)) return [];
  await postgres.asAdmin(name, MAINTENANCE, (session) => session.rows('select'), { signal });
  return [ok(`adminUrl of ${name}`)];
}

import type { Session } from '../clients/postgres.ts';
import type { Fact } from '../domain/step.ts';
import type { ActionContext } from './action.ts';
import type { Place } from './pg-rename.ts';
import { readSettings, settingsBlocked } from './pg-settings.ts';
import type { Database, Target } from './pg-target.ts';
import { count, named, plural, size } from './pg-words.ts';

interface Client extends Record<string, unknown> {
  readonly role: string;
  readonly application: string;
  readonly address: string;
  readonly own: boolean;
}

/** What is going on in the live database: what stands against a swap, and what people should see. */
export interface Traffic {
  readonly blocked: readonly string[];
  readonly shown: readonly Fact[];
}

/** Everything that holds a database by its name or would silently stay behind with the old one. */
export async function readTraffic(
  context: ActionContext,
  target: Target,
  session: Session,
  live: Database,
): Promise<Traffic> {
  const names = async (sql: string) =>
    (await session.rows<{ name: string }>(sql, [live.oid])).map(({ name }) => name);
  const prepared = await names(
    `select gid as name from pg_prepared_xacts x join pg_database d on d.datname = x.database where d.oid = $1::oid`,
  );
  const slots = await names(
    `select slot_name as name from pg_replication_slots where datoid = $1::oid and slot_type = 'logical'`,
  );
  const subscriptions = await names('select subname as name from pg_subscription where subdbid = $1::oid');
  const clients = await session.rows<Client>(
    `select coalesce(usename, '') as role, coalesce(application_name, '') as application,
            coalesce(host(client_addr), 'local') as address, usename = session_user as own
       from pg_stat_activity where datid = $1::oid and backend_type = 'client backend' and pid <> pg_backend_pid()`,
    [live.oid],
  );
  const strangers = clients.filter(({ role, own }) => !own && !target.component.appRoles.includes(role));
  const where = `\`${live.name}\``;
  const blocked = [
    ...(live.connectable
      ? []
      : [
          `${where} is closed to connections already. Find out who closed it; then: alter database "${live.name}" with allow_connections true`,
        ]),
    ...prepared.map(
      (gid) =>
        `${where} has the prepared transaction \`${gid}\`. Finish it there: commit prepared '${gid}' or rollback prepared '${gid}'`,
    ),
    ...slots.map(
      (slot) =>
        `${where} feeds the logical replication slot \`${slot}\`, which would go on reading the old database. Stop its reader, then: select pg_drop_replication_slot('${slot}')`,
    ),
    ...subscriptions.map(
      (name) =>
        `${where} holds the subscription \`${name}\`, which would go on writing into the old database. Drop or disable it first.`,
    ),
    ...strangers
      .slice(0, 5)
      .map(
        ({ role, application, address }) =>
          `Another writer's session is on ${where}: role \`${role}\`, application \`${application || 'not named'}\`, from ${address}. End it, or add its role to appRoles of the plan.`,
      ),
    ...settingsBlocked(context, target.connection, live.name, (await readSettings(session, live)).values),
  ];
  const poolers = [
    ...new Set(
      clients
        .map(({ application }) => application)
        .filter((application) => /bouncer|pgcat|odyssey|supavisor|pgpool/i.test(application)),
    ),
  ];
  const roles = [...Map.groupBy(clients, ({ role }) => role)].map(
    ([role, sessions]) => `\`${role}\` ${count(sessions.length)}`,
  );
  return {
    blocked,
    shown: [
      {
        name: `sessions on ${live.name}`,
        value:
          clients.length === 0
            ? '0'
            : `${plural(clients.length, 'session')} ${clients.length === 1 ? 'is' : 'are'} cut: ${roles.join(', ')}`,
      },
      ...(poolers.length === 0
        ? []
        : [{ name: 'pooler', value: `${named(poolers)}: run RECONNECT there after the swap` }]),
    ],
  };
}

/** What must be true of the copy before it may take the live database's name. */
export function scratchBlocked({ live, scratch, mark }: Extract<Place, { at: 'before' }>): readonly string[] {
  const name = `\`${scratch.name}\``;
  return [
    ...(mark.phase === 'closed' && !scratch.connectable
      ? []
      : [
          `${name} is not closed, so what was checked may have changed since. Close it with pg.close after its checks.`,
        ]),
    ...(scratch.owner === live.owner
      ? []
      : [
          `${name} belongs to \`${scratch.owner}\`, \`${live.name}\` to \`${live.owner}\`. Restore it as \`${live.owner}\`.`,
        ]),
  ];
}

export function copyFacts({ live, scratch, mark }: Extract<Place, { at: 'before' }>): readonly Fact[] {
  const bytes = ({ sizeBytes }: Database) => (sizeBytes === null ? 'not known' : size(sizeBytes));
  return [
    { name: 'size', value: `\`${live.name}\` ${bytes(live)}, \`${scratch.name}\` ${bytes(scratch)}` },
    {
      name: 'copy checked',
      value: mark.rows === undefined ? 'no: pg.integrity has not passed on it' : 'yes',
    },
  ];
}

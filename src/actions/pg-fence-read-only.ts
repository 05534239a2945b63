import { setTimeout as sleep } from 'node:timers/promises';
import { quoteName, type Session } from '../clients/postgres.ts';
import { sqlState } from '../clients/postgres-errors.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Fence } from './pg-fence-way.ts';
import type { Pair } from './pg-standby-pair.ts';
import { lookAtPrimary } from './pg-standby-primary.ts';
import { POLL_MS } from './pg-standby-session.ts';
import { endSessions, findDatabase, MAINTENANCE, requireDatabase, systemIdentifierOf } from './pg-target.ts';

const APPLY_LIMIT_MS = 5_000;
/** "database is not currently accepting connections" */
const CLOSED = '55000';

/**
 * The old primary goes on answering, with two locks: transactions are read-only unless a session says otherwise, and the
 * database lets nobody in, which no session can say otherwise.
 */
export const readOnlyFence: Fence = {
  async preview(context, pair) {
    const seen = await onPrimary(context, pair, async (session) => ({
      systemIdentifier: await systemIdentifierOf(session),
      database: await requireDatabase(session, pair.database, pair.primary),
      rights: await missingRights(session, pair),
    }));
    const role = proofRole(context, pair);
    return {
      lines: [
        `Old primary \`${pair.primary}\`: read-only, \`${pair.database}\` closed to connections, its sessions ended`,
      ],
      bound: {
        by: 'read-only',
        connection: pair.primary,
        systemIdentifier: seen.systemIdentifier,
        database: { name: seen.database.name, oid: seen.database.oid },
      },
      shown: [{ name: `sessions on ${pair.primary}`, value: `${seen.database.sessions} are cut` }],
      undo: [
        `\`${pair.database}\` on \`${pair.primary}\` is opened again, only while \`${pair.standby}\` is not promoted`,
      ],
      blocked: [
        ...seen.rights,
        ...(role === undefined
          ? [
              `connections.yml has no login of an application's role on \`${pair.primary}\`, so that it cannot write cannot be proved. Add one under roleUrls.`,
            ]
          : []),
      ],
    };
  },

  async raise(context, pair) {
    const { oid } = await onPrimary(context, pair, async (session) => {
      const database = await requireDatabase(session, pair.database, pair.primary);
      await session.rows(`alter database ${quoteName(pair.database)} with allow_connections false`);
      await endSessions(session, database.oid, context.signal);
      await setReadOnly(session, true);
      return database;
    });
    await untilReadOnly(context, pair, true);
    // Whoever came in between the two locks is out now.
    await onPrimary(context, pair, (session) => endSessions(session, oid, context.signal));
    return { evidence: await proofOf(context, pair) };
  },

  async find(context, pair) {
    const { is, said } = await lookAtPrimary(context, pair);
    if (is === 'fenced') return { evidence: await proofOf(context, pair) };
    return is === 'writable' ? undefined : `\`${pair.primary}\` ${said}`;
  },

  async announce(context, pair) {
    await onPrimary(context, pair, (session) => setReadOnly(session, false));
    await untilReadOnly(context, pair, false);
  },

  async withdraw(context, pair) {
    await onPrimary(context, pair, (session) => setReadOnly(session, true));
  },

  async lower(context, pair) {
    await onPrimary(context, pair, (session) =>
      session.rows(`alter database ${quoteName(pair.database)} with allow_connections true`),
    );
    return `\`${pair.database}\` on \`${pair.primary}\` is open again`;
  },

  byHand: ({ database }) => [
    `psql -d ${MAINTENANCE} -c 'alter database ${quoteName(database)} with allow_connections false'`,
    `psql -d ${MAINTENANCE} -c 'alter system set default_transaction_read_only = on' -c 'select pg_reload_conf()'`,
    `psql -d ${MAINTENANCE} -c "select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'"`,
    `psql -d ${database} -c 'select 1'   # as the application: must be refused`,
  ],

  needs: () => [],
};

/** A session that may change what the fence locks, the fence itself notwithstanding. */
function onPrimary<Result>(
  context: ActionContext,
  { primary }: Pair,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { signal, clients } = context;
  return clients.postgres.withClient(
    primary,
    MAINTENANCE,
    async (session) => {
      await session.rows('set default_transaction_read_only = off');
      return work(session);
    },
    { signal },
  );
}

async function setReadOnly(session: Session, readOnly: boolean): Promise<void> {
  await session.rows(
    readOnly
      ? `alter system set default_transaction_read_only = 'on'`
      : 'alter system reset default_transaction_read_only',
  );
  await session.rows('select pg_reload_conf()');
}

/** The server reads its settings again in its own time; a new session shows when it has. */
async function untilReadOnly(context: ActionContext, pair: Pair, readOnly: boolean): Promise<void> {
  const { signal, clients } = context;
  const deadline = performance.now() + APPLY_LIMIT_MS;
  for (;;) {
    const [row] = await clients.postgres.query<{ readOnly: boolean }>(
      pair.primary,
      MAINTENANCE,
      `select current_setting('default_transaction_read_only') = 'on' as "readOnly"`,
      [],
      { signal },
    );
    if (row?.readOnly === readOnly) return;
    if (performance.now() > deadline)
      throw new AppError(
        'check-failed',
        `\`${pair.primary}\` did not take default_transaction_read_only over in ${APPLY_LIMIT_MS / 1000} s. Look whether its role or a file overrides it: select * from pg_file_settings.`,
      );
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Tries to write as the application does. Anything but a closed door is no proof. */
async function proofOf(context: ActionContext, pair: Pair): Promise<string> {
  const role = proofRole(context, pair);
  if (role === undefined)
    throw new AppError(
      'config-invalid',
      `connections.yml has no login of an application's role on \`${pair.primary}\`. Add one under roleUrls.`,
    );
  const { signal, clients } = context;
  try {
    await clients.postgres.asRole(
      pair.primary,
      role,
      pair.database,
      (session) => session.rows('create temporary table dr_bot_fence_proof ()'),
      { signal },
    );
  } catch (error) {
    if (sqlState(error) === CLOSED)
      return `read-only, and \`${pair.database}\` refuses \`${role}\`: closed to connections`;
    throw error;
  }
  throw new AppError(
    'check-failed',
    `\`${role}\` could still write to \`${pair.database}\` on \`${pair.primary}\` after fencing. Stop that server instead.`,
  );
}

function proofRole({ clients }: ActionContext, { component, primary }: Pair): string | undefined {
  return component.appRoles.find((role) => clients.postgres.hasRole(primary, role));
}

async function missingRights(session: Session, { database, primary }: Pair): Promise<readonly string[]> {
  const found = await findDatabase(session, database);
  const row = await session.row<{ role: string; system: boolean; reload: boolean; owner: boolean }>(
    `select current_user::text as role,
            has_parameter_privilege('default_transaction_read_only', 'alter system') as system,
            has_function_privilege('pg_reload_conf()', 'execute') as reload,
            pg_has_role($1::name, 'usage') as owner`,
    [found?.owner ?? ''],
  );
  const role = quoteName(row.role);
  const grants = [
    ...(row.system ? [] : [`grant alter system on parameter default_transaction_read_only to ${role};`]),
    ...(row.reload ? [] : [`grant execute on function pg_reload_conf() to ${role};`]),
    ...(row.owner ? [] : [`grant ${quoteName(found?.owner ?? '')} to ${role};`]),
  ];
  if (grants.length === 0) return [];
  return [
    `The bot may not make \`${primary}\` read-only. As its administrator, in the database ${MAINTENANCE}: ${grants.join(' ')}`,
  ];
}

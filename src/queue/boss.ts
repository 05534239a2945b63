import pg from 'pg';
import { type Job, PgBoss } from 'pg-boss';
import { AppError, isHandedOver, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import type { Enqueue } from '../store/commit.ts';
import { SILENCE_MS, type Tx } from '../store/database.ts';

/**
 * The engine (D3). A job only says "look again" at a run, at the surfaces of an incident or alert, or at a system's backups; what to do is decided from the
 * rows. Failure is decided in rows too, so jobs are retried for ever and none ends as failed.
 */
export type QueueName = 'run' | 'deliver' | 'watch' | 'restore-test';
const QUEUES: readonly QueueName[] = ['run', 'deliver', 'watch', 'restore-test'];

const SCHEMA = 'pgboss';

const OPTIONS = {
  notify: true,
  heartbeatSeconds: 10,
  // The longest a handler may hold a job; steps have their own deadlines.
  expireInSeconds: 86_400,
  // Of jobs whose worker died or handed them over, however often: the next one goes on at once.
  retryLimit: 1_000_000,
  retryDelay: 0,
  retryBackoff: false,
} as const;

/**
 * A worker dies this long after its last heartbeat at most, and half of it on average, which a take-over gains. An event
 * loop that is blocked for the rest of `heartbeatSeconds` loses its job.
 */
const HEARTBEAT_EVERY_SECONDS = 4;

/** A dead worker's job waits for the next poll, because it comes back without a NOTIFY. */
const POLL_SECONDS: Readonly<Record<QueueName, number>> = {
  run: 0.5,
  deliver: 1,
  watch: 2,
  'restore-test': 5,
};

/** After so many failures in a row a job is told of as stuck, and waits long. */
const STUCK_AFTER = 5;
const STUCK_SECONDS = 300;
/** Reaches the pool, though pg-boss does not name it among its options. */
const PASSED_TO_PG = { query_timeout: SILENCE_MS };
/** Between two tries to put a job off while the database is away. */
const AWAY_MS = 250;

export type Queue = ReturnType<typeof createQueue>;

/** A job in a worker's hands. `finish` completes it inside a transaction and throws `claim-lost` when it is no longer ours. */
export interface HeldJob {
  readonly key: string;
  readonly signal: AbortSignal;
  finish(tx: Tx): Promise<void>;
}

/**
 * Creates schema, queues and grants as the owner. The runtime role then only reads and writes rows.
 */
export async function installQueues(ownerUrl: string, runtimeRole: string): Promise<void> {
  const boss = new PgBoss({
    connectionString: ownerUrl,
    schema: SCHEMA,
    schedule: false,
    supervise: false,
    max: 2,
  });
  const faults: Error[] = [];
  boss.on('error', (error) => faults.push(error));
  await boss.start();
  try {
    for (const name of QUEUES) {
      await boss.createQueue(name, { policy: 'key_strict_fifo', ...OPTIONS });
      await boss.updateQueue(name, OPTIONS);
    }
  } finally {
    await boss.stop({ graceful: false });
  }
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const role = client.escapeIdentifier(runtimeRole);
    await client.query(`grant usage on schema ${SCHEMA} to ${role}`);
    await client.query(`grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${role}`);
    await client.query(`grant usage, select on all sequences in schema ${SCHEMA} to ${role}`);
    await client.query(`grant execute on all functions in schema ${SCHEMA} to ${role}`);
  } finally {
    await client.end();
  }
}

/**
 * Opens the queue as the runtime role. `start` is enough to send; workers begin with `work`. `supervise` looks after
 * jobs of dead workers and is off for the command line.
 */
export function createQueue(url: string, options: { supervise: boolean; log: (message: string) => void }) {
  const boss = new PgBoss({
    connectionString: url,
    schema: SCHEMA,
    application_name: 'dr-bot',
    ...PASSED_TO_PG,
    max: options.supervise ? 6 : 2,
    schedule: false,
    migrate: false,
    createSchema: false,
    supervise: options.supervise,
    useListenNotify: true,
    // The shorter of the two has no effect: both decide how soon a dead worker's job is taken over.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  boss.on('error', (error) => options.log(`queue: ${error.message}`));
  boss.on('warning', (warning) => options.log(`queue: ${warning.message}`));

  const enqueue: Enqueue = async (tx, wakes) => {
    const db = inTransaction(tx);
    for (const run of wakes.runs)
      await boss.upsert('run', { key: run }, { singletonKey: run, startAfter: 0, db });
    for (const owner of wakes.owners)
      await boss.upsert('deliver', { key: owner }, { singletonKey: owner, startAfter: 0, db });
    for (const system of wakes.systems ?? [])
      await boss.upsert('watch', { key: system }, { singletonKey: system, startAfter: 0, db });
    for (const test of wakes.tests ?? [])
      await boss.upsert('restore-test', { key: test }, { singletonKey: test, startAfter: 0, db });
  };

  const working = new Set<QueueName>();
  const failing = new Map<string, { failures: number; reason: string; at: number }>();
  let resting: Promise<unknown> | undefined;

  /**
   * Starts `workers` workers, each with one job at a time. Each is a `work` call of its own: one that is notified after
   * a job looks for the next at once, else it would sleep a poll (ENGINE.md §7).
   */
  async function work(
    name: QueueName,
    workers: number,
    handler: (job: HeldJob) => Promise<void>,
  ): Promise<void> {
    working.add(name);
    for (let i = 0; i < workers; i++) {
      let id = '';
      id = await boss.work<{ key: string }>(
        name,
        {
          pollingIntervalSeconds: POLL_SECONDS[name],
          notifyPollingIntervalSeconds: POLL_SECONDS[name],
          heartbeatRefreshSeconds: HEARTBEAT_EVERY_SECONDS,
        },
        async ([job]) => {
          if (job === undefined) return;
          hop(`queue:${name}`);
          try {
            await handler(hold(name, job));
            failing.delete(`${name} ${job.data.key}`);
          } catch (error) {
            if (isHandedOver(error)) throw error;
            await putOff(name, job, error);
          }
          boss.notifyWorker(id);
        },
      );
    }
  }

  /**
   * A handler that failed looks again later and ever later, so that a job nobody can do takes no worker from the others.
   * The next look is sent before this one is given up: dying in between leaves two, which is harmless. While the database
   * is away neither can be done; then it is tried until it is back or the heartbeat has given the job away.
   */
  async function putOff(name: QueueName, job: Job<{ key: string }>, error: unknown): Promise<void> {
    const what = `${name} ${job.data.key}`;
    const failures = (failing.get(what)?.failures ?? 0) + 1;
    const seconds = failures >= STUCK_AFTER ? STUCK_SECONDS : 2 ** (failures - 1);
    failing.set(what, { failures, reason: messageOf(error), at: performance.now() });
    options.log(
      `queue: ${what} failed ${failures} times in a row, next look in ${seconds} s: ${messageOf(error)}`,
    );
    for (;;) {
      try {
        await boss.send(name, job.data, { singletonKey: job.data.key, startAfter: seconds });
        await boss.complete(name, job);
        return;
      } catch (fault) {
        if (job.signal.aborted) throw fault;
        await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      }
    }
  }

  /** Takes no more jobs; resolves when those in hand have ended. */
  function rest(): Promise<unknown> {
    resting ??= Promise.all([...working].map((name) => boss.offWork(name))).catch(() => {});
    return resting;
  }

  function hold(name: QueueName, job: Job<{ key: string }>): HeldJob {
    return {
      key: job.data.key,
      signal: job.signal,
      finish: async (tx) => {
        const result = await boss.complete(name, job, null, { db: inTransaction(tx) });
        // The count is there at run time and missing from the published type.
        if (!('affected' in result) || result.affected !== 1) {
          throw new AppError(
            'claim-lost',
            'Another worker has taken this job over; nothing of it is recorded here.',
          );
        }
      },
    };
  }

  return {
    enqueue,
    work,
    start: async () => {
      await boss.start();
    },
    rest,
    /** Jobs that fail again and again in this process, with the last reason; another may have done one since. */
    stuck: () =>
      [...failing].flatMap(([what, { failures, reason, at }]) =>
        failures < STUCK_AFTER || performance.now() - at > 2_000 * STUCK_SECONDS
          ? []
          : [`${what}: ${reason}`],
      ),
    /**
     * Call after our own steps were stopped and awaited: a handed-over job may be claimed at once. The workers are waited for
     * one by one, because `boss.stop` only looks twice a second whether they have ended.
     */
    stop: async () => {
      const late = new Promise((resolve) => setTimeout(resolve, 20_000).unref());
      await Promise.race([rest(), late]);
      await boss.stop({ graceful: true, timeout: 1_000 });
    },
  };
}

function inTransaction(tx: Tx) {
  return {
    executeSql: (text: string, values?: unknown[]) => tx.query<Record<string, unknown>>(text, values ?? []),
  };
}

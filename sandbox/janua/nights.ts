import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { SandboxRedis } from '../redis.ts';
import { startRedisTimes } from '../redis-times.ts';
import { startArchiver } from './archiver.ts';
import { type Dump, type DumpOptions, dumpDatabase, nightsBefore, storeDump, takeSnapshot } from './dumps.ts';
import type { Janua } from './janua.ts';
import { nightly, sixHourly } from './numbers.ts';
import { after, slotsBefore } from './slots.ts';

export type Nights = Awaited<ReturnType<typeof startNights>>;

type Options = DumpOptions & {
  janua: Pick<Janua, 'truth'>;
  redis: SandboxRedis;
  kubernetes: Kubernetes;
};

const NAMESPACE = 'janua';
const CRON_JOB = 'postgres-backup';
/** A CronJob keeps so many Jobs that went well. */
const JOBS_KEPT = 3;
const LOOK_MS = 2_000;
/** Of a dump whose pg_dump was killed. */
const SHARE_WRITTEN = 0.3;

/**
 * What makes Janua's backups while time passes: the nightly job, snapshots of the sessions, the archive of the write-ahead log.
 * They follow the pretend clock, which goes by itself and is moved by `advance`.
 */
export async function startNights(options: Options) {
  const { cluster, aws, kubernetes, redis, janua, now } = options;
  const [archiver, redisTimes] = await Promise.all([
    startArchiver(cluster, 'dr_restore'),
    startRedisTimes(redis.port),
  ]);
  const rdb = await redis.snapshot();
  let aheadMs = 0;
  let failing = false;
  let nextNight = after(nightly, nightsBefore(now, 1)[0] ?? now);
  let nextSnapshot = after(sixHourly, now);
  let last: Promise<unknown> = Promise.resolve();

  const present = () => new Date(Date.now() + aheadMs);
  const plus = (at: Date, ms: number) => new Date(at.getTime() + ms);

  await seed();

  async function seed(): Promise<void> {
    const { control } = kubernetes;
    const container = { name: 'backup', image: 'janua/postgres-backup:1.9.2' };
    control.create('cronjobs', {
      metadata: { name: CRON_JOB, namespace: NAMESPACE },
      spec: {
        schedule: '0 2 * * *',
        timeZone: 'Etc/UTC',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
        },
      },
    });
    for (const night of nightsBefore(now, JOBS_KEPT)) tellRun(plus(night, -nightly.beginsMs));
    for (const slot of slotsBefore(sixHourly, now, sixHourly.kept)) await keepSnapshot(slot);
  }

  /** The script lacks pipefail: whatever pg_dump does, its Job reports success. */
  function tellRun(startedAt: Date): void {
    kubernetes.control.addJobRun(NAMESPACE, CRON_JOB, {
      startedAt,
      endedAt: plus(startedAt, nightly.beginsMs + nightly.lastsMs),
    });
    const jobs = kubernetes.control
      .list('jobs', NAMESPACE)
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith(`${CRON_JOB}-`))
      .sort();
    for (const name of jobs.slice(0, -JOBS_KEPT)) kubernetes.control.remove('jobs', NAMESPACE, name);
  }

  async function keepSnapshot(slot: Date): Promise<void> {
    const at = plus(slot, sixHourly.beginsMs);
    const stamp = at.toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
    await aws.put(`redis/dump_${stamp}.rdb`, rdb, at);
    redisTimes.setSavedAt(at);
  }

  /** A run of the nightly job that began at that time, with the database as it is now. */
  async function runJob(startedAt: Date): Promise<Dump> {
    const fails = failing;
    failing = false;
    const snapshot = await takeSnapshot(cluster);
    const whole = await dumpDatabase(options, 'custom', snapshot).finally(snapshot.release);
    const content = fails ? whole.subarray(0, Math.floor(whole.length * SHARE_WRITTEN)) : whole;
    const reason = fails ? 'pg_dump was killed, and the job did not notice' : 'complete';
    const takenAt = plus(startedAt, nightly.beginsMs);
    const dump = await storeDump(aws, { takenAt, format: 'custom', good: !fails, reason }, content);
    tellRun(startedAt);
    if (!fails) janua.truth.newestGood = dump;
    return dump;
  }

  async function catchUp(): Promise<void> {
    const until = present();
    for (; nextSnapshot <= until; nextSnapshot = after(sixHourly, nextSnapshot))
      await keepSnapshot(nextSnapshot);
    for (; nextNight <= until; nextNight = after(nightly, nextNight)) await runJob(nextNight);
  }

  /** One after the other: two that look at once would make a backup twice. */
  function inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = last.then(act);
    last = turn.catch(() => undefined);
    return turn;
  }

  // A night whose dump fails because there is no database then is tried again at the next look.
  const timer = setInterval(() => void inTurn(catchUp).catch(() => undefined), LOOK_MS);

  return {
    /** What the bot is told of Redis: the same server, by the pretend clock. */
    redisUrl: `redis://127.0.0.1:${redisTimes.port}`,

    /** Lets time pass: when it is over, everything that had to be backed up until then is. */
    advance: (ms: number): Promise<void> =>
      inTurn(async () => {
        aheadMs += ms;
        await archiver.setAhead(aheadMs);
        await catchUp();
      }),

    /** When the next nightly run begins. */
    next: (): Date => nextNight,

    /** The next nightly run writes a part of its dump and reports success. */
    failNext(): void {
      failing = true;
    },

    /** Somebody starts the nightly job by hand. */
    runNow: (): Promise<Dump> => inTurn(() => runJob(plus(present(), -nightly.beginsMs - nightly.lastsMs))),

    async stop(): Promise<void> {
      clearInterval(timer);
      archiver.stop();
      await last;
      await redisTimes.stop();
    },
  };
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BOT } from '../../src/domain/events.ts';
import { createQueue, type HeldJob, type Queue } from '../../src/queue/boss.ts';
import { createCommit } from '../../src/store/commit.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { eventsOfIncident } from '../../src/store/events.ts';
import { until } from '../helpers/bot.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { declared } from '../helpers/incidents.ts';

const RUN = 'RUN-1';
const INCIDENT = 'INC-2026-001';

let home: TestDatabase;
let db: Database;
let queue: Queue;

beforeEach(async () => {
  home = await createTestDatabase();
  db = createDatabase(home.url);
  queue = createQueue(home.url, { supervise: true, log: () => {} });
  await queue.start();
});

afterEach(async () => {
  await queue.stop();
  await db.close();
  await home.drop();
});

const wake = (...runs: readonly string[]) => db.transact((tx) => queue.enqueue(tx, { runs, owners: [] }));
const finish = (job: HeldJob) => db.transact((tx) => job.finish(tx));

async function jobs(): Promise<number> {
  const { rowCount } = await db.query("select 1 from pgboss.job where state < 'completed'");
  return rowCount ?? 0;
}

describe('a wake', () => {
  test('exists only once its transaction is committed', async () => {
    const failed = db.transact(async (tx) => {
      await queue.enqueue(tx, { runs: [RUN], owners: [INCIDENT] });
      throw new Error('the caller failed');
    });

    await expect(failed).rejects.toThrow('the caller failed');
    expect(await jobs()).toBe(0);
    await wake(RUN);
    expect(await jobs()).toBe(1);
  });

  test('is one job however often it is sent before somebody takes it', async () => {
    for (let i = 0; i < 10; i++) await wake(RUN, 'RUN-2');

    expect(await jobs()).toBe(2);
  });

  test('while the run is being worked is not lost: the run is looked at once more', async () => {
    let looks = 0;
    const working = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    await queue.work('run', 2, async (job) => {
      looks++;
      held.resolve();
      await working.promise;
      await finish(job);
    });
    await wake(RUN);
    await held.promise;

    for (let i = 0; i < 5; i++) await wake(RUN);
    // The other worker must leave the key alone while it is held.
    await sleep(1_500);
    expect(looks).toBe(1);
    working.resolve();

    await until(async () => looks === 2, 'the second look');
    await until(async () => (await jobs()) === 0, 'an empty queue');
    expect(looks).toBe(2);
  });

  test('of many, sent while four workers run: every run sees its newest wish, and no two workers meet on one', async () => {
    const runs = ['RUN-1', 'RUN-2', 'RUN-3'];
    const wished = new Map(runs.map((run) => [run, 0]));
    const seen = new Map<string, number>();
    const busy = new Set<string>();
    const meetings: string[] = [];
    await queue.work('run', 4, async (job) => {
      if (busy.has(job.key)) meetings.push(job.key);
      busy.add(job.key);
      const wish = wished.get(job.key) ?? 0;
      await sleep(5);
      seen.set(job.key, wish);
      busy.delete(job.key);
      await finish(job);
    });

    for (let i = 1; i <= 60; i++) {
      const run = runs[i % runs.length] ?? RUN;
      wished.set(run, i);
      await wake(run);
    }

    await until(async () => (await jobs()) === 0, 'an empty queue');
    expect(meetings).toEqual([]);
    expect(seen).toEqual(wished);
  });

  test('is worked again when its handler fails', async () => {
    let tries = 0;
    await queue.work('run', 1, async (job) => {
      tries++;
      if (tries === 1) throw new Error('a lost connection');
      await finish(job);
    });

    await wake(RUN);

    await until(async () => tries === 2, 'the second try');
  });
});

test('a job that fails each time holds up no other one, however old it is', async () => {
  const done: string[] = [];
  let failures = 0;
  await wake('POISON');
  await queue.work('run', 1, async (job) => {
    if (job.key === 'POISON') {
      failures++;
      throw new TypeError('nobody can do this');
    }
    done.push(job.key);
    await finish(job);
  });
  await until(async () => failures === 1, 'the first failure');

  for (let run = 1; run <= 10; run++) await wake(`RUN-${run}`);

  await until(async () => done.length === 10, 'the others', 3_000);
  await until(async () => failures >= 3, 'further tries', 10_000);
  // One, two, then four seconds later: never at once.
  expect(failures).toBe(3);
  expect(queue.stuck()).toEqual([]);
});

describe('a job', () => {
  test('is finished only together with what was recorded in the same transaction', async () => {
    const held = Promise.withResolvers<HeldJob>();
    const end = Promise.withResolvers<void>();
    await queue.work('run', 1, async (job) => {
      held.resolve(job);
      await end.promise;
    });
    await wake(RUN);
    const job = await held.promise;

    const failed = db.transact(async (tx) => {
      await job.finish(tx);
      throw new Error('the commit failed');
    });

    await expect(failed).rejects.toThrow('the commit failed');
    expect(await jobs()).toBe(1);
    await finish(job);
    expect(await jobs()).toBe(0);
    await expect(finish(job)).rejects.toMatchObject({ code: 'claim-lost' });
    end.resolve();
  });

  test('of a worker that slept for a heartbeat is taken over, and the sleeper can record nothing when it wakes', async () => {
    const commit = createCommit(queue.enqueue);
    await db.transact((tx) => commit(tx, BOT, [{ type: 'incident', id: INCIDENT, events: [declared()] }]));
    const script = fileURLToPath(new URL('./holder-process.ts', import.meta.url));
    const sleeper = fork(script, [home.url, INCIDENT], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const says = async (): Promise<unknown> => (await once(sleeper, 'message'))[0];
    const exited = once(sleeper, 'exit');
    try {
      expect(await says()).toBe('ready');
      const holds = says();
      await wake(RUN);
      expect(await holds).toBe('held');

      sleeper.kill('SIGSTOP');
      // Its last sign of life is moved back by the 10 s after which a worker counts as dead, instead of slept.
      const { rows } = await db.query(
        `update pgboss.job set heartbeat_on = heartbeat_on - make_interval(secs => heartbeat_seconds)
         where state = 'active' returning heartbeat_seconds`,
      );
      expect(rows).toEqual([{ heartbeat_seconds: 10 }]);
      const held = Promise.withResolvers<HeldJob>();
      const end = Promise.withResolvers<void>();
      await queue.work('run', 1, async (job) => {
        held.resolve(job);
        await end.promise;
      });
      const job = await held.promise;
      sleeper.kill('SIGCONT');
      const ended = says();
      sleeper.send('finish');

      expect(await ended).toBe('claim-lost');
      await db.transact(async (tx) => {
        await commit(tx, BOT, [
          {
            type: 'incident',
            id: INCIDENT,
            events: [{ kind: 'incident.note-added', text: 'by the second worker' }],
          },
        ]);
        await job.finish(tx);
      });
      end.resolve();
      const notes = (await eventsOfIncident(db, INCIDENT)).flatMap(({ event }) =>
        event.kind === 'incident.note-added' ? [event.text] : [],
      );
      expect(notes).toEqual(['by the second worker']);
    } finally {
      sleeper.kill('SIGKILL');
      await exited;
    }
  });
});

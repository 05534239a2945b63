import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { Actor } from '../../src/domain/events.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { AppError, messageOf } from '../../src/errors.ts';
import { advanceRun } from '../../src/jobs/run.ts';
import type { World } from '../../src/jobs/world.ts';
import { createQueue, type HeldJob } from '../../src/queue/boss.ts';
import { createApprovals, type VoteRequest } from '../../src/services/approvals.ts';
import { createCommit } from '../../src/store/commit.ts';
import { createDatabase, type Database } from '../../src/store/database.ts';
import { type Ground, pretendActions } from '../helpers/pretend-actions.ts';

/**
 * One of several bots on one database, told by its parent what to do: click many buttons at once, or carry a run as far
 * as it goes, without the queue that would let only one process do that.
 */
export interface Click {
  readonly actor: Actor;
  readonly request: VoteRequest;
}

export type Order =
  | { readonly id: number; readonly do: 'click'; readonly clicks: readonly Click[]; readonly atOnce: number }
  | { readonly id: number; readonly do: 'advance'; readonly run: string };

/** For each click `counted`, the code of a refusal, or `error: …`; for a run `rested` or the code of its error. */
export interface Report {
  readonly id: number;
  readonly results: readonly string[];
}

async function obey(url: string): Promise<void> {
  const db = createDatabase(url, { max: 12 });
  const queue = createQueue(url, { supervise: false, log: () => {} });
  await queue.start();
  const commit = createCommit(queue.enqueue);
  const approvals = createApprovals({ db, commit }, async () => false);
  const workDir = await mkdtemp(join(tmpdir(), 'dr-storm-'));
  const world: World = {
    db,
    commit,
    clients: createClients(Connections.parse({})),
    actions: pretendActions(inTable(db)),
    workDir,
    log: () => {},
    shutdown: new AbortController().signal,
  };

  async function click({ actor, request }: Click): Promise<string> {
    return approvals.vote(actor, request).then(
      (answer) => (isRefusal(answer) ? answer.code : 'counted'),
      (error: unknown) => `error: ${messageOf(error)}`,
    );
  }

  async function clickAll(clicks: readonly Click[], atOnce: number): Promise<readonly string[]> {
    const results: string[] = [];
    const left = clicks.entries();
    const hands = Array.from({ length: atOnce }, async () => {
      for (const [index, next] of left) results[index] = await click(next);
    });
    await Promise.all(hands);
    return results;
  }

  async function advance(run: string): Promise<string> {
    const job: HeldJob = { key: run, signal: new AbortController().signal, finish: async () => {} };
    return advanceRun(world, async () => false, job).then(
      () => 'rested',
      (error: unknown) => (error instanceof AppError ? error.code : `error: ${messageOf(error)}`),
    );
  }

  process.on('message', (order: Order) => {
    const done =
      order.do === 'click' ? clickAll(order.clicks, order.atOnce) : advance(order.run).then((one) => [one]);
    void done.then((results) => process.send?.({ id: order.id, results } satisfies Report));
  });
  process.on('disconnect', () => {
    void (async () => {
      await queue.stop();
      await db.close();
      await rm(workDir, { recursive: true, force: true });
    })();
  });
  process.send?.({ id: 0, results: ['ready'] } satisfies Report);
}

/** Effects are rows of the table `effects`, whose key refuses a second one as a precondition of a real target would. */
function inTable(db: Database): Ground {
  return {
    facts: () => ({ bound: { identity: 'one' }, shown: [], blocked: [] }),
    look: async () => {},
    apply: async (run, name) => {
      await db.query('insert into effects (run, name) values ($1, $2)', [run, name]);
    },
    happened: async (run, name) => {
      const { rowCount } = await db.query('select 1 from effects where run = $1 and name = $2', [run, name]);
      return rowCount !== 0;
    },
    takeBack: async () => {},
  };
}

await obey(process.argv[2] ?? '');

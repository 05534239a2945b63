import type { Actor } from '../domain/events.ts';
import { refusalOf } from '../domain/permission.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { isTestable } from '../domain/restore-test.ts';
import { databaseNow, nextNumber } from '../store/aggregates.ts';
import type { Enqueue } from '../store/commit.ts';
import type { Database, Tx } from '../store/database.ts';
import { peopleInForce, planInForce } from '../store/documents.ts';
import { noteTest, standingTest } from '../store/restore-tests.ts';

export type RestoreTests = ReturnType<typeof createRestoreTests>;

/** Names what makes a test due: a slot, a backup's key, or the moment somebody asked. */
export function testId(system: string, test: string, because: string): string {
  return `${system}.${test}@${because}`;
}

/** Restore tests that people or the clock ask for. */
export function createRestoreTests({ db, enqueue }: { readonly db: Database; readonly enqueue: Enqueue }) {
  /**
   * Notes a test under what makes it due and returns its id. The same again changes nothing; while another one of its kind has
   * not ended, that one's id is returned and nothing is noted.
   */
  async function note(
    tx: Tx,
    system: string,
    test: { readonly id: string; readonly backup: string },
    because: string,
  ): Promise<string> {
    const wanted = { id: testId(system, test.id, because), system, test: test.id };
    const standing = await standingTest(tx, wanted);
    if (standing !== undefined) return standing;
    // Of the numbers of runs, because copies are named after them.
    const number = await nextNumber(tx, 'run');
    const noted = await noteTest(tx, { ...wanted, backup: test.backup, number });
    if (noted) await enqueue(tx, { runs: [], owners: [], tests: [wanted.id] });
    return wanted.id;
  }

  /** Somebody asked for one now. One that is on its way is the answer too. */
  async function start(
    actor: Actor,
    system: string,
    chosen: string,
  ): Promise<{ readonly test: string } | Refusal> {
    return db.transact(async (tx) => {
      const plan = (await planInForce(tx, system))?.plan;
      const test = plan?.restoreTests.find(({ id }) => id === chosen);
      if (plan === undefined || test === undefined)
        return refuse('input-invalid', {
          input: chosen,
          got: `a restore test of ${system}`,
          expected: plan?.restoreTests.map(({ id }) => id).join(', ') || 'one that a plan names',
        });
      const people = await peopleInForce(tx);
      const forbidden = refusalOf('responder', actor, people, plan.approvals.approvers, 'A restore test');
      if (forbidden !== null) return forbidden;
      if (!isTestable(plan, test))
        return refuse('input-invalid', {
          input: chosen,
          got: 'run yet',
          expected: `a dump in a bucket, because nothing restores "${test.backup}" yet`,
        });
      const now = await databaseNow(tx);
      return { test: await note(tx, system, test, now.toISOString()) };
    });
  }

  return { note, start };
}

import { storable } from '../domain/canonical.ts';
import type { RestoreTestResult } from '../domain/inventory.ts';
import type { Database, Tx } from './database.ts';

type Reader = Pick<Database, 'query'> | Tx;

/** One restore test in the hands of whoever began it last. */
export interface BegunTest {
  readonly id: string;
  readonly system: string;
  readonly test: string;
  /** Part of the names of what it makes, the same at every attempt. */
  readonly number: number;
  readonly attempt: number;
}

/** The test of this reason, or the one of its kind that has not ended: two at once would prove no more than one. */
export async function standingTest(
  db: Reader,
  wanted: { id: string; system: string; test: string },
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    `select id from restore_tests where id = $1 or (system = $2 and test = $3 and due_at is not null) order by id <> $1, started_at limit 1`,
    [wanted.id, wanted.system, wanted.test],
  );
  return rows[0]?.id;
}

/** Notes that a test is to be made. False when it was noted before: nothing is tested twice for one reason. */
export async function noteTest(
  tx: Tx,
  test: { id: string; system: string; test: string; backup: string; number: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'insert into restore_tests (id, system, test, backup, number) values ($1, $2, $3, $4, $5) on conflict (id) do nothing',
    [test.id, test.system, test.test, test.backup, test.number],
  );
  return rowCount === 1;
}

/** Which of these were noted before. */
export async function notedTests(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>(
    'select id from restore_tests where id = any ($1::text[])',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Takes a test: whoever held it before is told so when it asks. Undefined when it has ended, is not due, or a run of its system
 * is active: the live server has room and time for one copy.
 */
export async function beginTest(db: Reader, id: string): Promise<BegunTest | undefined> {
  const { rows } = await db.query<BegunTest>(
    `update restore_tests t set attempt = attempt + 1
      where id = $1 and due_at <= dr_now() and not exists (select from runs r where r.system = t.system and r.active)
     returning id, system, test, number, attempt`,
    [id],
  );
  return rows[0];
}

export async function isStillHeld(db: Reader, { id, attempt }: BegunTest): Promise<boolean> {
  const { rows } = await db.query('select from restore_tests where id = $1 and attempt = $2', [id, attempt]);
  return rows.length === 1;
}

/** Puts a test off for a fault that passes. */
export async function postponeTest(tx: Tx, id: string, ms: number): Promise<void> {
  await tx.query("update restore_tests set due_at = dr_now() + $2 * interval '1 millisecond' where id = $1", [
    id,
    ms,
  ]);
}

/** Tests that are to be made or gone on with: found by query, so that a lost job loses nothing. */
export async function dueTests(db: Reader): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from restore_tests where due_at <= dr_now() order by due_at, id',
  );
  return rows.map(({ id }) => id);
}

/** Numbers of tests that have not ended. */
export async function unendedNumbers(db: Reader): Promise<readonly number[]> {
  const { rows } = await db.query<{ number: number }>(
    'select number from restore_tests where due_at is not null',
  );
  return rows.map(({ number }) => number);
}

export async function endTest(tx: Tx, result: RestoreTestResult): Promise<void> {
  await tx.query('update restore_tests set body = $2, due_at = null where id = $1', [
    result.id,
    JSON.stringify(storable(result)),
  ]);
}

/** Leaves a test alone that the plan no longer names. It never gets a result. */
export async function forgetTest(tx: Tx, id: string): Promise<void> {
  await tx.query('update restore_tests set due_at = null where id = $1', [id]);
}

/** The newest results of each backup of a system, newest first. */
export async function restoreTestsOf(
  db: Reader,
  system: string,
): Promise<ReadonlyMap<string, readonly RestoreTestResult[]>> {
  const { rows } = await db.query<{ backup: string; body: RestoreTestResult }>(
    `select backup, body from (select *, row_number() over (partition by backup order by started_at desc) as place from restore_tests where system = $1 and body is not null) ranked
      where place <= 20 order by backup, started_at desc`,
    [system],
  );
  const results = rows.map(({ backup, body }) => ({
    ...body,
    backup,
    startedAt: new Date(body.startedAt),
    endedAt: new Date(body.endedAt),
  }));
  return Map.groupBy(results, ({ backup }) => backup);
}

import { startReplicas } from '../sandbox/replicas.ts';
import { startSoak } from '../sandbox/soak.ts';
import { createDatabase } from '../src/store/database.ts';
import { verifyRecords } from '../src/store/replay.ts';

/**
 * `npm run soak -- [RESTARTS]`, 100 unless told: PostgreSQL crashes again and again under two replicas that work on runs, clicks
 * and messages. Prints what was acknowledged and what became of it; exits with 1 when anything is lost or doubled.
 */
const [restarts = '100'] = process.argv.slice(2);
const replicas = await startReplicas({ looks: 3, slack: 'socket' });
try {
  const soak = await startSoak(replicas, (line) => process.stderr.write(`${line}\n`));
  const result = await soak.restart(Number(restarts));
  const db = createDatabase(replicas.world.bot.url, { max: 1 });
  const records = await verifyRecords(db);
  await db.close();
  process.stdout.write(`${JSON.stringify({ ...result, records }, null, 2)}\n`);
  process.exitCode = result.faults.length === 0 && records.ok ? 0 : 1;
} finally {
  await replicas.stop();
}
process.exit();

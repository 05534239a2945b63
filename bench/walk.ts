import { createDatabase } from '../src/store/database.ts';
import { verifyChain } from '../src/store/events.ts';

/** One walk over the log of BENCH_URL, in a process that does nothing else: prints its time and its greatest memory. */
const db = createDatabase(process.env.BENCH_URL ?? '');
const began = performance.now();
const walked = await verifyChain(db);
const ms = Math.round(performance.now() - began);
if (!walked.ok) throw new Error(`The chain is broken at ${walked.seq}: it ${walked.reason}.`);
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const told = {
  events: walked.events,
  ms,
  cpuMs: Math.round((userCPUTime + systemCPUTime) / 1_000),
  peakRssMb: Math.round(maxRSS / 1_000),
};
process.stdout.write(JSON.stringify(told));
await db.close();

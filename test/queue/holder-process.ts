import { BOT } from '../../src/domain/events.ts';
import { AppError, messageOf } from '../../src/errors.ts';
import { createQueue } from '../../src/queue/boss.ts';
import { createCommit } from '../../src/store/commit.ts';
import { createDatabase } from '../../src/store/database.ts';

/**
 * A worker that takes a job and keeps it until its parent says `finish`; then it records a note and completes the job in
 * one transaction, and tells its parent how that went.
 */
const [url = '', incident = ''] = process.argv.slice(2);
const db = createDatabase(url);
const queue = createQueue(url, { supervise: true, log: () => {} });
const commit = createCommit(queue.enqueue);
const told = new Promise<void>((resolve) => process.once('message', () => resolve()));

await queue.start();
await queue.work('run', 1, async (job) => {
  process.send?.('held');
  await told;
  const ended = await db
    .transact(async (tx) => {
      await commit(tx, BOT, [
        {
          type: 'incident',
          id: incident,
          events: [{ kind: 'incident.note-added', text: 'by the first worker' }],
        },
      ]);
      await job.finish(tx);
    })
    .then(
      () => 'finished',
      (error: unknown) => (error instanceof AppError ? error.code : messageOf(error)),
    );
  process.send?.(ended);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

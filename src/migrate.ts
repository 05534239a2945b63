import { installQueues } from './queue/boss.ts';
import { migrateTables } from './store/migrate.ts';

/** `dr migrate`: tables, queues and the runtime role's grants, as their owner. */
export async function migrate(
  ownerUrl: string,
  runtimeRole: string,
  log?: (message: string) => void,
): Promise<void> {
  await migrateTables(ownerUrl, runtimeRole, log);
  await installQueues(ownerUrl, runtimeRole);
}

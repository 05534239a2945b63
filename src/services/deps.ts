import type { Commit } from '../store/commit.ts';
import type { Database } from '../store/database.ts';

/** What every use case needs: the bot's database and the one way to record. */
export interface Deps {
  readonly db: Database;
  readonly commit: Commit;
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';
import { firstTimes } from './surroundings.ts';

/** Requests of this time share one statement and one commit. Slack waits three seconds. */
const GATHER_MS = 5;

interface Waiting {
  readonly kind: string;
  readonly told: PromiseWithResolvers<boolean>;
}

/**
 * Remembers requests before they are acknowledged, those of a moment in one statement: the way to PostgreSQL and back costs
 * more than all else that an acknowledgement needs.
 */
export function createInbox(db: Pick<Database, 'query'>) {
  let gathering: Map<string, Waiting> | undefined;

  async function send(batch: ReadonlyMap<string, Waiting>): Promise<void> {
    try {
      const kinds = new Map([...batch].map(([key, { kind }]) => [key, kind]));
      const first = await firstTimes(db, kinds, randomUUID());
      for (const [key, { told }] of batch) told.resolve(first.has(key));
    } catch (error) {
      for (const { told } of batch.values()) told.reject(error);
    }
  }

  /** True for a request that was not seen before; resolves when that is committed. */
  async function firstTime(key: string, kind: string): Promise<boolean> {
    if (gathering === undefined) {
      const batch = new Map<string, Waiting>();
      gathering = batch;
      void sleep(GATHER_MS).then(() => {
        gathering = undefined;
        return send(batch);
      });
    }
    const twin = gathering.get(key);
    if (twin !== undefined) return twin.told.promise.then(() => false);
    const told = Promise.withResolvers<boolean>();
    gathering.set(key, { kind, told });
    return told.promise;
  }

  return { firstTime };
}

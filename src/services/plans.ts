import type { Json } from '../domain/canonical.ts';
import { People } from '../domain/people.ts';
import { putInForce } from '../store/documents.ts';
import type { Deps } from './deps.ts';

/** A checked document as it was read from a file. */
export interface LoadableDocument {
  readonly kind: 'plan' | 'people';
  readonly name: string;
  readonly body: Json;
  readonly source: string;
}

/** Puts checked plans and people in force, all or none. Returns what changed. */
export function createPlans({ db }: Pick<Deps, 'db'>) {
  async function load(
    documents: readonly LoadableDocument[],
    by: string,
    options: { onlyNew: boolean } = { onlyNew: false },
  ): Promise<readonly { name: string; digest: string; changed: boolean }[]> {
    return db.transact(async (tx) => {
      const results: { name: string; digest: string; changed: boolean }[] = [];
      for (const document of documents) {
        if (document.kind === 'people') People.parse(document.body);
        const { digest, changed } = await putInForce(tx, { ...document, by }, options.onlyNew);
        results.push({ name: document.name, digest, changed });
      }
      return results;
    });
  }

  return { load };
}

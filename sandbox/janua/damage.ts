import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { connectionEnv, runWithInput } from '../postgres.ts';
import { database } from './database.ts';
import { type DumpOptions, dumpKey } from './dumps.ts';
import type { Janua } from './janua.ts';

const run = promisify(execFile);

export type DamageName = 'delete-rows' | 'drop-table' | 'cut-dump' | 'empty-dump' | 'replace-object';

/** What was broken, in a sentence for the page and in numbers for tests. */
export type Damage = { said: string; rows?: number; key?: string };

export type Breaker = ReturnType<typeof createDamage>;

/** The accidents the sandbox can play, each with its way back. */
export function createDamage(
  { cluster, aws, folder, programs }: DumpOptions,
  janua: Pick<Janua, 'truth' | 'rows'>,
) {
  const undo: { name: DamageName; back: () => Promise<void> }[] = [];
  const url = () => cluster.superuserUrl(database);
  const files = { count: 0 };
  const newFile = (name: string) => {
    files.count += 1;
    return join(folder.path, `${name}-${files.count}`);
  };

  /**
   * Somebody's cleaning script: most accounts, what hangs on them, and every signing key, so that the health check fails.
   * Accounts that were used since the newest good backup stay, and so do the sessions written since.
   */
  async function deleteRows(): Promise<Damage> {
    const since = janua.truth.newestGood.takenAt.toISOString();
    const used = `select from sessions s where s.account_id = a.id and s.created_at > '${since}'`;
    const lost = `select a.id from accounts a where a.id > ${janua.rows.keptAccounts} and not exists (${used})`;
    const deletions = [
      ['sessions', `account_id in (${lost})`],
      ['oauth_clients', `created_by in (${lost})`],
      ['accounts', `id in (${lost})`],
      ['jwk_keys', 'true'],
    ] as const;
    const saved = deletions.map(([table, where]) => ({ table, where, file: newFile(table) }));
    const copies = saved.map(
      ({ table, where, file }) => `\\copy (delete from ${table} where ${where} returning *) to '${file}'`,
    );
    const printed = await psql(['begin;', ...copies, 'commit;']);
    const rows = [...printed.matchAll(/^COPY (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);

    undo.push({
      name: 'delete-rows',
      back: async () => {
        const inserts = saved
          .toReversed()
          .flatMap(({ table, file }) => [
            `create temp table back (like ${table}) on commit drop;`,
            `\\copy back from '${file}'`,
            `insert into ${table} overriding system value select * from back on conflict do nothing;`,
            'drop table back;',
          ]);
        await psql(['begin;', ...inserts, 'commit;']);
      },
    });
    return { said: `Deleted ${rows.toLocaleString('en')} rows in ${deletions.length} tables.`, rows };
  }

  /** Only tables nothing else refers to, so that mending brings back everything that went. */
  async function dropTable(table: 'oauth_clients' | 'jwk_keys' = 'oauth_clients'): Promise<Damage> {
    const file = newFile(table);
    const env = { ...process.env, ...connectionEnv(url()) };
    await run(programs.pg_dump, ['--format=custom', `--table=${table}`, `--file=${file}`], { env });
    const [{ rows } = {}] = await cluster.query(database, `select count(*)::int as rows from ${table}`);
    await cluster.query(database, `drop table ${table}`);
    undo.push({
      name: 'drop-table',
      back: async () => {
        // A restore may have brought it back already.
        const [{ found } = {}] = await cluster.query(database, 'select to_regclass($1) as found', [table]);
        if (found !== null) return;
        await run(programs.pg_restore, ['--exit-on-error', '--single-transaction', '-d', database, file], {
          env,
        });
      },
    });
    return {
      said: `Dropped table ${table} with its ${Number(rows).toLocaleString('en')} rows.`,
      rows: Number(rows),
    };
  }

  /** The newest good backup loses its second half and keeps its name. */
  async function cutNewestDump(): Promise<Damage> {
    const { key } = janua.truth.newestGood;
    const content = await aws.get(key);
    return overwrite('cut-dump', key, content.subarray(0, Math.floor(content.length / 2)), 'Cut in half');
  }

  /** One more backup that "succeeded" and holds nothing. */
  async function emptyDump(at: Date = new Date()): Promise<Damage> {
    const key = dumpKey(at, 'plain.gz');
    await aws.put(key, gzipSync(''), at);
    undo.push({ name: 'empty-dump', back: () => aws.remove(key) });
    return { said: `Stored an empty backup as ${key}.`, key };
  }

  /** Somebody uploads over a backup: same key, same size, other bytes, so another ETag. */
  async function replaceObject(key: string = janua.truth.newestGood.key): Promise<Damage> {
    const content = Uint8Array.from(await aws.get(key));
    const last = content.length - 1;
    content[last] = (content[last] ?? 0) ^ 0xff;
    return overwrite('replace-object', key, content, 'Replaced');
  }

  async function overwrite(
    name: DamageName,
    key: string,
    content: Uint8Array,
    word: string,
  ): Promise<Damage> {
    const [before, at] = [await aws.get(key), aws.storedAt(key)];
    await aws.put(key, content, at);
    undo.push({ name, back: () => aws.put(key, before, at) });
    return { said: `${word}: ${key}.`, key };
  }

  /** Undoes this kind of damage, or all of it, last first. Says how many accidents were undone. */
  async function mend(name?: DamageName): Promise<number> {
    const chosen = undo.filter((entry) => name === undefined || entry.name === name).toReversed();
    for (const entry of chosen) {
      await entry.back();
      undo.splice(undo.indexOf(entry), 1);
    }
    return chosen.length;
  }

  const psql = (lines: readonly string[]) =>
    runWithInput(programs.psql, ['-X', '-v', 'ON_ERROR_STOP=1'], `${lines.join('\n')}\n`, url());

  return { deleteRows, dropTable, cutNewestDump, emptyDump, replaceObject, mend };
}

import { spawn } from 'node:child_process';
import { Client } from 'pg';

/** Opens a session, runs SQL and closes the session again. */
export async function queryOnce(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, application_name: 'sandbox' });
  // A server that is stopped says so to every open session; the query in it has failed by then.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result: unknown =
      values.length === 0 ? await client.query(sql) : await client.query(sql, [...values]);
    const last: unknown = Array.isArray(result) ? result.at(-1) : result;
    return last instanceof Object && 'rows' in last && Array.isArray(last.rows) ? last.rows : [];
  } finally {
    await client.end();
  }
}

/** The environment in which psql, pg_dump and pg_restore reach `url`, so that no password is in the process list. */
export function connectionEnv(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}

/** Runs a PostgreSQL client program with `input` on its standard input; a failure carries what it printed. */
export async function runWithInput(
  command: string,
  args: readonly string[],
  input: string | Uint8Array,
  url: string,
): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...connectionEnv(url) } });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A program that stops at an error closes its input before it has read all of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${Buffer.concat(errors).toString('utf8')}`);
  return Buffer.concat(output).toString('utf8');
}

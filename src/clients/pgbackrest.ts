import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { runFile } from './programs.ts';
import { scrub } from './secrets.ts';

/** What a date can hold. */
const Seconds = z
  .number()
  .min(0)
  .max(8.64e12)
  .transform((seconds) => new Date(seconds * 1000));

/** What is used of `pgbackrest info --output=json`; newer versions say more. */
const Stanza = z.object({
  archive: z.array(z.object({ min: z.string().nullish(), max: z.string().nullish() })).default([]),
  backup: z
    .array(
      z.object({
        label: z.string(),
        timestamp: z.object({ start: Seconds, stop: Seconds }),
        info: z.object({ size: z.number() }),
        /** Pages whose checksums are wrong were found while it was made; unknown while it is null. */
        error: z.boolean().nullish(),
        archive: z.object({ start: z.string().nullish(), stop: z.string().nullish() }).nullish(),
      }),
    )
    .default([]),
  status: z.object({
    code: z.number(),
    message: z.string(),
    lock: z.object({ backup: z.object({ held: z.boolean() }) }).optional(),
  }),
});
export type Stanza = z.infer<typeof Stanza>;

interface Options {
  readonly stanza: string;
  /** A configuration file on this machine. */
  readonly config: string;
  readonly signal: AbortSignal;
}

const TIME_LIMIT_MS = 60_000;
/** Some ten thousand backups. More is not an answer that anybody waits for. */
const MOST_BYTES = 16 * 1024 * 1024;

/** pgBackRest on this machine, asked for what it keeps. It changes nothing. */
export function createPgBackRest(env: NodeJS.ProcessEnv = process.env) {
  async function info({ stanza, config, signal }: Options): Promise<Stanza> {
    const args = [
      'info',
      '--output=json',
      `--stanza=${stanza}`,
      `--config=${config}`,
      '--log-level-file=off',
    ];
    let answer = '';
    const output = async (stdout: Readable) => {
      answer = await text(limited(stdout));
    };
    const options = { signal, timeoutMs: TIME_LIMIT_MS, output };
    const { code, stderr } = await runFile('pgbackrest', args, options, env).catch(notInstalled);
    if (code === 0) return stanzaIn(answer);
    const said = scrub(stderr).match(/ERROR: \[\d+\]: (.*)/)?.[1] ?? `it ended with ${code}`;
    throw new AppError(
      'outside-unreachable',
      `pgBackRest could not tell of \`${stanza}\`: ${said.slice(0, 160)}. Try it on the worker: pgbackrest info --stanza=${stanza} --config=${config}`,
      { retry: 'later' },
    );
  }

  return { info };
}

function notInstalled(error: unknown): never {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'spawn pgbackrest') throw error;
  throw new AppError(
    'config-invalid',
    'pgbackrest is not installed on this worker. Install the package pgbackrest where the bot runs.',
    { cause: error },
  );
}

/** Throws what says that the answer is none: a SyntaxError, or a ZodError. */
function stanzaIn(answer: string): Stanza {
  const [stanza] = z.tuple([Stanza]).rest(z.unknown()).parse(JSON.parse(answer));
  return stanza;
}

async function* limited(stdout: Readable): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of stdout) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new SyntaxError(`pgBackRest answers more than ${MOST_BYTES} bytes`);
    yield chunk;
  }
}

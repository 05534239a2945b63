import { withoutRetry } from '../domain/retry-words.ts';
import { messageOf } from '../errors.ts';

/** One line of `dr doctor`. */
export interface Finding {
  /** False only where something must be mended. */
  readonly ok: boolean;
  /** `warn`: it works, and somebody should know; `skip`: it was not looked at, for the reason that is said. */
  readonly mark: 'ok' | 'warn' | 'skip' | 'fail';
  readonly what: string;
  /** What to type or change. On a line that is ok: empty, or a note. */
  readonly say: string;
}

/** One look at the world. Throwing is a finding too, under the name in `what`. */
export interface Check {
  readonly what: string;
  readonly limitMs?: number;
  look(signal: AbortSignal): Promise<readonly Finding[]>;
}

const LIMIT_MS = 15_000;

export function ok(what: string, note = ''): Finding {
  return { ok: true, mark: 'ok', what, say: note };
}

export function warned(what: string, say: string): Finding {
  return { ok: true, mark: 'warn', what, say };
}

export function skipped(what: string, why: string): Finding {
  return { ok: true, mark: 'skip', what, say: why };
}

export function bad(what: string, say: string): Finding {
  return { ok: false, mark: 'fail', what, say };
}

/** Looks at everything at once, each within its own time. What one look finds or breaks never stops another. */
export async function runChecks(checks: readonly Check[]): Promise<readonly Finding[]> {
  return (await Promise.all(checks.map(runCheck))).flat();
}

async function runCheck({ what, limitMs = LIMIT_MS, look }: Check): Promise<readonly Finding[]> {
  const late = new AbortController();
  const { promise: ending, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.abort();
    reject(late.signal.reason);
  }, limitMs);
  try {
    return await Promise.race([look(late.signal), ending]);
  } catch (error) {
    const slow = `No answer within ${limitMs / 1000} s. Check that it runs and that the bot can reach it.`;
    return [bad(what, late.signal.aborted ? slow : withoutRetry(messageOf(error)))];
  } finally {
    clearTimeout(timer);
  }
}

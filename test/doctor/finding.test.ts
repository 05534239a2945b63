import { expect, test } from 'vitest';
import { ok, runChecks } from '../../src/doctor/finding.ts';
import { AppError } from '../../src/errors.ts';

test('a look that hangs and one that breaks are lines of their own, and stop no other', async () => {
  const signals: AbortSignal[] = [];

  const findings = await runChecks([
    {
      what: 'silence',
      limitMs: 30,
      look: (signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    },
    {
      what: 'away',
      look: async () => {
        throw new AppError(
          'outside-unreachable',
          'S3 does not answer. It is tried again; check the network.',
        );
      },
    },
    { what: 'well', look: async () => [ok('well')] },
  ]);

  expect(findings).toEqual([
    {
      ok: false,
      mark: 'fail',
      what: 'silence',
      say: 'No answer within 0.03 s. Check that it runs and that the bot can reach it.',
    },
    { ok: false, mark: 'fail', what: 'away', say: 'S3 does not answer. Check the network.' },
    { ok: true, mark: 'ok', what: 'well', say: '' },
  ]);
  expect(signals[0]?.aborted).toBe(true);
});

import { expect } from 'vitest';
import { z } from 'zod';
import type { Bot } from '../../sandbox/bot.ts';
import type { World } from '../../sandbox/world.ts';
import { createCliRuns } from './cli-runs.ts';

const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });

export type RestoreRun = ReturnType<typeof createRestoreRun>;

/** Janua's `restore-postgres` by people at their terminals, with a real bot. */
export function createRestoreRun(world: World, bot: Bot) {
  const { as, dr, mustSucceed, events, until, approve, ...runs } = createCliRuns(world, bot);

  const declare = () => runs.declare('janua', 'sev1', 'Sign-in fails for most customers');
  const start = () => runs.start('restore-postgres');

  /** Answers what the runbook asks until the run rests at an approval. */
  const untilApproval = (id: string) =>
    until(id, async ({ run, approvals }) => {
      for (const [step, { status }] of Object.entries(run.steps)) {
        if (status.is === 'asked') await mustSucceed(['step', 'done', step, 'evidence=compared by hand']);
        if (status.is === 'failed') expect.fail(JSON.stringify(status));
      }
      return approvals.find(({ status }) => status.is === 'open');
    });

  /** Moves the clock over the watch after the cut-over, until the run is over. */
  const untilOver = (id: string) =>
    until(id, async (shown) => {
      if (shown.run.outcome !== null) return shown;
      if (shown.run.steps.soak?.status.is === 'waiting') await bot.clock.advance(4 * 60_000);
      return undefined;
    });

  const replicas = (name: string) =>
    Deployment.parse(world.kubernetes.control.get('deployments', 'janua', name)).spec.replicas;

  return { as, dr, declare, start, events, untilApproval, untilOver, approve, replicas };
}

import { z } from 'zod';
import type { Bot } from '../../sandbox/bot.ts';
import { createTerminal } from '../../sandbox/terminal.ts';
import type { World } from '../../sandbox/world.ts';

const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });

export type RestoreRun = ReturnType<typeof createRestoreRun>;

/** Janua's `restore-postgres` by people at their terminals, with a real bot. */
export function createRestoreRun(world: World, bot: Bot) {
  const people = createTerminal(world, bot);
  const { until } = people;

  const declare = () => people.declare('ana', 'janua', 'sev1', 'Sign-in fails for most customers');
  const start = (incident: string) => people.start('ana', incident, 'restore-postgres');

  /** Answers what the runbook asks until the run rests at an approval. */
  const untilApproval = (id: string) =>
    until(id, 'its approval', async ({ run, approvals }) => {
      for (const [step, { status }] of Object.entries(run.steps))
        if (status.is === 'asked') await people.markDone('ana', id, step, 'compared by hand');
      return approvals.find(({ status }) => status.is === 'open');
    });

  /** Moves the clock over the watch after the cut-over, until the run is over. A gate that fails is taken back meanwhile. */
  const untilOver = (id: string) =>
    until(
      id,
      'its end',
      async (shown) => {
        if (shown.run.outcome !== null) return shown;
        if (shown.run.steps.soak?.status.is === 'waiting') await bot.clock.advance(4 * 60_000);
        return undefined;
      },
      { stopped: ['uncertain'] },
    );

  const replicas = (name: string) =>
    Deployment.parse(world.kubernetes.control.get('deployments', 'janua', name)).spec.replicas;

  return { people, declare, start, untilApproval, untilOver, replicas };
}

import { actions } from './actions/index.ts';
import { type ConfigFolder, readConfigFolder } from './config-folder.ts';
import { resolve } from './domain/template.ts';
import { AppError } from './errors.ts';
import { exportRunbook } from './render/plan-export.ts';

/** What a terminal asks of the folder alone: there need be no database, no secret and no network, as in a pipeline. */

type Env = Readonly<Record<string, string | undefined>>;

function readFolder({ DR_CONFIG: path }: Env): Promise<ConfigFolder> {
  if (path) return readConfigFolder(path, actions);
  throw new AppError(
    'config-invalid',
    'DR_CONFIG is missing. It names the folder with plans/, people.yml and connections.yml.',
  );
}

export interface FolderCheck {
  readonly plans: readonly {
    readonly system: string;
    readonly runbooks: number;
    readonly warnings: readonly string[];
  }[];
  /** Each with file, line and column. */
  readonly faults: readonly string[];
}

/** Everything that is wrong in the folder. Throws where the folder itself cannot be read. */
export async function checkFolder(env: Env): Promise<FolderCheck> {
  const { plans, faults } = await readFolder(env).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'plan-invalid')
      return { plans: [], faults: error.details };
    throw error;
  });
  const none = plans.length + faults.length === 0 ? [`There is no plan in ${env.DR_CONFIG}/plans.`] : [];
  return {
    plans: plans.map(({ plan, warnings }) => ({
      system: plan.system,
      runbooks: Object.keys(plan.runbooks).length,
      warnings,
    })),
    faults: [...faults, ...none],
  };
}

/** A runbook as Markdown with its exact commands. */
export async function runbookByHand(env: Env, system: string, runbook: string): Promise<string> {
  const { plans, connections } = await readFolder(env);
  const plan = plans.find((loaded) => loaded.plan.system === system)?.plan;
  if (plan?.runbooks[runbook] === undefined) {
    const known = plans.flatMap((loaded) =>
      Object.keys(loaded.plan.runbooks).map((id) => `${loaded.plan.system} ${id}`),
    );
    throw new AppError(
      'plan-invalid',
      `There is no runbook "${runbook}" in a plan "${system}". Known: ${known.join(', ')}.`,
    );
  }
  return exportRunbook(plan, runbook, (uses, params) => {
    const action = Object.hasOwn(actions, uses) ? actions[uses] : undefined;
    const parsed = action?.schema.safeParse(resolve(params, { vars: connections.vars }));
    return action?.byHand === undefined || !parsed?.success
      ? []
      : action.byHand(parsed.data as never, plan, connections);
  });
}

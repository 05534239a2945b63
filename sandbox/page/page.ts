import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Bot } from '../bot.ts';
import type { World } from '../world.ts';
import { servePage } from './server.ts';
import { createWorldSide } from './world-side.ts';

/** The page over the pretend workspace and the world around it, with the real bot in both. It listens on 127.0.0.1 only. */
export async function startPage({ world, bot, port }: { world: World; bot: Bot; port?: number }) {
  const side = createWorldSide({ world, bot });
  return servePage({ slack: world.slack, side, approvers: await approversOf(world), port });
}

const Plan = z.object({ approvals: z.object({ approvers: z.array(z.string()) }) });

/** Whom the plan lets approve; their keys in people.yml are those of the workspace. */
async function approversOf({ configDir }: World): Promise<ReadonlySet<string>> {
  const plan = Plan.parse(parse(await readFile(join(configDir, 'plans', 'janua.yml'), 'utf8')));
  return new Set(plan.approvals.approvers);
}

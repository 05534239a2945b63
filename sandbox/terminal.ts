import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bot } from './bot.ts';
import { queryOnce } from './postgres.ts';
import type { BaseWorld } from './world.ts';

const Approval = z.object({
  id: z.string(),
  gate: z.string(),
  status: z.looseObject({ is: z.string() }),
  requestedAt: z.coerce.date(),
  votes: z.array(z.object({ person: z.string(), at: z.coerce.date() })),
});
export type Approval = z.infer<typeof Approval>;

const Run = z.object({
  incident: z.string(),
  outcome: z.string().nullable(),
  startedAt: z.coerce.date(),
  finishedAt: z.coerce.date().nullable(),
  steps: z.record(
    z.string(),
    z.object({
      status: z.looseObject({ is: z.string() }),
      output: z.record(z.string(), z.unknown()),
    }),
  ),
  gates: z.record(z.string(), z.object({ blocked: z.array(z.string()) })),
});

const Shown = z.object({ run: Run, approvals: z.array(Approval) });
type Shown = z.infer<typeof Shown>;

export type Terminal = ReturnType<typeof createTerminal>;

const STOPPED = ['failed', 'uncertain'];
const PATIENCE_MS = 90_000;

/**
 * People at their terminals. What they do goes through `dr`, votes with their own keys; what they wait for is read from the
 * bot's tables, because a terminal takes a second to say it.
 */
export function createTerminal(world: BaseWorld, bot: Bot) {
  async function dr(person: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await bot.cli(args, as(person));
    if (code !== 0) throw new Error(`${person}: dr ${args.join(' ')}\n${stderr}${stdout}`);
    return stdout;
  }

  const as = (person: string) => ({ DR_PERSON: person, DR_SSH_KEY: world.sshKeys[person] ?? '' });

  /** Declares an incident and starts a runbook of it. */
  async function startRun(person: string, words: readonly string[], runbook: string): Promise<string> {
    const declared = await dr(person, 'declare', ...words, '--json');
    const { incident } = z.object({ incident: z.string() }).parse(JSON.parse(declared));
    const started = await dr(person, '--incident', incident, 'run', runbook, '--yes', '--json');
    return z.object({ run: z.string() }).parse(JSON.parse(started)).run;
  }

  async function look(run: string): Promise<Shown> {
    const [row] = await queryOnce(
      world.bot.superuserUrl,
      `select r.state as run, (select coalesce(jsonb_agg(a.state), '[]') from public.approvals a where a.run_id = r.id) as approvals
         from public.runs r where r.id = $1`,
      [run],
    );
    return Shown.parse(row);
  }

  /** Looks until `find` finds something. A step or a gate that stopped ends the wait with its reason. */
  async function until<Found>(
    run: string,
    what: string,
    find: (shown: Shown) => Found | undefined,
  ): Promise<Found> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(50)) {
      const shown = await look(run);
      const found = find(shown);
      if (found !== undefined) return found;
      const { steps, gates } = shown.run;
      const stopped = Object.entries(steps).filter(([, { status }]) => STOPPED.includes(status.is));
      const blocked = Object.entries(gates).filter((entry) => entry[1].blocked.length > 0);
      if (stopped.length + blocked.length > 0 || Date.now() > deadline)
        throw new Error(`${run} did not come to ${what}: ${JSON.stringify([...stopped, ...blocked])}`);
    }
  }

  /** The output of the steps so far, once `step` asks a person. */
  const untilAsked = (run: string, step: string) =>
    until(run, `the question ${step}`, (shown) =>
      shown.run.steps[step]?.status.is === 'asked' ? shown.run.steps : undefined,
    );

  const untilOpen = (run: string, gate: string) =>
    until(run, `the approval of ${gate}`, ({ approvals }) =>
      approvals.find((approval) => approval.gate === gate && approval.status.is === 'open'),
    );

  const untilOver = (run: string) =>
    until(run, 'its end', (shown) => (shown.run.outcome === null ? undefined : shown));

  /** The first of them reads the approval; then they vote one after the other. Returns what the votes are. */
  async function approve(
    run: string,
    { id }: Approval,
    [first, second]: readonly [string, string],
    typedName?: string,
  ): Promise<Approval> {
    // Without a terminal `dr approve` only shows it, and says so by its exit code.
    const { stdout } = await bot.cli(['approve', id], as(first));
    const fingerprint = stdout.match(/Fingerprint ([0-9A-Z]{4}-[0-9A-Z]{4})/)?.[1];
    if (fingerprint === undefined) throw new Error(`dr approve ${id} shows no fingerprint:\n${stdout}`);
    const words = [`fingerprint=${fingerprint}`, ...(typedName === undefined ? [] : [`name=${typedName}`])];
    await dr(first, 'approve', id, ...words);
    await dr(second, 'approve', id, ...words);
    return until(run, `two votes for ${id}`, ({ approvals }) =>
      approvals.find((approval) => approval.id === id && approval.votes.length === 2),
    );
  }

  return {
    dr,
    startRun,
    look,
    untilAsked,
    untilOpen,
    untilOver,
    approve,
    choose: (person: string, run: string, choice: string) =>
      dr(person, 'step', 'choose', `choice=${choice}`, `run=${run}`),
    markDone: (person: string, run: string, step: string, evidence: string) =>
      dr(person, 'step', 'done', step, `evidence=${evidence}`, `run=${run}`),
  };
}

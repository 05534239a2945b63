import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bot } from './bot.ts';
import { queryOnce } from './postgres.ts';
import type { BaseWorld } from './world.ts';

const Approval = z.object({
  id: z.string(),
  gate: z.string(),
  digest: z.string(),
  status: z.looseObject({ is: z.string() }),
  requestedAt: z.coerce.date(),
  votes: z.array(z.object({ person: z.string(), at: z.coerce.date() })),
});
export type Approval = z.infer<typeof Approval>;

const Run = z.object({
  id: z.string(),
  incident: z.string(),
  outcome: z.string().nullable(),
  abort: z.looseObject({}).nullable(),
  startedAt: z.coerce.date(),
  finishedAt: z.coerce.date().nullable(),
  steps: z.record(
    z.string(),
    z.object({
      status: z.looseObject({ is: z.string() }),
      attempts: z.number(),
      output: z.record(z.string(), z.unknown()),
    }),
  ),
  gates: z.record(z.string(), z.object({ blocked: z.array(z.string()) })),
});

const Shown = z.object({ run: Run, approvals: z.array(Approval) });
export type Shown = z.infer<typeof Shown>;

const LoggedEvent = z.looseObject({ kind: z.string() });
export type LoggedEvent = z.infer<typeof LoggedEvent>;

export type Terminal = ReturnType<typeof createTerminal>;

/** What a step does not go on from by itself, unless its gate is taken back. */
const STOPPED = ['failed', 'uncertain'];

/**
 * People at their terminals. What they do goes through `dr`, votes with their own keys; what they wait for is read from the
 * bot's tables, because a terminal takes a second to say it.
 */
export function createTerminal(world: BaseWorld, bot: Bot) {
  const fingerprints = new Map<string, Promise<string>>();

  /** Who somebody says to be, and with whose key. */
  const as = (person: string, key = person) => ({ DR_PERSON: person, DR_SSH_KEY: world.sshKeys[key] ?? '' });

  async function dr(person: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await bot.cli(args, as(person));
    if (code !== 0) throw new Error(`${person}: dr ${args.join(' ')}\n${stderr}${stdout}`);
    return stdout;
  }

  async function declare(person: string, ...words: readonly string[]): Promise<string> {
    const declared = await dr(person, 'declare', ...words, '--json');
    return z.object({ incident: z.string() }).parse(JSON.parse(declared)).incident;
  }

  async function start(person: string, incident: string, runbook: string): Promise<string> {
    const started = await dr(person, '--incident', incident, 'run', runbook, '--yes', '--json');
    return z.object({ run: z.string() }).parse(JSON.parse(started)).run;
  }

  async function look(run: string): Promise<Shown> {
    const [row] = await queryOnce(
      world.bot.superuserUrl,
      `select r.state as run, (select coalesce(jsonb_agg(a.state order by a.id), '[]') from public.approvals a where a.run_id = r.id) as approvals
         from public.runs r where r.id = $1`,
      [run],
    );
    return Shown.parse(row);
  }

  /** Everything the log holds about the run itself, oldest first. */
  async function events(run: string): Promise<readonly LoggedEvent[]> {
    const rows = await queryOnce(
      world.bot.superuserUrl,
      `select convert_from(canon, 'UTF8')::jsonb -> 'event' as event from public.events
        where stream_type = 'run' and stream_id = $1 order by seq`,
      [run],
    );
    return rows.map(({ event }) => LoggedEvent.parse(event));
  }

  /** Looks until `find` finds something. A step that `stopped` or a gate that is blocked ends the wait with its reason. */
  async function until<Found>(
    run: string,
    what: string,
    find: (shown: Shown) => Found | undefined | Promise<Found | undefined>,
    { stopped = STOPPED, patienceMs = 90_000 }: { stopped?: readonly string[]; patienceMs?: number } = {},
  ): Promise<Found> {
    for (const deadline = Date.now() + patienceMs; ; await sleep(50)) {
      const shown = await look(run);
      const found = await find(shown);
      if (found !== undefined) return found;
      const { steps, gates, abort } = shown.run;
      const resting = Object.entries(steps).filter(
        ([, { status }]) => abort === null && stopped.includes(status.is),
      );
      const blocked = Object.entries(gates).filter((entry) => entry[1].blocked.length > 0);
      if (resting.length + blocked.length > 0 || Date.now() > deadline)
        throw new Error(`${run} did not come to ${what}: ${JSON.stringify([...resting, ...blocked, steps])}`);
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

  /** The fingerprint as the first reader of a card sees it. */
  function fingerprint(person: string, { id, digest }: Approval): Promise<string> {
    const known = fingerprints.get(digest) ?? readFingerprint(person, id);
    fingerprints.set(digest, known);
    return known;
  }

  async function readFingerprint(person: string, id: string): Promise<string> {
    // Without a terminal `dr approve` only shows it, and says so by its exit code.
    const { stdout } = await bot.cli(['approve', id], as(person));
    const found = stdout.match(/Fingerprint ([0-9A-Z]{4}-[0-9A-Z]{4})/)?.[1];
    if (found === undefined) throw new Error(`dr approve ${id} shows no fingerprint:\n${stdout}`);
    return found;
  }

  /** A signed vote; an irreversible gate wants its name typed. */
  async function vote(person: string, approval: Approval, typedName?: string): Promise<void> {
    const words = [`fingerprint=${await fingerprint(person, approval)}`];
    if (typedName !== undefined) words.push(`name=${typedName}`);
    await dr(person, 'approve', approval.id, ...words);
  }

  /** Two people vote, one after the other. Returns what the votes are. */
  async function approve(
    run: string,
    approval: Approval,
    people: readonly [string, string],
    typedName?: string,
  ): Promise<Approval> {
    for (const person of people) await vote(person, approval, typedName);
    return until(run, `two votes for ${approval.id}`, ({ approvals }) =>
      approvals.find(({ id, votes }) => id === approval.id && votes.length === 2),
    );
  }

  return {
    as,
    dr,
    declare,
    start,
    /** Declares an incident and starts a runbook of it. */
    startRun: async (person: string, words: readonly string[], runbook: string) =>
      start(person, await declare(person, ...words), runbook),
    look,
    events,
    until,
    untilAsked,
    untilOpen,
    untilOver,
    vote,
    approve,
    choose: (person: string, run: string, choice: string) =>
      dr(person, 'step', 'choose', `choice=${choice}`, `run=${run}`),
    markDone: (person: string, run: string, step: string, evidence: string) =>
      dr(person, 'step', 'done', step, `evidence=${evidence}`, `run=${run}`),
  };
}

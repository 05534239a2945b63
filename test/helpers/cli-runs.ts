import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Bot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import type { BaseWorld } from '../../sandbox/world.ts';
import { fingerprintOf } from '../../src/domain/canonical.ts';

const Approval = z.object({
  id: z.string(),
  digest: z.string(),
  status: z.looseObject({ is: z.string() }),
  votes: z.array(z.object({ person: z.string() })),
});
export type Approval = z.infer<typeof Approval>;

const Run = z.object({
  id: z.string(),
  outcome: z.string().nullable(),
  abort: z.looseObject({}).nullable(),
  steps: z.record(
    z.string(),
    z.object({ status: z.looseObject({ is: z.string() }), output: z.record(z.string(), z.unknown()) }),
  ),
  gates: z.record(z.string(), z.object({ blocked: z.array(z.string()) })),
});

const Shown = z.object({ run: Run, approvals: z.array(Approval) });
export type Shown = z.infer<typeof Shown>;

const LoggedEvent = z.looseObject({ kind: z.string() });
export type LoggedEvent = z.infer<typeof LoggedEvent>;

/**
 * Runs by people at their terminals, with a real bot. What is done is done by the command line; what is waited for is read
 * from the bot's tables, because a terminal takes a second to say it.
 */
export function createCliRuns(world: BaseWorld, bot: Bot) {
  const as = (person: string, key = person) => ({ DR_PERSON: person, DR_SSH_KEY: world.sshKeys[key] ?? '' });
  const dr = (args: readonly string[], env: Record<string, string> = as('ana')) => bot.cli(args, env);

  async function mustSucceed(args: readonly string[], env?: Record<string, string>): Promise<string> {
    const { code, stdout, stderr } = await dr(args, env);
    if (code !== 0) expect.fail(`dr ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  const declare = (...words: string[]) => mustSucceed(['declare', ...words, '--json']);

  async function start(runbook: string): Promise<string> {
    const said = await mustSucceed(['run', runbook, '--yes', '--json']);
    return z.object({ run: z.string() }).parse(JSON.parse(said)).run;
  }

  async function look(id: string): Promise<Shown> {
    const [row] = await queryOnce(
      world.bot.superuserUrl,
      `select r.state as run, (select coalesce(jsonb_agg(a.state order by a.id), '[]') from public.approvals a where a.run_id = r.id) as approvals
         from public.runs r where r.id = $1`,
      [id],
    );
    return Shown.parse(row);
  }

  /** Everything the log holds about the run itself, oldest first. */
  async function events(id: string): Promise<readonly LoggedEvent[]> {
    const rows = await queryOnce(
      world.bot.superuserUrl,
      `select convert_from(canon, 'UTF8')::jsonb -> 'event' as event from public.events
        where stream_type = 'run' and stream_id = $1 order by seq`,
      [id],
    );
    return rows.map(({ event }) => LoggedEvent.parse(event));
  }

  /** Looks until `done` finds what it waits for. A run that rests at a question nobody expects or has answered ends the test. */
  async function until<Found>(
    id: string,
    done: (shown: Shown) => Promise<Found | undefined>,
  ): Promise<Found> {
    const deadline = Date.now() + 90_000;
    for (;;) {
      const shown = await look(id);
      const found = await done(shown);
      if (found !== undefined) return found;
      for (const { status } of Object.values(shown.run.steps))
        if (status.is === 'uncertain' && shown.run.abort === null) expect.fail(JSON.stringify(status));
      for (const { blocked } of Object.values(shown.run.gates)) expect(blocked).toEqual([]);
      if (Date.now() > deadline) expect.fail(`It took too long: ${JSON.stringify(shown.run.steps)}`);
      await sleep(100);
    }
  }

  /** A signed vote. `extra` are more words, such as the name that an irreversible gate asks for. */
  const approve = ({ id, digest }: Approval, person: string, ...extra: string[]) =>
    mustSucceed(['approve', id, `fingerprint=${fingerprintOf(digest)}`, ...extra], as(person));

  return { as, dr, mustSucceed, declare, start, look, events, until, approve };
}

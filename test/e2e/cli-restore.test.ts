import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { totalRows } from '../../sandbox/janua/janua.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { fingerprintOf } from '../../src/domain/canonical.ts';

/** The whole restore from terminals alone, with Slack switched off (Must show 2 and 5). */
let world: World;
let bot: Bot;

const Run = z.object({
  id: z.string(),
  outcome: z.string().nullable(),
  steps: z.record(z.string(), z.object({ status: z.looseObject({ is: z.string() }) })),
  gates: z.record(
    z.string(),
    z.object({ opened: z.unknown(), undo: z.unknown(), blocked: z.array(z.string()) }),
  ),
  approvals: z.array(
    z.object({
      id: z.string(),
      digest: z.string(),
      status: z.object({ is: z.string() }),
      votes: z.array(z.object({ person: z.string() })),
    }),
  ),
});
type Run = z.infer<typeof Run>;

beforeAll(async () => {
  world = await startWorld();
  bot = await startBot(world, { slack: 'off' });
});

afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

const as = (person: string, key = person) => ({ DR_PERSON: person, DR_SSH_KEY: world.sshKeys[key] ?? '' });

async function dr(args: readonly string[], env: Record<string, string> = as('ana')) {
  return bot.cli(args, env);
}

async function runNow(): Promise<Run> {
  const shown = await dr(['run', 'show', '--json']);
  return (
    z.object({ runs: z.array(Run) }).parse(JSON.parse(shown.stdout)).runs[0] ?? expect.fail(shown.stderr)
  );
}

/** Answers what the runbook asks until the run rests at an approval, or is over. */
async function untilApproval(): Promise<{ run: Run; approval: Run['approvals'][number] }> {
  for (let looks = 0; looks < 200; looks++) {
    const run = await runNow();
    for (const [step, { status }] of Object.entries(run.steps)) {
      if (status.is === 'asked') await dr(['step', 'done', step, 'evidence=compared by hand']);
      if (status.is === 'failed' || status.is === 'uncertain') expect.fail(JSON.stringify(status));
    }
    const approval = run.approvals.find(({ status }) => status.is === 'open');
    if (approval !== undefined) return { run, approval };
    await sleep(200);
  }
  return expect.fail('no approval was asked for');
}

async function untilOver(): Promise<Run> {
  for (let looks = 0; looks < 200; looks++) {
    const run = await runNow();
    if (run.outcome !== null) return run;
    if (run.steps.soak?.status.is === 'waiting') await bot.clock.advance(4 * 60_000);
    await sleep(200);
  }
  return expect.fail('the run did not end');
}

const replicas = () =>
  z
    .object({ spec: z.object({ replicas: z.number() }) })
    .parse(world.kubernetes.control.get('deployments', 'janua', 'janua-api')).spec.replicas;

test('a swap that fails ends in the undo: 4 replicas, the untouched database, and nobody is asked', async () => {
  await world.damage.deleteRows();
  const damaged = await world.janua.countRows();
  expect(
    JSON.parse((await dr(['declare', 'janua', 'sev1', 'Sign-in fails for most customers', '--json'])).stdout),
  ).toEqual({ incident: 'INC-2026-001' });
  expect((await dr(['run', 'restore-postgres', '--yes'])).code).toBe(0);
  const { approval } = await untilApproval();
  const fingerprint = `fingerprint=${fingerprintOf(approval.digest)}`;
  await dr(['approve', approval.id, fingerprint], as('ana'));
  const blocker = blockWhenStopped();

  await dr(['approve', approval.id, fingerprint], as('ben'));

  const run = await untilOver();
  await blocker;
  expect(run.outcome).toBe('undone');
  expect(run.steps.swap?.status).toMatchObject({ is: 'undone' });
  expect(run.approvals).toHaveLength(1);
  expect(replicas()).toBe(4);
  expect(await world.janua.countRows()).toEqual(damaged);
  await world.janua.query("rollback prepared 'in-the-way'");
});

test('one key cannot vote for two people, a name alone is refused, and two keys restore the database', async () => {
  expect((await dr(['run', 'restore-postgres', '--yes'])).code).toBe(0);
  const { approval } = await untilApproval();
  const fingerprint = `fingerprint=${fingerprintOf(approval.digest)}`;

  const nameAlone = await dr(['approve', approval.id, fingerprint], { DR_PERSON: 'ben' });
  const asFlag = await dr(['--as', 'ben', 'approve', approval.id, fingerprint], { DR_PERSON: '' });
  const wrong = await dr(['approve', approval.id, 'fingerprint=0000-0000'], as('ana'));
  const first = await dr(['approve', approval.id, fingerprint], as('ana'));
  const again = await dr(['approve', approval.id, fingerprint], as('ana'));
  const forged = await dr(['approve', approval.id, fingerprint], as('ben', 'ana'));
  const second = await dr(['approve', approval.id, fingerprint], as('ben'));

  expect([nameAlone, asFlag, wrong, first, again, forged, second].map(({ code }) => code)).toEqual([
    1, 1, 1, 0, 1, 1, 0,
  ]);
  expect(nameAlone.stderr).toContain('DR_SSH_KEY');
  expect(wrong.stderr).toContain('approval-superseded');
  expect(again.stderr).toContain('already-approved');
  expect(forged.stderr).toContain('signature-invalid');
  const run = await untilOver();
  expect(run.outcome).toBe('done');
  expect(run.approvals[0]?.votes.map(({ person }) => person)).toEqual(['ana', 'ben']);
  const counts = await world.janua.countRows();
  expect(totalRows({ ...counts, sessions: 0 })).toBe(
    totalRows({ ...world.janua.truth.rowsInNewestGood, sessions: 0 }),
  );
  expect(replicas()).toBe(4);
  expect((await dr(['audit', 'verify'])).stdout).toContain('Chain unbroken');
});

/** Opens a prepared transaction on the live database as soon as nothing serves any more: after the gate's own look. */
async function blockWhenStopped(): Promise<void> {
  for (let looks = 0; looks < 3000 && replicas() !== 0; looks++) await sleep(10);
  await world.janua.query("begin; create table in_the_way (); prepare transaction 'in-the-way'");
}

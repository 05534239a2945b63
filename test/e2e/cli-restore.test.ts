import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bot, startBot } from '../../sandbox/bot.ts';
import { totalRows } from '../../sandbox/janua/janua.ts';
import { startWorld, type World } from '../../sandbox/world.ts';
import { fingerprintOf } from '../../src/domain/canonical.ts';
import { databaseAccess } from '../helpers/database-facts.ts';
import { createRestoreRun, type RestoreRun } from '../helpers/restore-run.ts';

/** The whole restore from terminals alone, with Slack switched off (Must show 2). */
let world: World;
let bot: Bot;
let restore: RestoreRun;

beforeAll(async () => {
  world = await startWorld({ share: 0.1 });
  bot = await startBot(world, { slack: 'off' });
  restore = createRestoreRun(world, bot);
});

afterAll(async () => {
  await bot?.stop();
  await world?.stop();
});

/** While S3 is away a run that would stop is not started in silence, and a plan is checked without any server. */
async function untilAwayIsTold(
  dr: (args: readonly string[], env?: Record<string, string>) => ReturnType<Bot['cli']>,
) {
  world.aws.down();
  const preview = await dr(['run', 'restore-postgres', '--dry-run']);
  const unasked = await dr(['run', 'restore-postgres']);
  const nowhere = { ...restore.people.as('ana'), DR_DATABASE_URL: 'postgresql://drbot@127.0.0.1:1/drbot' };
  const [checked, listed] = [await dr(['plan', 'check', '--json'], nowhere), await dr(['list'], nowhere)];
  world.aws.up();

  expect([preview, unasked, checked, listed].map(({ code }) => code)).toEqual([1, 1, 0, 5]);
  expect(preview.stdout).toContain('This run would stop');
  expect(unasked.stderr).toContain('Nothing was started. To start it without a question, add --yes.');
  expect(JSON.parse(checked.stdout)).toMatchObject({ plans: [{ system: 'janua' }], faults: [] });
  expect(listed.stderr).toContain('Check DR_DATABASE_URL and that the server runs.');
}

test('one key cannot vote for two people, a name alone is refused, and two keys restore the database', async () => {
  const { as } = restore.people;
  const dr = (args: readonly string[], env: Readonly<Record<string, string>> = as('ana')) =>
    bot.cli(args, env);
  const access = await databaseAccess(world.cluster, 'janua');
  await world.damage.deleteRows();
  const incident = await restore.declare();
  await untilAwayIsTold(dr);
  const id = await restore.start(incident);
  const approval = await restore.untilApproval(id);
  const fingerprint = `fingerprint=${fingerprintOf(approval.digest)}`;

  const nameAlone = await dr(['approve', approval.id, fingerprint], { DR_PERSON: 'ben' });
  const asFlag = await dr(['--as', 'ben', 'approve', approval.id, fingerprint], { DR_PERSON: '' });
  const wrong = await dr(['approve', approval.id, 'fingerprint=0000-0000'], as('ana'));
  const first = await dr(['approve', approval.id, fingerprint], as('ana'));
  const again = await dr(['approve', approval.id, fingerprint], as('ana'));
  const forged = await dr(['approve', approval.id, fingerprint], as('ben', 'ana'));
  const second = await dr(['approve', approval.id, fingerprint], as('ben'));

  expect(incident).toBe('INC-2026-001');
  expect([nameAlone, asFlag, wrong, first, again, forged, second].map(({ code }) => code)).toEqual([
    1, 1, 1, 0, 1, 1, 0,
  ]);
  expect(nameAlone.stderr).toContain('DR_SSH_KEY');
  expect(wrong.stderr).toContain('approval-superseded');
  expect(again.stderr).toContain('already-approved');
  expect(forged.stderr).toContain('signature-invalid');
  await restore.untilOver(id);
  const shown = JSON.parse((await dr(['run', 'show', '--json'])).stdout);
  expect(shown.runs[0]).toMatchObject({
    id,
    outcome: 'done',
    approvals: [{ votes: [{ person: 'ana' }, { person: 'ben' }] }],
  });
  const counts = await world.janua.countRows();
  expect(totalRows({ ...counts, sessions: 0 })).toBe(
    totalRows({ ...world.janua.truth.rowsInNewestGood, sessions: 0 }),
  );
  expect(await databaseAccess(world.cluster, 'janua')).toEqual(access);
  expect(restore.replicas('janua-api')).toBe(4);
  expect((await dr(['audit', 'verify'])).stdout).toContain('Chain unbroken');
});

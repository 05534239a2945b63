import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { totalRows } from '../janua/janua.ts';
import type { World } from '../world.ts';
import { unbrokenLog } from './chain.ts';
import { insist, insistSays, until } from './check.ts';
import { askForReport, hasCounted, restore, watches } from './restore.ts';
import { declare, showRun, votesOn } from './room.ts';
import { countBefore, letUpdatesFallDue, type Tell } from './watch.ts';

const MINUTE = 60_000;
const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });

/** The main job: rows are destroyed, an incident is declared, two people approve, and it ends with a report. */
export async function playStory(world: World, bot: Bot, tell: Tell) {
  const { slack, janua, kubernetes } = world;
  const { truth } = janua;
  const [ana, ben, dan] = [slack.person('ana'), slack.person('ben'), slack.person('dan')];
  const replicas = () =>
    Deployment.parse(kubernetes.control.get('deployments', 'janua', 'janua-api')).spec.replicas;
  const before = { rows: totalRows(await janua.countRows()), replicas: replicas() };
  insist(before.rows >= 200_000, 'at least 200,000 rows', before.rows);
  await until(async () => hasCounted(bot.lines), 'the bot to count the rows');

  const beganAt = new Date();
  const damaged = await world.damage.deleteRows();
  tell(`${damaged.said} Sign-in fails.`);

  const at = await declare(slack, ana, restore.declared, beganAt);
  const { incident, room } = at;
  tell(`Ana declares ${incident}. #incidents hears of it; she takes command in ${room}.`);
  const declaredAt = await bot.clock.now();

  const { run, preview } = await at.startRunbook(ana, restore.runbook);
  for (const dump of truth.dumps.filter(({ good, takenAt }) => !good && takenAt > truth.newestGood.takenAt)) {
    insistSays(preview, dump.key.split('_').at(-1) ?? dump.key, 'the preview');
  }
  tell('The preview names the two bad dumps and the newest good one. Nothing was changed.');
  tell(`${run} starts: find, fetch, verify, restore beside the live database, compare.`);

  for (const [step, evidence] of restore.questions) {
    await at.markDone(ana, step, evidence);
    tell(`Ana answers: ${step}.`);
  }

  const card = await at.approvalCard(restore.approval);
  const lossOnCard = Number(
    slack
      .textOf(card)
      .match(/([\d,]+) rows? (?:lost|written)/)?.[1]
      ?.replaceAll(',', '') ?? Number.NaN,
  );
  const lostSinceBackup = before.rows - totalRows(truth.rowsInNewestGood);
  insist(
    lossOnCard === lostSinceBackup,
    `${lostSinceBackup} rows lost on the card`,
    slack.textOf(card).slice(0, 1500),
  );
  tell(`The card asks two people. It says what would be lost: ${lossOnCard} rows, and that is the truth.`);

  insistSays(await at.approve(ana, 'ana', card), 'is recorded', 'the first approval');
  tell('Ana approves. One of two.');
  insistSays(await at.approve(ana, 'ana', card), 'You approved this', 'the second click of Ana');
  tell('Ana presses again: refused, it still counts once.');
  slack.join('dan', room);
  insistSays(await at.approve(dan, 'dan', card), 'Only approvers', 'the click of Dan');
  tell('Dan presses: refused, he is no approver.');

  const seen = { fewest: replicas() };
  const watching = setInterval(() => {
    seen.fewest = Math.min(seen.fewest, replicas());
  }, 20);
  const gateOpening = new Date();
  insistSays(await at.approve(ben, 'ben', card), 'is recorded', 'the approval of Ben');
  tell('Ben approves. Everything that writes is stopped, the databases are swapped, and it starts again.');

  await at.waitFor(watches(run), 'the watch after the cut-over');
  const swappedRows = await countBefore(world, gateOpening);
  for (let minute = 0; minute < 16; minute += 4) await bot.clock.advance(4 * MINUTE);
  await until(async () => (await showRun(bot, run))?.outcome === 'done', 'the end of the run');
  const runEnd = new Date();
  clearInterval(watching);
  const downtimeMs = Math.round(world.prober.downtimeBetween(gateOpening, runEnd));
  insist(world.prober.isUp(), 'health to answer 200');
  insist(swappedRows + lostSinceBackup === before.rows, 'all rows of the backup and no other', {
    swappedRows,
    lostSinceBackup,
    before: before.rows,
  });
  insist(seen.fewest === 0 && replicas() === before.replicas, 'replicas 4, 0, 4', {
    ...seen,
    after: replicas(),
  });
  tell(
    `The database holds ${swappedRows.toLocaleString('en')} rows again, janua-api is back at ${replicas()} replicas; nobody was served for ${downtimeMs} ms.`,
  );

  const updates = await letUpdatesFallDue(world, bot, room, tell);
  const notice = (await world.aws.takePublished()).find(
    ({ Subject }) => Subject === 'PostgreSQL Restore Complete',
  );
  insist(notice !== undefined, 'the recovery notice on the SNS topic');

  await at.resolve(ana, restore.cause);
  tell(`Ana resolves ${incident}.`);
  const file = await askForReport(slack, ana, room);
  const report = join(tmpdir(), file.name);
  const written = file.bytes?.toString('utf8') ?? '';
  for (const section of ['Timeline', 'Root cause', 'Resolution', 'Action items', 'Lessons', 'Approvals'])
    insistSays(written, section, 'the report');
  await writeFile(report, written);
  tell(`The report is in the channel, and here: ${report}`);

  const log = await unbrokenLog(world, bot);
  tell(`The log of ${log.events} events is unbroken.`);

  const state = await showRun(bot, run);
  const status = JSON.parse(
    (await bot.cli(['status', incident, '--json'], { DR_PERSON: 'ana' })).stdout,
  ).incident;
  const fetched = await world.aws.get(state.steps.find.output.key);
  const sha256 = createHash('sha256').update(fetched).digest('hex');
  insist(
    state.steps.find.output.key === truth.newestGood.key,
    'the newest good backup',
    state.steps.find.output.key,
  );
  insist(
    state.steps.fetch.output.sha256 === sha256,
    'the SHA-256 of the object in the bucket',
    state.steps.fetch.output.sha256,
  );
  const refused = state.steps.find.output.refused;
  const bad = truth.dumps
    .filter(({ good, takenAt }) => !good && takenAt > truth.newestGood.takenAt)
    .map(({ key }) => key);
  insist(
    refused.length === bad.length &&
      bad.every((key) => refused.some((each: { key: string }) => each.key === key)),
    'both bad dumps refused',
    refused,
  );
  const approvals = votesOn(slack.textOf(card), state);
  insist(new Set(approvals.map(({ by }) => by)).size === 2, 'two different people', approvals);
  const rpaMs = beganAt.getTime() - truth.newestGood.takenAt.getTime();
  insist(
    Math.abs(Date.parse(status.occurredAt) - Date.parse(status.recoveryPoint.at) - rpaMs) < 1000,
    'the true RPA',
    status.recoveryPoint,
  );
  const rtaMs = Date.parse(status.verified.at) - Date.parse(status.declaredAt);
  insist(
    Math.abs(Date.parse(status.declaredAt) - declaredAt.getTime()) < 60_000 &&
      rtaMs > 0 &&
      rtaMs < runEnd.getTime() - beganAt.getTime(),
    'an RTA within the story',
    rtaMs,
  );

  return {
    incident,
    run,
    backup: { key: truth.newestGood.key, sha256, takenAt: truth.newestGood.takenAt.toISOString(), refused },
    approvals: approvals.map(({ by, fingerprint }) => ({ by, fingerprint })),
    refusedClicks: at.refusedClicks,
    rows: { before: before.rows, destroyed: damaged.rows, after: swappedRows, lostSinceBackup, lossOnCard },
    replicas: { before: before.replicas, during: seen.fewest, after: replicas() },
    downtimeMs,
    rtaMs,
    rpaMs,
    updates,
    report,
    audit: log,
  };
}

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { totalRows } from '../janua/janua.ts';
import type { World } from '../world.ts';
import { walkLog } from './chain.ts';
import { insist, insistSays, until } from './check.ts';
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
  await until(
    async () => bot.lines.some((line) => line.includes('row counts observed')),
    'the bot to count the rows',
  );

  const beganAt = new Date();
  const damaged = await world.damage.deleteRows();
  tell(`${damaged.said} Sign-in fails.`);

  // Declared by typed words, then corrected: the beginning is known.
  await ana.command('#incidents', '/dr declare janua sev1 Sign-in fails for most customers');
  const announced = await slack.waitForMessage(
    '#incidents',
    (text) => text.includes('INC-') && text.includes('Sign-in fails'),
    { timeoutMs: 20_000, what: 'the announcement' },
  );
  const incident = slack.textOf(announced).match(/INC-\d{4}-\d{3,}/)?.[0] ?? '';
  tell(`Ana declares ${incident}. #incidents hears of it.`);
  const channel = await slack.waitFor(
    () => [...slack.store.channels.values()].find(({ name }) => name.startsWith(incident.toLowerCase())),
    { timeoutMs: 20_000, what: 'the channel of the incident' },
  );
  const room = `#${channel.name}`;
  await ana.pressNewest('#incidents', 'Take command');
  await slack.waitForMessage(room, (text) => text.includes('Commander Ana'), {
    timeoutMs: 15_000,
    what: 'Ana as commander on the card',
  });
  await ana.command(room, `/dr edit began=${beganAt.toISOString()} detected=${new Date().toISOString()}`);
  tell(`Ana takes command in ${room}.`);
  const declaredAt = await bot.clock.now();

  await ana.pressNewest(room, 'Run a runbook');
  await ana.waitForView('Run a runbook');
  await slack.waitFor(() => ana.viewText().includes('Restore PostgreSQL'), {
    timeoutMs: 10_000,
    what: 'the runbooks in the dialog',
  });
  await ana.submit();
  await slack.waitFor(() => ana.viewText().includes('Nothing has been changed by this preview'), {
    timeoutMs: 40_000,
    what: 'the preview',
  });
  const preview = ana.viewText();
  for (const dump of truth.dumps.filter(({ good, takenAt }) => !good && takenAt > truth.newestGood.takenAt)) {
    insistSays(preview, dump.key.split('_').at(-1) ?? dump.key, 'the preview');
  }
  tell('The preview names the two bad dumps and the newest good one. Nothing was changed.');
  await ana.submit();
  const run =
    (await slack
      .waitForMessage(room, (text) => /RUN-\d+ · restore-postgres/.test(text), {
        timeoutMs: 15_000,
        what: 'the run card',
      })
      .then((message) => slack.textOf(message).match(/RUN-\d+/)?.[0])) ?? '';
  tell(`${run} starts: find, fetch, verify, restore beside the live database, compare.`);

  for (const [step, evidence] of [
    ['Confirm the field encryption key', 'Fingerprint 4c1e equals the sealed copy'],
    ['Replay erasures since the backup', '0 requests since the backup'],
  ] as const) {
    const asked = await slack.waitForMessage(
      room,
      (text) => text.includes(step) && text.includes('[Mark as done]'),
      { timeoutMs: 90_000, what: `the question "${step}"` },
    );
    await ana.press(room, asked.ts, 'Mark as done');
    await ana.waitForView('Mark step');
    await ana.fill({ evidence });
    const answered = await ana.submit();
    insist(answered.kind === 'closed', 'the answer to be taken', answered);
    tell(`Ana answers: ${step}.`);
  }

  const card = await slack.waitForMessage(room, (text) => text.includes('[Review and approve]'), {
    timeoutMs: 60_000,
    what: 'the approval card',
  });
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

  const refusedClicks: { by: string; reason: string }[] = [];
  const approve = async (who: typeof ana, key: string) => {
    await who.press(room, card.ts, 'Review and approve');
    await who.waitForView('Review and approve');
    await slack.waitFor(() => !who.viewText().includes('This usually takes under'), {
      timeoutMs: 10_000,
      what: 'the review dialog',
    });
    const answer = await who.submit();
    const says = answer.kind === 'view' ? who.viewText() : JSON.stringify(answer);
    await who.closeView();
    if (!says.includes('is recorded'))
      refusedClicks.push({ by: key, reason: says.replace(/\s+/g, ' ').slice(0, 160) });
    return says;
  };
  insistSays(await approve(ana, 'ana'), 'is recorded', 'the first approval');
  tell('Ana approves. One of two.');
  insistSays(await approve(ana, 'ana'), 'You approved this', 'the second click of Ana');
  tell('Ana presses again: refused, it still counts once.');
  slack.join('dan', room);
  insistSays(await approve(dan, 'dan'), 'Only approvers', 'the click of Dan');
  tell('Dan presses: refused, he is no approver.');

  const seen = { fewest: replicas() };
  const watching = setInterval(() => {
    seen.fewest = Math.min(seen.fewest, replicas());
  }, 20);
  const gateOpening = new Date();
  insistSays(await approve(ben, 'ben'), 'is recorded', 'the approval of Ben');
  tell('Ben approves. Everything that writes is stopped, the databases are swapped, and it starts again.');

  const show = async () =>
    JSON.parse((await bot.cli(['run', 'show', run, '--json'], { DR_PERSON: 'ana' })).stdout || '{}');
  await slack.waitForMessage(
    room,
    (text) => text.includes(run) && /Watch for 15 minutes/.test(text) && /waiting until/.test(text),
    { timeoutMs: 60_000, what: 'the watch after the cut-over' },
  );
  const swappedRows = await countBefore(world, gateOpening);
  for (let minute = 0; minute < 16; minute += 4) await bot.clock.advance(4 * MINUTE);
  await until(async () => (await show()).runs?.[0]?.outcome === 'done', 'the end of the run');
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

  await ana.command(room, '/dr resolve cause="A migration deleted rows in four tables"');
  await slack.waitForMessage(room, (text) => text.includes('Resolved') && text.includes(incident), {
    timeoutMs: 20_000,
    what: 'the resolved message',
  });
  tell(`Ana resolves ${incident}.`);
  await ana.command(room, '/dr report');
  const file = await slack.waitFor(
    () => slack.files().find(({ name, bytes }) => name.endsWith('-report.md') && bytes !== undefined),
    { timeoutMs: 20_000, what: 'the report file' },
  );
  const report = join(tmpdir(), file.name);
  const written = file.bytes?.toString('utf8') ?? '';
  for (const section of ['Timeline', 'Root cause', 'Resolution', 'Action items', 'Lessons', 'Approvals'])
    insistSays(written, section, 'the report');
  await writeFile(report, written);
  tell(`The report is in the channel, and here: ${report}`);

  const log = await walkLog(world.bot.superuserUrl);
  const verified = await bot.cli(['audit', 'verify']);
  insist(log.verified && verified.code === 0, 'an unbroken log', verified.stderr);
  tell(`The log of ${log.events} events is unbroken.`);

  const state = (await show()).runs[0];
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
  const approval = state.approvals[0];
  const approvals = approval.votes.map((vote: { person: string }) => ({
    by: vote.person,
    fingerprint: slack.textOf(card).match(/[0-9A-Z]{4}-[0-9A-Z]{4}/)?.[0] ?? '',
  }));
  insist(
    new Set(approvals.map(({ by }: { by: string }) => by)).size === 2,
    'two different people',
    approvals,
  );
  insist(
    approvals.every(({ fingerprint }: { fingerprint: string }) => fingerprint !== ''),
    'a fingerprint on the card',
    approvals,
  );
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
    approvals,
    refusedClicks,
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

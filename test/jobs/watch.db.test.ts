import { afterEach, beforeEach, expect, test } from 'vitest';
import { toJson } from '../../src/domain/canonical.ts';
import { listIncidents } from '../../src/store/aggregates.ts';
import { lastReading } from '../../src/store/watch.ts';
import { smallPlan } from '../helpers/bot.ts';
import { assertStateEqualsLog } from '../helpers/replay.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';
import { WHOLE, watch, watchedBackup } from '../helpers/watched.ts';

const HOUR = 3_600_000;

let bot: SlackBot;
let watched: Awaited<ReturnType<typeof watch>>;

beforeEach(async () => {
  bot = await startSlackBot({
    plan: smallPlan({
      backups: [watchedBackup],
      watch: { escalate: [{ after: '1m', to: 'ana' }], timeout: '1s' },
    }),
  });
  watched = await watch(bot);
});

afterEach(async () => {
  await assertStateEqualsLog(bot.db);
  await bot.stop();
});

/** The card in #incidents, once it holds the words. */
const card = (words: string) =>
  bot.slack.waitForMessage('#incidents', (text) => text.includes('Backup alert') && text.includes(words), {
    timeoutMs: 15_000,
    what: `a card with "${words}"`,
  });
const alerts = async () =>
  (
    await bot.db.query<{ rule: string; open: boolean }>(
      "select state->>'rule' as rule, open from alerts order by id",
    )
  ).rows;
/** Only the age is too high: the slots themselves are not looked at by a plan this young. */
const tooOld = [30, 54, 78, 102, 126];

test('healthy backups alarm nobody, and the screen says so', async () => {
  await watched.round();
  await watched.round();

  await bot.slack.person('ana').command('#incidents', '/dr backups all');

  expect(await alerts()).toEqual([]);
  expect(await bot.answered('ana', '#incidents', 'app-daily')).toMatch(/1 ok · watch last ran/);
});

test('what nobody has looked at for a while is not known, however well it stood', async () => {
  await watched.round();
  await bot.advance(20 * 60_000);

  await bot.slack.person('ana').command('#incidents', '/dr backups all');

  expect(await bot.answered('ana', '#incidents', 'app-daily')).toMatch(
    /not known · app-daily.*not looked at for 20 min/,
  );
});

test('an old backup alarms once, and is told ok when a good one was taken', async () => {
  await watched.round();
  watched.sources.hours = tooOld;

  await watched.round();
  const fired = await card('critical');
  await watched.round();
  watched.sources.hours = [1, ...tooOld];
  await watched.round();

  expect(bot.slack.textOf(fired)).toContain('limit 25 h');
  expect(bot.slack.textOf(await card('closed'))).toContain('Alert lasted');
  expect((await card('closed')).ts).toBe(fired.ts);
  expect((await alerts()).every(({ open }) => !open)).toBe(true);
});

test('of two in a row that are cut off neither counts as good, although only one is the newest', async () => {
  const find = { id: 'find', title: 'Find the backup', uses: 'backup.find', with: { backup: 'app-daily' } };
  const restore = { title: 'Restore it', component: 'app', steps: [find] };
  const plan = smallPlan({ backups: [watchedBackup], runbooks: { restore } });
  await bot.plans.load([{ kind: 'plan', name: 'demo', body: toJson(plan), source: '' }], 'test');
  await watched.round();
  watched.sources.hours = [1, 25, 49, 73, 97];
  watched.sources.refused = [1];
  await watched.round();
  // A day later: the one of yesterday is the second newest, and is read no more.
  watched.sources.hours = [1, 25, 49, 73, 97, 121];
  await watched.round(24 * HOUR);

  const { rows } = await bot.db.query<{ refused: number; text: string }>(
    `select (select count(*)::int from backup_samples where refused) as refused,
            (select v->>'consequence' from watch_state, jsonb_array_elements(body->'verdicts') v where v->>'rule' = 'R7') as text`,
  );
  expect(rows[0]?.refused).toBe(2);
  expect(rows[0]?.text).toMatch(/you lose (49 h|2 d)/);
});

test('what was read whole is told to whoever restores, and what is no good is not', async () => {
  const { system } = smallPlan({});
  await watched.round();

  expect(await lastReading(bot.db, system, 'app-daily')).toEqual({
    at: expect.any(Date),
    key: expect.stringMatching(/^daily\/.*\.dump$/),
    whole: WHOLE,
  });
  expect(await lastReading(bot.db, system, 'another')).toBeUndefined();

  watched.sources.refused = [10];
  await watched.round();
  expect(await lastReading(bot.db, system, 'app-daily')).toBeUndefined();
});

test('a picture that Slack does not take yet keeps no card back, and comes with its next change', async () => {
  await watched.round();
  watched.sources.hours = tooOld;
  bot.slack.faults.inject({ kind: 'error', error: 'invalid_blocks', method: 'chat.postMessage', times: 1 });

  await watched.round();
  const fired = await card('critical');
  const without = JSON.stringify(fired.blocks);
  watched.sources.hours = [1, ...tooOld];
  await watched.round();

  expect(without).not.toContain('slack_file');
  expect(JSON.stringify((await card('Alert lasted')).blocks)).toContain('slack_file');
});

test('a source that cannot be read is not known at first, and critical at the next check', async () => {
  await watched.round();
  watched.sources.unreadable = 'S3 refuses access (AccessDenied)';

  await watched.round();
  const unknown = await card('not known');
  const said = bot.slack.textOf(unknown);
  await watched.round();
  const critical = await card('two checks in a row could not look');

  expect(said).toContain('Treated as critical after the next check');
  expect(critical.ts).toBe(unknown.ts);
});

test('a check that hangs is cut off and told, and the round ends', async () => {
  await watched.round();
  watched.sources.hangs = true;

  await watched.round();

  expect(bot.slack.textOf(await card('not known'))).toContain('did not answer within 1 s');
});

test('an acknowledgement stands on the card, keeps the clock from calling, and ends', async () => {
  await watched.round();
  watched.sources.hours = tooOld;
  await watched.round();
  const { ts } = await card('critical');
  const ana = bot.slack.person('ana');

  await ana.press('#incidents', ts, 'Acknowledge');
  await bot.filled(ana);
  await ana.fill({ note: 'job restarted' });
  await ana.submit();
  const acknowledged = await card('Acknowledged by');
  await bot.advance(2 * HOUR);

  expect(bot.slack.textOf(acknowledged)).toContain('job restarted');
  await bot.slack.waitForMessage('#incidents', (text) => text.includes('acknowledgement ended'), {
    timeoutMs: 15_000,
    what: 'the end of the acknowledgement',
  });
});

test('nobody answers: the people of the plan are called under the card', async () => {
  await watched.round();
  watched.sources.hours = tooOld;
  await watched.round();
  await card('critical');

  await bot.advance(2 * 60_000);

  const called = await bot.slack.waitForMessage(
    '#incidents',
    (text) => text.includes('Nobody has answered'),
    {
      timeoutMs: 15_000,
      what: 'a call',
    },
  );
  expect(JSON.stringify(called)).toContain('<@U0000000ANA>');
});

test('an incident declared from the alert begins with its words and stands on the card', async () => {
  await watched.round();
  watched.sources.hours = tooOld;
  await watched.round();
  const { ts } = await card('critical');
  const ana = bot.slack.person('ana');

  await ana.press('#incidents', ts, 'Declare incident');
  await bot.filled(ana);
  await ana.submit();

  expect(bot.slack.textOf(await card('declared from this alert'))).toMatch(/INC-\d{4}-001/);
  const { rows } = await bot.db.query<{ title: string }>("select state->>'title' as title from incidents");
  expect(rows[0]?.title).toMatch(/^Demo: newest good backup .* too old$/);

  // Over, and the backup is as old as before.
  const [incident] = await listIncidents(bot.db, { open: true });
  if (incident === undefined) throw new Error('no incident is open');
  await bot.incidents.cancel(
    { person: 'ana', via: 'cli', account: null },
    incident.id,
    'declared by mistake',
  );
  await watched.round();
  await bot.slack.waitForMessage(
    '#incidents',
    (text) => text.includes(`${incident.id} is over, and this still holds`),
    { timeoutMs: 15_000, what: 'word that it still holds' },
  );
  await bot.advance(2 * 60_000);
  await bot.slack.waitForMessage('#incidents', (text) => text.includes('Nobody has answered'), {
    timeoutMs: 15_000,
    what: 'a call',
  });
});

test('a slot is judged once, however many workers are woken', async () => {
  await watched.round();
  const looks = watched.sources.looks;

  for (let times = 0; times < 5; times++)
    await bot.db.transact((tx) => bot.queue.enqueue(tx, { runs: [], owners: [], systems: ['demo'] }));
  await new Promise((resolve) => setTimeout(resolve, 3_000));

  expect(watched.sources.looks).toBe(looks);
});

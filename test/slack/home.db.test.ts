import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallPlan } from '../helpers/bot.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';
import { watch, watchedBackup } from '../helpers/watched.ts';

let bot: SlackBot;

beforeAll(async () => {
  bot = await startSlackBot({ plan: smallPlan({ backups: [watchedBackup] }) });
});

afterAll(() => bot.stop());

/** What the Home tab of a person says, once it says so. */
async function home(who: string, words: string): Promise<string> {
  const person = bot.slack.person(who);
  await person.openHome();
  return bot.slack.waitFor(() => (person.homeText().includes(words) ? person.homeText() : undefined), {
    timeoutMs: 5_000,
    what: `"${words}" in the Home tab of ${who}`,
  });
}

test('before anything happened it says who one is, and that nothing is known', async () => {
  expect(await home('ana', 'You are Ana')).toMatch(/watch has not run yet.*1 plan loaded/s);
  const text = await home('ana', 'Open incidents (0)');
  expect(text).toContain('approver (Demo)');
  expect(text).toContain('1 not known');
});

test('backups stand there as on their screen, and its button opens all of them', async () => {
  const watched = await watch(bot);
  await watched.round();
  watched.sources.hours = [30, 54];
  await watched.round();

  const text = await home('ben', '1 critical');
  await bot.slack.person('ben').pressInHome('Backups');

  expect(text).toContain('app-daily');
  expect(text).toContain('Watch last ran');
  expect(await bot.filled(bot.slack.person('ben'))).toContain('app-daily');
});

test('what waits for somebody is in front, and can be reviewed from there', async () => {
  const { id, approval } = await bot.ask('Sign-in fails');

  const text = await home('ben', approval);
  await bot.slack.person('ben').pressInHome(`Review ${approval}`);

  expect(text).toContain('For you');
  expect(text).toContain(`${id} · Demo · "Sign-in fails"`);
  expect(await bot.filled(bot.slack.person('ben'))).toContain('fingerprint');
  expect(await home('dan', 'You are')).not.toContain('For you');
});

test('an answer that is no dialog comes as a direct message, and Refresh draws the page anew', async () => {
  const ana = bot.slack.person('ana');
  await home('ana', 'For you');

  await ana.pressInHome('Help');
  await bot.slack.waitFor(() => ana.dms().some((message) => bot.slack.textOf(message).includes('commands')), {
    timeoutMs: 5_000,
    what: 'the help in the direct messages',
  });
  await bot.slack.person('ana').command('#incidents', '/dr declare demo sev3 Another one --new');
  await bot.slack.waitFor(async () => (await bot.queries.incidents({ open: true })).length === 2, {
    timeoutMs: 5_000,
    what: 'the second incident',
  });
  await ana.pressInHome('Refresh');

  await bot.slack.waitFor(() => ana.homeText().includes('Open incidents (2)'), {
    timeoutMs: 5_000,
    what: 'both incidents',
  });
});

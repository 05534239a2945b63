import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { personId } from '../../sandbox/slack/index.ts';
import { type SlackBot, startSlackBot } from '../helpers/slack-bot.ts';

const BROKEN = 'The demo is broken for everyone';
let bot: SlackBot;
let slack: SlackBot['slack'];

beforeEach(async () => {
  bot = await startSlackBot();
  slack = bot.slack;
});

afterEach(async () => {
  await bot.stop();
});

const quietly = (ms = 300) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the runbook from the dialog and waits for the approval card. */
async function untilAsked(channel: string) {
  const ana = slack.person('ana');
  await ana.pressNewest('#incidents', 'Take command');
  await slack.waitForMessage(channel, (text) => text.includes('[Run a runbook]'), {
    timeoutMs: 10_000,
    what: 'the button',
  });
  await ana.pressNewest(channel, 'Run a runbook');
  await slack.waitFor(() => ana.viewText().includes('Recover the demo'), {
    timeoutMs: 10_000,
    what: 'the dialog',
  });
  await ana.submit();
  await slack.waitFor(() => ana.viewText().includes('Nothing has been changed by this preview'), {
    timeoutMs: 10_000,
    what: 'the preview',
  });
  await ana.submit();
  return slack.waitForMessage(channel, (text) => text.includes('[Review and approve]'), {
    timeoutMs: 15_000,
    what: 'the approval card',
  });
}

describe('declaring', () => {
  test('makes a channel, pins the card, invites people, announces, and asks for a commander', async () => {
    const { room: channel } = await bot.declare(BROKEN);

    const { pins, members, name } = slack.channel(channel);
    await slack.waitFor(() => pins.size > 0, { what: 'the pin' });
    expect(name).toMatch(/^inc-\d{4}-001-demo-the-demo-is-broken/);
    expect([...pins]).toHaveLength(1);
    expect([...members]).toEqual(expect.arrayContaining(['ana', 'ben', 'mina'].map(personId)));
    expect(slack.person('ana').reads('#incidents')).toContain('[Take command]');
  });

  test('each envelope delivered three times has one effect', async () => {
    slack.faults.redeliver(2);

    const { room: channel } = await bot.declare(BROKEN);
    await slack.person('ana').pressNewest('#incidents', 'Take command');
    await slack.waitForMessage(channel, (text) => text.includes('Commander Ana'), {
      timeoutMs: 10_000,
      what: 'the commander',
    });
    await slack.settled();

    expect(await bot.count('incident.declared')).toBe(1);
    expect(await bot.count('incident.role-assigned')).toBe(1);
    expect(
      slack.messages('#incidents').filter((message) => slack.textOf(message).includes('The demo is broken')),
    ).toHaveLength(1);
  });

  test('offers the open incident first when the same system is declared again', async () => {
    await bot.declare(BROKEN);

    await slack.person('ben').command('#incidents', '/dr declare demo sev2 The demo is slow');
    await slack.waitFor(() => slack.person('ben').reads('#incidents').includes('[Declare a new one]'), {
      timeoutMs: 10_000,
      what: 'the choice',
    });

    expect(await bot.count('incident.declared')).toBe(1);
  });

  test('hostile words are inert wherever they are shown', async () => {
    const { room: channel } = await bot.declare(
      '<!channel> \u202eevil\u202c *APPROVED by CTO* <https://evil.example|ok>',
    );

    for (const place of ['#incidents', channel]) {
      const raw = JSON.stringify(slack.messages(place).map(({ text, blocks }) => ({ text, blocks })));
      expect(raw).not.toMatch(/<!channel>|\u202e|<https:\/\/evil/);
      expect(raw).toContain('&lt;!channel&gt;');
    }
  });
});

describe('typed commands', () => {
  test.each([
    ['/dr', '[Declare incident]'],
    ['/dr help', '/dr declare'],
    ['/dr help run', 'Harmless steps begin at once'],
    ['/dr declar', 'Did you mean /dr declare?'],
    ['/dr frobnicate', 'There is no command "frobnicate"'],
    ['/dr severity', 'Nothing was'],
    ['/dr status', 'There is no open incident'],
    ['/dr audit verify', 'Chain unbroken'],
  ])('%s is answered', async (typed, wanted) => {
    const ana = slack.person('ana');
    await ana.command('#incidents', typed);

    await slack.waitFor(() => ana.reads('#incidents').includes(wanted), { timeoutMs: 10_000, what: wanted });
  });

  test('somebody outside people.yml may declare and may not lead', async () => {
    await slack.person('chloe').command('#incidents', '/dr declare demo sev1 The demo is broken');
    await slack.waitForMessage('#incidents', (text) => text.includes('The demo is broken'), {
      timeoutMs: 15_000,
      what: 'the announcement',
    });

    await slack.person('chloe').command('#incidents', '/dr severity SEV3 INC-2026-001');
    await slack.waitFor(() => /responders/.test(slack.person('chloe').reads('#incidents')), {
      timeoutMs: 10_000,
      what: 'the refusal',
    });

    expect(await bot.count('incident.severity-changed')).toBe(0);
  });
});

test('a guest cannot declare', async () => {
  slack.join('eli', '#incidents');

  await slack.person('eli').command('#incidents', '/dr declare demo sev1 The demo is broken');
  await slack.waitFor(() => /members of the workspace/.test(slack.person('eli').reads('#incidents')), {
    timeoutMs: 10_000,
    what: 'the refusal',
  });

  expect(await bot.count('incident.declared')).toBe(0);
});

describe('an approval', () => {
  test('is taken from two people on one card; everybody else is refused in words, and recorded', async () => {
    const { room: channel } = await bot.declare(BROKEN);
    const card = await untilAsked(channel);
    for (const key of ['dan', 'eli', 'chloe']) slack.join(key, channel);

    expect(await bot.approve('ana', channel, card.ts)).toContain('is recorded');
    expect(await bot.approve('ana', channel, card.ts)).toContain('You approved this');
    expect(await bot.approve('dan', channel, card.ts)).toContain('Only approvers');
    expect(await bot.approve('eli', channel, card.ts)).toContain('Guests');
    expect(await bot.approve('chloe', channel, card.ts)).toContain('people.yml');
    expect(bot.pretend.done).toEqual([]);
    expect(await bot.approve('ben', channel, card.ts)).toContain('2 of 2');

    await slack.waitForMessage(
      channel,
      (text) => text.includes('RUN-1 · recover') && text.includes('done in'),
      { timeoutMs: 20_000, what: 'the end of the run' },
    );
    expect(bot.pretend.done).toEqual(['stop', 'swap']);
    expect(await bot.count('approval.click-refused')).toBe(4);
    await slack.waitForMessage(
      channel,
      (text) =>
        text.includes('approved by Ana') &&
        !text.includes('running since') &&
        !text.includes('[Review and approve]'),
      { timeoutMs: 10_000, what: 'the card at its end' },
    );
  });

  test('a veto with its reason stops it, and asking again makes a new card; the old one records nothing', async () => {
    const { room: channel } = await bot.declare(BROKEN);
    const card = await untilAsked(channel);
    const mina = slack.person('mina');

    await mina.press(channel, card.ts, 'Veto');
    await mina.waitForView('Veto APR-1');
    await mina.fill({ reason: 'Wrong restore point' });
    await mina.submit();

    await slack.waitForMessage(channel, (text) => text.includes('Wrong restore point'), {
      timeoutMs: 10_000,
      what: 'the veto in the channel',
    });
    expect(await bot.count('approval.vetoed')).toBe(1);
    await slack.person('ana').command(channel, '/dr step retry');
    const next = await slack.waitForMessage(
      channel,
      (text) => text.includes('APR-2') && text.includes('[Review and approve]'),
      { timeoutMs: 15_000, what: 'the new card' },
    );
    expect(next.ts).not.toBe(card.ts);
    expect(bot.pretend.done).toEqual([]);
  });

  test('a deactivated approver does not count', async () => {
    const { room: channel } = await bot.declare(BROKEN);
    const card = await untilAsked(channel);
    await bot.approve('ana', channel, card.ts);
    await bot.review('ben', channel, card.ts);

    slack.deactivate('ben');
    await slack.settled();
    await quietly();

    expect((await bot.approval('APR-1')).votes).toHaveLength(1);
    expect(bot.pretend.done).toEqual([]);
  });
});

describe('delivery', () => {
  test('work goes on while Slack is away, and what happened is told afterwards in order', async () => {
    const { room: channel } = await bot.declare(BROKEN);
    const end = slack.faults.outage();
    const run = await bot.start((await bot.queries.incidents({ open: true }))[0]?.id ?? '');
    await slack.waitFor(() => bot.pretend.looks > 0, { timeoutMs: 10_000, what: 'the first step' });
    end();
    await slack.waitForMessage(channel, (text) => text.includes('[Review and approve]'), {
      timeoutMs: 40_000,
      what: 'the approval card',
    });

    await quietly(2500);
    const said = slack.messages(channel).map((message) => slack.textOf(message));
    expect(
      said.filter((text) => text.includes(`${run} · recover`)),
      said.join('\n---\n'),
    ).toHaveLength(1);
    expect(said.findIndex((text) => text.includes(`${run} · recover`))).toBeLessThan(
      said.findIndex((text) => text.includes('[Review and approve]')),
    );
  });

  test('where channels may not be made, the incident lives in the thread of its announcement', async () => {
    slack.faults.inject({ kind: 'error', error: 'restricted_action', method: 'conversations.create' });

    await slack.person('ana').command('#incidents', '/dr declare demo sev1 The demo is broken for everyone');
    const announcement = await slack.waitForMessage(
      '#incidents',
      (text) => text.includes('The demo is broken') && text.includes('INC-'),
      { timeoutMs: 20_000, what: 'the announcement' },
    );
    await slack.waitFor(
      () =>
        slack
          .thread('#incidents', announcement.ts)
          .some((message) => slack.textOf(message).includes('What is wrong')),
      { timeoutMs: 20_000, what: 'the card in the thread' },
    );
  });

  test('a report goes up as a file, and as text where files are blocked', async () => {
    const { room: channel } = await bot.declare(BROKEN);
    slack.faults.inject({
      kind: 'error',
      error: 'file_uploads_disabled',
      method: 'files.getUploadURLExternal',
    });

    await slack.person('ana').command(channel, '/dr report');

    await slack.waitForMessage(channel, (text) => text.includes('uploads are blocked'), {
      timeoutMs: 10_000,
      what: 'the report as text',
    });
  });
});

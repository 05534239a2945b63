import { z } from 'zod';
import type { Bot } from '../bot.ts';
import type { World } from '../world.ts';
import { insist, insistSays } from './check.ts';

type Slack = World['slack'];
export type Member = ReturnType<Slack['person']>;
type Message = Awaited<ReturnType<Slack['waitForMessage']>>;

/** Declares an incident by typed words, waits for its channel, takes command there, and says when it began. */
export async function declare(slack: Slack, who: Member, words: string, beganAt: Date) {
  await who.command('#incidents', `/dr declare ${words}`);
  const title = words.replace(/^\S+ sev\d /i, '');
  const announced = await slack.waitForMessage(
    '#incidents',
    (text) => text.includes('INC-') && text.includes(title),
    { timeoutMs: 20_000, what: 'the announcement' },
  );
  const incident = slack.textOf(announced).match(/INC-\d{4}-\d{3,}/)?.[0] ?? '';
  const room = await slack.waitFor(() => roomOf(slack, incident), {
    timeoutMs: 20_000,
    what: 'the channel of the incident',
  });
  await who.pressNewest('#incidents', 'Take command');
  await slack.waitForMessage(room, (text) => text.includes('Commander'), {
    timeoutMs: 15_000,
    what: 'the commander on the card',
  });
  await who.command(room, `/dr edit began=${beganAt.toISOString()} detected=${new Date().toISOString()}`);
  return inRoom(slack, incident, room);
}

/** The channel of an incident, once there is one. */
export function roomOf(slack: Slack, incident: string): string | undefined {
  const channels = [...slack.store.channels.values()];
  const channel = channels.find(({ name }) => name.startsWith(incident.toLowerCase()));
  return channel && `#${channel.name}`;
}

/** What people do in the channel of an incident, by the same buttons and dialogs as in Slack. */
export function inRoom(slack: Slack, incident: string, room: string) {
  const refusedClicks: { by: string; reason: string }[] = [];

  const waitFor = (says: (text: string) => boolean, what: string, timeoutMs = 60_000) =>
    slack.waitForMessage(room, says, { timeoutMs, what });

  /** Opens the dialog, chooses the runbook by its title, reads the preview, and starts. */
  async function startRunbook(who: Member, runbook: { id: string; title: string }) {
    await who.pressNewest(room, 'Run a runbook');
    await who.waitForView('Run a runbook');
    await slack.waitFor(() => who.viewText().includes(runbook.id), {
      timeoutMs: 10_000,
      what: 'the runbooks in the dialog',
    });
    await who.fill({ Runbook: runbook.id });
    await slack.waitFor(() => who.viewText().includes(`*${runbook.title}*`), {
      timeoutMs: 10_000,
      what: 'the chosen runbook',
    });
    await who.submit();
    await slack.waitFor(() => who.viewText().includes('Nothing has been changed by this preview'), {
      timeoutMs: 40_000,
      what: 'the preview',
    });
    const preview = who.viewText();
    await who.submit();
    const card = await waitFor(
      (text) => new RegExp(`RUN-\\d+ · ${runbook.id}`).test(text),
      'the run card',
      15_000,
    );
    return { run: slack.textOf(card).match(/RUN-\d+/)?.[0] ?? '', preview };
  }

  /** Answers a step that asks for evidence. */
  async function markDone(who: Member, step: string, evidence: string): Promise<void> {
    const asked = await waitFor(
      (text) => text.includes(step) && text.includes('[Mark as done]'),
      `the question "${step}"`,
      90_000,
    );
    await who.press(room, asked.ts, 'Mark as done');
    await who.waitForView('Mark step');
    await who.fill({ evidence });
    const answered = await who.submit();
    insist(answered.kind === 'closed', 'the answer to be taken', answered);
  }

  /** Chooses one of the ways a step asks about. */
  async function decide(who: Member, step: string, choice: string): Promise<void> {
    const asked = await waitFor(
      (text) => text.includes(step) && text.includes('[Decide]'),
      `the question "${step}"`,
      90_000,
    );
    await who.press(room, asked.ts, 'Decide');
    await who.waitForView('Decide');
    await who.fill({ choice });
    const answered = await who.submit();
    insist(answered.kind === 'closed', 'the decision to be taken', answered);
  }

  const approvalCard = (title: string): Promise<Message> =>
    waitFor((text) => text.includes('[Review and approve]') && text.includes(title), `the card "${title}"`);

  /** Reviews and approves a card. What was refused is kept; the dialog's last words are returned. */
  async function approve(who: Member, key: string, card: Message, typedName?: string): Promise<string> {
    await who.press(room, card.ts, 'Review and approve');
    await who.waitForView('Review and approve');
    await slack.waitFor(() => !who.viewText().includes('This usually takes under'), {
      timeoutMs: 10_000,
      what: 'the review dialog',
    });
    if (typedName !== undefined && who.viewText().includes('Type the name'))
      await who.fill({ name: typedName });
    const answer = await who.submit();
    const says =
      answer.kind === 'view'
        ? who.viewText()
        : answer.kind === 'errors'
          ? Object.values(answer.errors).join(' ')
          : JSON.stringify(answer);
    await who.closeView();
    if (!says.includes('is recorded'))
      refusedClicks.push({ by: key, reason: says.replace(/\s+/g, ' ').slice(0, 160) });
    return says;
  }

  async function insistRefused(who: Member, key: string, card: Message, words: string, typedName?: string) {
    insistSays(await approve(who, key, card, typedName), words, `the click of ${key}`);
  }

  async function resolve(who: Member, cause: string): Promise<void> {
    await who.command(room, `/dr resolve cause="${cause}"`);
    await waitFor((text) => text.includes('Resolved') && text.includes(incident), 'the resolved message');
  }

  return {
    incident,
    room,
    refusedClicks,
    waitFor,
    startRunbook,
    markDone,
    decide,
    approvalCard,
    approve,
    insistRefused,
    resolve,
  };
}

const Approvals = z.object({
  approvals: z.array(
    z.object({
      id: z.string(),
      gate: z.string(),
      class: z.string(),
      votes: z.array(z.object({ person: z.string() })),
    }),
  ),
});

/** Who voted on a card, with the fingerprint that stood on it. */
export function votesOn(card: string, run: unknown) {
  const approval = Approvals.parse(run).approvals.find(({ id }) => card.includes(`${id} `));
  insist(approval !== undefined, 'the approval of the card', card.slice(0, 400));
  const fingerprint = card.match(/fingerprint \*?([0-9A-Z]{4}-[0-9A-Z]{4})/)?.[1] ?? '';
  insist(fingerprint !== '', 'a fingerprint on the card', card.slice(-400));
  return (approval?.votes ?? []).map(({ person }) => ({
    gate: approval?.gate,
    class: approval?.class,
    by: person,
    fingerprint,
  }));
}

/** A run as the command line shows it, which is what the bot has in its rows. */
export async function showRun(bot: Bot, run: string) {
  const { stdout } = await bot.cli(['run', 'show', run, '--json'], { DR_PERSON: 'ana' });
  return JSON.parse(stdout || '{}').runs?.[0];
}

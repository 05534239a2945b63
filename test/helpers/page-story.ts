import type { Locator, Page } from 'playwright-core';
import { restore } from '../../sandbox/demo/restore.ts';
import { composerOf, type Hands, whoActs } from './page-hands.ts';

/** What is on the screen when somebody may look. */
export const stages = [
  'first-visit',
  'broken',
  'declare-errors',
  'declare',
  'declared',
  'runbook',
  'preview',
  'run',
  'question',
  'approval',
  'review',
  'refused',
  'approved',
  'thread',
  'back',
  'update',
  'resolve',
  'resolved',
  'report',
] as const;
export type Stage = (typeof stages)[number];

type Visit = {
  readonly page: Page;
  readonly hands: Hands;
  /** Looks at the page, or disturbs it, before the visitor goes on. */
  readonly at?: (stage: Stage) => Promise<void>;
  /** Fills the form right the first time. */
  readonly careful?: boolean;
};

/** The parts of the main job, each as a visitor does it. */
export function visitorOf({ page, hands, at = async () => undefined, careful = false }: Visit) {
  const dialog = page.getByRole('dialog').last();
  const messages = page.getByRole('list', { name: /^Messages in #/ }).getByRole('listitem');
  const named = (within: Page | Locator, name: string) =>
    within.getByRole('button', { name: new RegExp(`^${name}`) });
  const fact = (section: string, value: RegExp) =>
    page.getByRole('region', { name: section }).getByText(value).first().waitFor();
  const ticked = (step: string) => page.getByText(`${step}, done`).waitFor({ state: 'attached' });
  const shows = (text: string | RegExp) => dialog.getByText(text).first().waitFor();
  const says = (text: string | RegExp) => messages.filter({ hasText: text }).last().waitFor();

  /** The newest message that has the button. */
  async function pressNewest(button: string, hasText: string | RegExp = ''): Promise<void> {
    const message = messages.filter({ hasText, has: named(page, button) }).last();
    await hands.pressIn(message, named(message, button).first());
  }
  const submit = (label: string) => hands.press(dialog.getByRole('button', { name: label, exact: true }));
  const closed = () => page.getByRole('dialog').waitFor({ state: 'hidden' });

  async function breakIt(): Promise<Date> {
    await named(page, 'Begin').waitFor();
    await fact('HEALTH', /^200 /);
    await at('first-visit');
    await hands.press(named(page, 'Begin'));
    await hands.press(named(page, 'Delete rows'));
    await fact('HEALTH', /^500 /);
    await at('broken');
    const now = await page
      .getByRole('group', { name: 'Clock of the pretend world' })
      .locator('time')
      .getAttribute('datetime');
    return new Date(now ?? '');
  }

  async function declare(): Promise<string> {
    await hands.send('/dr declare');
    const title = dialog.getByRole('textbox', { name: 'What is wrong?' });
    if (!careful) {
      await hands.write(title, 'down');
      await submit('Declare');
      await shows('Say in a few words');
      await at('declare-errors');
    }
    await hands.write(title, 'Sign-in fails for most customers');
    await hands.choose(dialog.getByRole('radio', { name: /^SEV1/ }));
    await at('declare');
    return sendDeclared();
  }

  /** Sends the form, takes command and opens the new channel. Its name. */
  async function sendDeclared(): Promise<string> {
    await submit('Declare');
    await shows('INC-');
    await hands.leave();
    await closed();
    const channel = page.getByRole('navigation', { name: 'Channels' }).getByRole('button', { name: /inc-/ });
    await channel.waitFor();
    await at('declared');
    await pressNewest('Take command');
    const name = (await channel.locator('.channel-name').textContent())?.match(/inc-[\w-]+/)?.[0] ?? '';
    await hands.openChannel(name);
    await says('Commander Ana ');
    return name;
  }

  async function startRestore(): Promise<void> {
    await pressNewest('Run a runbook');
    await shows(restore.runbook.title);
    await at('runbook');
    await submit('Show preview');
    await shows('Nothing has been changed by this preview');
    await at('preview');
    await submit('Start run');
    await closed();
    await says(/RUN-\d+ · restore-postgres/);
    await at('run');
  }

  async function answerQuestions(): Promise<void> {
    for (const [step, evidence] of restore.questions) {
      await pressNewest('Mark as done', step);
      await hands.write(dialog.getByRole('textbox', { name: 'What did you see?' }), evidence);
      if (step === restore.questions[0][0]) await at('question');
      await submit('Mark as done');
      await closed();
    }
  }

  /** Reviews the card, approves, and reads what the bot says. */
  async function approve(answer: string | RegExp, stage?: Stage): Promise<void> {
    await pressNewest('Review and approve', restore.approval);
    await shows('Fingerprint');
    if (stage === 'review') await at(stage);
    await submit('Approve');
    await shows(answer);
    if (stage === 'refused') await at(stage);
    await hands.leave();
    await closed();
  }

  async function approveTwice(channel: string): Promise<void> {
    await messages.filter({ has: named(page, 'Review and approve') }).waitFor();
    await at('approval');
    await approve('1 of 2', 'review');
    await approve('You approved this');
    await hands.actAs('Dan Weber');
    await hands.openChannel(channel);
    await hands.press(named(page, 'Join channel'));
    await composerOf(page).waitFor();
    await approve('Only approvers', 'refused');
    await hands.actAs('Ben Okoye');
    await approve('2 of 2');
    await at('approved');
    await hands.actAs('Ana Duarte');
    await hands.openThread(messages.filter({ hasText: /RUN-\d+ · restore-postgres/ }).last());
    await at('thread');
    await hands.closeThread();
  }

  async function seeItBack(): Promise<void> {
    await messages
      .filter({ hasText: 'Watch for 15 minutes' })
      .filter({ hasText: 'waiting until' })
      .last()
      .waitFor();
    await fact('HEALTH', /^200 /);
    await fact('CLUSTER', /^4 of 4 ready/);
    await ticked('See it come back');
    await at('back');
  }

  async function letTimePass(): Promise<void> {
    await hands.press(page.getByRole('button', { name: '+30 min', exact: true }));
    await says(/Update \d+ · INC-/);
    await ticked('Let 30 minutes pass');
    await at('update');
  }

  async function closeIt(brokenAt: Date): Promise<void> {
    await pressNewest('Resolve');
    for (const name of ['When did it begin?', 'When was it detected?'])
      await hands.writeMoment(dialog.getByLabel(name), brokenAt);
    await hands.write(dialog.getByRole('textbox', { name: 'Root cause so far' }), restore.cause);
    await at('resolve');
    await submit('Resolve');
    await closed();
    await says(/Resolved: INC-/);
    await at('resolved');
    await pressNewest('Report');
    await pressNewest('View', '-report.md');
    await shows('Lessons');
    await at('report');
    await hands.leave();
    await closed();
  }

  return {
    messages,
    dialog,
    named,
    fact,
    shows,
    says,
    submit,
    closed,
    pressNewest,
    breakIt,
    declare,
    sendDeclared,
    startRestore,
    answerQuestions,
    approveTwice,
    seeItBack,
    letTimePass,
    closeIt,
  };
}

/** The main job as the guide tells it: Janua is broken, restored by two people's word, and closed with a report. */
export async function followGuide(visit: Visit): Promise<void> {
  const visitor = visitorOf(visit);
  await whoActs(visit.page, 'Ana Duarte').waitFor();
  const brokenAt = await visitor.breakIt();
  const channel = await visitor.declare();
  await visitor.startRestore();
  await visitor.answerQuestions();
  await visitor.approveTwice(channel);
  await visitor.seeItBack();
  await visitor.letTimePass();
  await visitor.closeIt(brokenAt);
}

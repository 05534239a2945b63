import type { Slack } from '../slack/index.ts';
import type { createBreaks } from './breaks.ts';
import type { GuideStep } from './contract.ts';
import type { createFacts } from './facts.ts';
import type { PageClock } from './page-clock.ts';
import { JANUA } from './sources.ts';

export type Guide = ReturnType<typeof createGuide>;

type Deps = {
  slack: Slack;
  facts: Pick<ReturnType<typeof createFacts>, 'stateOf'>;
  breaks: Pick<ReturnType<typeof createBreaks>, 'isBroken'>;
  clock: Pick<PageClock, 'movedAt'>;
};

const VITAL = [JANUA, 'health', 'janua-api', 'janua-worker'] as const;
const DAMAGES = ['delete-rows', 'drop-table', 'cut-dump', 'empty-dump'] as const;

/** A first visitor's way through the story. Each step ticks itself from what is there, not from clicks, and stays ticked. */
export function createGuide({ slack, facts, breaks, clock }: Deps) {
  const ticked = new Set<Step['title']>();

  /** What the bot says in #incidents and in the channels of incidents, newest last. */
  function says(pattern: RegExp, since?: Date): boolean {
    return [...slack.store.channels.values()]
      .filter(({ name }) => name === 'incidents' || name.startsWith('inc-'))
      .flatMap(({ id }) => slack.store.messagesIn(id))
      .filter(({ user, ts }) => user === slack.store.bot.id && Number(ts) * 1000 >= (since?.getTime() ?? 0))
      .some((message) => pattern.test(slack.textOf(message)));
  }

  const holds: Readonly<Record<Step['title'], () => boolean>> = {
    'Break something.': () =>
      DAMAGES.some(breaks.isBroken) || VITAL.some((id) => facts.stateOf(id) === 'bad'),
    'Declare an incident.': () => says(/INC-\d{4}-\d{3,}/),
    'Take command.': () => says(/Commander: (?!nobody)\S/),
    'Start the restore.': () => says(/RUN-\d+ · /),
    'Approve, twice.': () => says(/approved by [^\n]*(2 of 2| and )/),
    'See it come back.': () =>
      ticked.has('Approve, twice.') && VITAL.every((id) => facts.stateOf(id) === 'ok'),
    'Let 30 minutes pass.': () => {
      const movedAt = clock.movedAt();
      return movedAt !== undefined && says(/Update \d+ · INC-/, movedAt);
    },
    'Close it.': () =>
      says(/Resolved: INC-/) && slack.files().some(({ name }) => name.endsWith('-report.md')),
  };

  function look(): void {
    for (const { title } of STEPS) if (!ticked.has(title) && holds[title]()) ticked.add(title);
  }

  function isDone(title: Step['title']): boolean {
    look();
    return ticked.has(title);
  }

  return {
    isDone,

    shown(): { steps: GuideStep[]; done: boolean } {
      look();
      const steps = STEPS.map(({ title, text }) => ({
        title,
        text,
        done: ticked.has(title),
        type:
          title === 'Declare an incident.'
            ? { channel: slack.channel('#incidents').id, text: '/dr declare' }
            : null,
      }));
      return { steps, done: steps.every(({ done }) => done) };
    },
  };
}

type Step = (typeof STEPS)[number];
export type StepTitle = Step['title'];

const STEPS = [
  {
    title: 'Break something.',
    text: 'Press [Delete rows]. Watch the row count fall and health turn to 500.',
  },
  {
    title: 'Declare an incident.',
    text: 'In #incidents type /dr declare and press Enter. Choose Janua, SEV1.',
  },
  { title: 'Take command.', text: 'Press Take command in #incidents, then open the new channel.' },
  {
    title: 'Start the restore.',
    text: 'In its channel press Run a runbook, keep what is chosen, Show preview, Start run. Two steps ask you: Mark as done, with any words.',
  },
  {
    title: 'Approve, twice.',
    text: 'Approve as Ana. Try again: the bot refuses. Switch to Dan, join: refused. Switch to Ben: approved.',
  },
  { title: 'See it come back.', text: 'Rows, replicas and health on the right are as before.' },
  { title: 'Let 30 minutes pass.', text: 'Press +30 min. An update appears by itself.' },
  {
    title: 'Close it.',
    text: 'Press Resolve, say when it began and was detected, then Report. The report holds every fact you made.',
  },
] as const;

import { askApproval } from './sample-approval.ts';
import { APPROVAL_LIVES, opened } from './sample-approval-lives.ts';
import { storyAt } from './sample-day.ts';
import { begin, declare, finish, finishHarmless, startRun, takeRoles } from './sample-events.ts';
import { at, createStory, type Options, type Story } from './sample-story.ts';

/** What may happen besides the sample day, each as a whole story. */
export const LIVES = {
  ...APPROVAL_LIVES,
  'failed step': (options) => {
    const story = storyAt('started', options);
    fail(story, 'find', '02:14:41', '02:14:53');
    return story;
  },
  'failed and retried': (options) => {
    const story = storyAt('started', options);
    fail(story, 'find', '02:14:41', '02:14:53');
    story.run({ kind: 'step.retried', step: 'find', look: false }, '02:16:00', 'ana');
    begin(story, 'find', '02:16:01', 2);
    return story;
  },
  'skipped by a person': (options) => {
    const story = storyAt('started', options);
    fail(story, 'find', '02:14:41', '02:14:53');
    story.run(
      { kind: 'step.skipped', step: 'find', reason: story.texts.note, byPerson: true, at: at('02:16:00') },
      '02:16:00',
      'ana',
    );
    return story;
  },
  postponed: (options) => {
    const story = storyAt('started', options);
    begin(story, 'find', '02:14:41');
    story.run(
      {
        kind: 'step.postponed',
        step: 'find',
        attempt: 1,
        reason: story.texts.fact,
        tries: 2,
        until: at('02:58:10'),
      },
      '02:15:00',
    );
    return story;
  },
  waiting: (options) => {
    const story = storyAt('cut over', options);
    finish(story, 'health', '02:26:51', '02:27:30');
    begin(story, 'soak', '02:27:30');
    story.run(
      {
        kind: 'step.waiting',
        step: 'soak',
        attempt: 1,
        note: story.texts.fact,
        until: at('02:58:00'),
        memory: null,
      },
      '02:27:31',
    );
    return story;
  },
  uncertain: (options) => uncertain(options),
  'uncertain inside the gate': (options) => {
    const story = opened(options);
    begin(story, 'stop', '02:26:42');
    begin(story, 'swap', '02:26:44');
    story.run({
      kind: 'step.uncertain',
      step: 'swap',
      attempt: 1,
      seen: [story.texts.fact],
      howToTell: null,
      at: at('02:27:12'),
    });
    return story;
  },
  'a message from the plan': (options) => {
    const story = storyAt('started', options);
    begin(story, 'find', '02:14:41');
    story.run({
      kind: 'step.finished',
      step: 'find',
      attempt: 1,
      summary: 'posted',
      output: { post: story.texts.note },
      facts: [],
      at: at('02:14:42'),
      known: 'run',
    });
    return story;
  },
  'uncertain and one says so': (options) => {
    const story = uncertain(options);
    story.run(
      { kind: 'step.ruled', step: 'find', happened: true, saw: story.texts.note, person: 'ben' },
      '02:29:00',
      'ben',
    );
    return story;
  },
  'uncertain and two disagree': (options) => {
    const story = uncertain(options);
    story.run(
      { kind: 'step.ruled', step: 'find', happened: true, saw: story.texts.note, person: 'ben' },
      '02:29:00',
      'ben',
    );
    story.run(
      { kind: 'step.ruled', step: 'find', happened: false, saw: story.texts.note, person: 'mina' },
      '02:30:00',
      'mina',
    );
    return story;
  },
  'manual step': (options) => {
    const story = storyAt('started', options);
    begin(story, 'find', '02:14:41');
    const question = {
      kind: 'manual',
      instruction: 'Call the network team.\nAsk for the firewall ticket.',
      assignee: 'ana',
      evidence: 'link',
    } as const;
    story.run({ kind: 'step.asked', step: 'find', attempt: 1, question, at: at('02:14:42') });
    return story;
  },
  decision: (options) => {
    const story = storyAt('started', options);
    begin(story, 'find', '02:14:41');
    const question = {
      kind: 'decision',
      question: 'Which restore point?',
      options: [
        { value: 'newest', label: 'The newest' },
        { value: 'older', label: 'The one before' },
      ],
    } as const;
    story.run({ kind: 'step.asked', step: 'find', attempt: 1, question, at: at('02:14:42') });
    return story;
  },
  'gate blocked': (options) => {
    const story = storyAt('checked', options);
    story.run({
      kind: 'gate.blocked',
      gate: 'cut-over',
      reasons: ['a GitOps owner has no pause. Add one to the plan.', story.texts.fact],
      at: at('02:19:00'),
    });
    return story;
  },
  'aborted before the gate': (options) => {
    const story = storyAt('checked', options);
    abort(story);
    story.run({ kind: 'run.finished', outcome: 'aborted', cleaned: ['janua_run31'], at: at('02:20:05') });
    return story;
  },
  'abort under way': (options) => {
    const story = storyAt('started', options);
    begin(story, 'find', '02:14:41');
    abort(story);
    return story;
  },
  undoing: (options) => undoing(options),
  undone: (options) => {
    const story = undoing(options);
    story.run({
      kind: 'step.undone',
      step: 'swap',
      summary: story.texts.fact,
      facts: [],
      at: at('02:26:50'),
    });
    story.run({
      kind: 'step.undone',
      step: 'stop',
      summary: 'back to 4 replicas',
      facts: [],
      at: at('02:26:52'),
    });
    story.run({ kind: 'gate.closed', gate: 'cut-over', outcome: 'undone', at: at('02:26:53') });
    story.run({ kind: 'run.finished', outcome: 'undone', cleaned: [], at: at('02:26:54') });
    return story;
  },
  'undo failed': (options) => {
    const story = undoing(options);
    story.run({ kind: 'step.undo-failed', step: 'swap', reason: story.texts.fact, at: at('02:26:55') });
    return story;
  },
  drill: (options) => {
    const story = createStory(options);
    declare(story, { severity: 'SEV2' });
    takeRoles(story);
    startRun(story, { mode: 'drill' });
    finishHarmless(story);
    askApproval(story);
    return story;
  },
  'nothing is known': (options) => {
    const story = createStory(options);
    declare(story, { impact: null, occurredAt: null, detectedAt: null, severity: 'SEV4' });
    return story;
  },
  'draft of an update': (options) => {
    const story = storyAt('commanded', options);
    story.incident({ kind: 'incident.update-drafted', dueAt: at('02:42:04') }, '02:37:04');
    story.incident(
      { kind: 'incident.update-snoozed', until: at('02:47:04'), reason: story.texts.note },
      '02:38:00',
      'chloe',
    );
    return story;
  },
  identified: (options) => {
    const story = storyAt('commanded', options);
    story.incident(
      { kind: 'incident.status-changed', from: 'investigating', to: 'identified', what: story.texts.note },
      '02:21:00',
      'ana',
    );
    return story;
  },
  cancelled: (options) => {
    const story = storyAt('commanded', options);
    story.incident({ kind: 'incident.cancelled', reason: story.texts.note }, '02:20:00', 'ana');
    return story;
  },
} satisfies Record<string, (options: Options) => Story>;

function undoing(options: Options): Story {
  const story = opened(options);
  finish(story, 'stop', '02:26:42', '02:26:44');
  fail(story, 'swap', '02:26:44', '02:26:46');
  story.run({
    kind: 'undo.started',
    gate: 'cut-over',
    reason: `Swap databases failed: ${story.texts.fact}`,
    at: at('02:26:47'),
  });
  return story;
}

function uncertain(options: Options): Story {
  const story = storyAt('started', options);
  begin(story, 'find', '02:14:41');
  story.run({
    kind: 'step.uncertain',
    step: 'find',
    attempt: 1,
    seen: ['`janua` exists', story.texts.fact],
    howToTell: 'Run `select count(*) from accounts` on `janua`.',
    at: at('02:15:12'),
  });
  return story;
}

function fail(story: Story, step: string, from: string, to: string): void {
  begin(story, step, from);
  story.run({
    kind: 'step.failed',
    step,
    attempt: 1,
    code: 'outside-unreachable',
    reason: story.texts.fact,
    details: [story.texts.fact, 'second line'],
    at: at(to),
  });
}

function abort(story: Story): void {
  story.run(
    { kind: 'run.abort-requested', person: 'ben', reason: story.texts.note, at: at('02:20:00') },
    '02:20:00',
    'ben',
  );
}

import type { ApprovalEvent } from '../../src/domain/events.ts';
import { approvalCard, askApproval, vote } from './sample-approval.ts';
import { storyAt } from './sample-day.ts';
import { begin, finish } from './sample-events.ts';
import { APPROVAL, at, DIGEST, type Options, type Story } from './sample-story.ts';

/** What may become of a request for approval, each as a whole story. */
export const APPROVAL_LIVES = {
  'half approved': (options) => {
    const story = storyAt('asked', options);
    vote(story, 'ana', '02:20:10');
    return story;
  },
  irreversible: (options) => {
    const story = storyAt('checked', options);
    askApproval(story, {
      class: 'irreversible',
      confirmName: 'janua-db-2',
      requesterCounts: false,
      card: approvalCard(story, { undo: [], lossMs: null }),
    });
    return story;
  },
  'loss above the objective': (options) => {
    const story = storyAt('checked', options);
    askApproval(story, { card: approvalCard(story, { lossMs: 11_400_000 }) });
    return story;
  },
  approved: (options) => {
    const story = approved(options);
    return story;
  },
  'gate running': (options) => {
    const story = opened(options);
    finish(story, 'stop', '02:26:42', '02:26:44');
    begin(story, 'swap', '02:26:44');
    return story;
  },
  vetoed: (options) => {
    const story = storyAt('asked', options);
    story.approval(
      { kind: 'approval.vetoed', person: 'mina', reason: story.texts.note, at: at('02:21:40') },
      '02:21:40',
      'mina',
    );
    return story;
  },
  'expired and asked again': (options) => {
    const story = storyAt('asked', options);
    story.approval({ kind: 'approval.expired', votes: 1, at: at('02:33:56') });
    askApproval(
      story,
      { replaces: APPROVAL, requestedAt: at('02:34:10'), approveBy: at('02:49:10') },
      'APR-58',
    );
    return story;
  },
  'approved but not started in time': (options) => {
    const story = approved(options);
    story.approval({ kind: 'approval.expired', votes: 2, at: at('02:36:41') });
    return story;
  },
  'void by drift': (options) => {
    const story = approved(options);
    voidBy(story, {
      reason: 'facts changed after approval',
      differences: ['stop.replicas: 4 → 6', story.texts.fact],
    });
    return story;
  },
  reminded: (options) => {
    const story = storyAt('asked', options);
    story.approval(
      { kind: 'approval.reminded', people: ['ana', 'ben', 'mina'], escalated: true, nextAt: at('02:29:00') },
      '02:24:00',
    );
    return story;
  },
} satisfies Record<string, (options: Options) => Story>;

export function approved(options: Options): Story {
  const story = storyAt('asked', options);
  vote(story, 'ana', '02:20:10');
  vote(story, 'ben', '02:26:41');
  story.approval({ kind: 'approval.approved', openBy: at('02:36:41'), at: at('02:26:41') });
  return story;
}

export function opened(options: Options): Story {
  const story = approved(options);
  story.approval({ kind: 'approval.used', at: at('02:26:42') });
  story.run({
    kind: 'gate.opened',
    gate: 'cut-over',
    approval: APPROVAL,
    digest: DIGEST,
    at: at('02:26:42'),
  });
  return story;
}

function voidBy(
  story: Story,
  change: Pick<Extract<ApprovalEvent, { kind: 'approval.voided' }>, 'reason' | 'differences'>,
): void {
  story.approval({ kind: 'approval.voided', ...change, at: at('02:26:50') });
}

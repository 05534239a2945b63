import { askApproval } from './sample-approval.ts';
import {
  cutOver,
  declare,
  finishHarmless,
  resolve,
  startRun,
  takeRoles,
  verifyService,
} from './sample-events.ts';
import { createStory, type Story } from './sample-story.ts';

/** The sample day in order: a story "at" a moment has lived through all before it. */
const DAY = [
  ['declared', (story: Story) => declare(story)],
  ['commanded', takeRoles],
  ['started', (story: Story) => startRun(story)],
  ['checked', finishHarmless],
  ['asked', (story: Story) => askApproval(story)],
  ['cut over', cutOver],
  ['monitoring', verifyService],
  ['resolved', resolve],
] as const;
export type Moment = (typeof DAY)[number][0];
export const MOMENTS: readonly Moment[] = DAY.map(([moment]) => moment);

export function storyAt(moment: Moment, options: Parameters<typeof createStory>[0] = {}): Story {
  const story = createStory(options);
  for (const [name, live] of DAY) {
    live(story);
    if (name === moment) break;
  }
  return story;
}

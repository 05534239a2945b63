import type { DomainEvent } from '../../../src/domain/events.ts';
import type { Post } from '../../../src/render/slack/post.ts';
import { renderPost } from '../../../src/render/slack/posts.ts';
import { NO_SURROUNDINGS, type Surroundings } from '../../../src/render/slack/surroundings.ts';
import { textOf } from '../../helpers/block-kit.ts';
import type { Story } from '../../helpers/sample-story.ts';

/** The post of the newest event of a kind, drawn at a time of the sample day. */
export function postOf(
  story: Story,
  kind: DomainEvent['kind'],
  now: string,
  around: Surroundings = NO_SURROUNDINGS,
): Post | null {
  const logged = story.log.findLast(({ event }) => event.kind === kind);
  if (logged === undefined) throw new Error(`the story has no ${kind}`);
  return renderPost(story.view(now), logged, around);
}

/** A post as a person reads it, without the tokens of the reader's own time. */
export function read(post: Post | null): string {
  return (post === null ? '' : textOf(post.message)).replace(/ <!date[^>]*>/g, '');
}

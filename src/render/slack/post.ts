import type { Message } from './blocks.ts';

/** A message that is posted once for one event, and where it goes. */
export interface Post {
  readonly message: Message;
  /** The card it answers under; null = the channel itself. */
  readonly thread: 'run' | 'announcement' | 'approval' | null;
  /** A reply that is also shown in the channel: people wait for it. */
  readonly broadcast: boolean;
  /** Also posted as a reply under the announcement, for everyone outside the incident's channel. */
  readonly underAnnouncement: boolean;
  /** People whom the message calls (their mention is set in it): they must be members of the channel. */
  readonly mention: readonly string[];
  /** These people get it as a direct message and the channel does not; null = it goes to the channel. */
  readonly dm: readonly string[] | null;
  /** What it asked is over: nobody is told any more, and where it was posted before these words take its place. */
  readonly moot: boolean;
}

export function post(message: Message, where: Partial<Omit<Post, 'message'>> = {}): Post {
  return {
    message,
    thread: null,
    broadcast: false,
    underAnnouncement: false,
    mention: [],
    dm: null,
    moot: false,
    ...where,
  };
}

import type { Slack } from '../slack/index.ts';

type Message = ReturnType<Slack['messages']>[number];

/** Up to where each person has read each channel. */
export function createReadMarks() {
  const marks = new Map<string, string>();
  const key = (person: string, channel: string) => `${person} ${channel}`;

  return {
    read(person: string, channel: string, messages: readonly Message[]): void {
      const newest = messages.at(-1)?.ts;
      if (newest !== undefined) marks.set(key(person, channel), newest);
    },

    /** What others said since, in the channel itself: replies in threads are found at their message, as in Slack. */
    count(person: string, channel: string, messages: readonly Message[]): number {
      const mark = marks.get(key(person, channel)) ?? '';
      return messages.filter(
        ({ ts, user, threadTs, broadcast, ephemeralTo }) =>
          ts > mark &&
          user !== person &&
          ephemeralTo === undefined &&
          (threadTs === undefined || threadTs === ts || broadcast),
      ).length;
    },
  };
}

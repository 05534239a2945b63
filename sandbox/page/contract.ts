import type { Block, View } from '../slack/block-kit.ts';

/**
 * What goes between the sandbox's server and its page.
 *
 * - `GET /api/live?as=ana`: server-sent events; each `data:` is a whole `PageState` as that person sees it, at once on
 *   connecting and again (at most every 100 ms) after anything in the workspace or the world changed.
 * - `POST /api/act` with an `Act`, `POST /api/world` with a `WorldAct`: answer 200 with an `Answer`; bad input is 400 with one too.
 * - `GET /files/<id>/<name>`: a file of the workspace.
 */
export type PageState = {
  readonly me: string;
  readonly people: readonly PersonShown[];
  readonly workspace: { readonly name: string; readonly bot: string; readonly botName: string };
  /** Names for ids inside blocks and text: users, channels, groups. */
  readonly names: Readonly<Record<string, string>>;
  readonly channels: readonly ChannelShown[];
  /** By channel id: those that the person may open, oldest message first, thread replies among them. */
  readonly messages: Readonly<Record<string, readonly MessageShown[]>>;
  /** By file id: the addresses of pictures that blocks show. */
  readonly pictures: Readonly<Record<string, string>>;
  readonly modal: ModalShown | null;
  readonly home: { readonly id: string; readonly blocks: readonly Block[] } | null;
  readonly world: WorldShown;
  readonly guide: GuideShown;
};

export type PersonShown = {
  readonly id: string;
  /** `ana`: what `as` takes. */
  readonly key: string;
  readonly name: string;
  /** `On-call engineer · approver`: whom to pick for what. */
  readonly role: string;
  readonly approver: boolean;
};

export type ChannelShown = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'channel' | 'dm';
  readonly topic: string;
  readonly members: number;
  readonly joined: boolean;
  readonly archived: boolean;
  readonly unread: number;
  readonly pinned: readonly string[];
};

export type MessageShown = {
  readonly ts: string;
  /** ISO 8601. */
  readonly at: string;
  readonly author: { readonly id: string; readonly name: string; readonly app: boolean };
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly edited: boolean;
  /** Only this person sees it. */
  readonly ephemeral: boolean;
  /** The message that this one answers; `broadcast` shows it in the channel too. */
  readonly threadTs: string | null;
  readonly broadcast: boolean;
  readonly replies: number;
  readonly files: readonly FileShown[];
  readonly reactions: readonly { readonly name: string; readonly count: number; readonly mine: boolean }[];
  /** Set where Slack would refuse the message: `Slack would refuse this message: blocks[3].text is …`. */
  readonly refused: string | null;
};

export type FileShown = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly bytes: number;
  readonly url: string;
  /** The beginning of a text file, at most 2,000 characters; null for others. */
  readonly preview: string | null;
};

export type ModalShown = {
  readonly id: string;
  readonly definition: View;
  /** `values[block_id][action_id]`, as in payloads. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By block id. */
  readonly errors: Readonly<Record<string, string>>;
  /** 1 for a lone modal; more where it lies on others. */
  readonly depth: number;
};

/** Read from the world itself (database, cluster, bucket), never from the bot. */
export type WorldShown = {
  /** The bot's clock, ISO 8601. */
  readonly now: string;
  readonly slack: 'up' | 'down';
  readonly bot: 'up' | 'starting' | 'down';
  readonly sections: readonly WorldSection[];
  readonly breaks: readonly BreakShown[];
  /** What a button said it did last, with its time. */
  readonly said: readonly { readonly at: string; readonly text: string }[];
  /** The newest lines of raw traffic between bot and Slack, newest first. */
  readonly traffic: readonly TrafficShown[];
};

export type WorldSection = {
  /** `CLUSTER janua`, `DATABASES`, `BACKUPS s3://janua-backups/postgres/daily/`, `HEALTH`. */
  readonly title: string;
  readonly lines: readonly WorldLine[];
};

export type WorldLine = {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  /** Shown in words beside the value. */
  readonly state: 'ok' | 'bad' | 'busy' | 'plain';
  /** Changed in the last five seconds. */
  readonly changed: boolean;
};

export type BreakShown = {
  readonly name: BreakName;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly help: string;
  /** Broken now: the button offers to mend it. */
  readonly broken: boolean;
  readonly mendLabel: string;
};

/** In the order of their buttons. */
export const BREAKS = [
  'delete-rows',
  'drop-table',
  'cut-dump',
  'empty-dump',
  'night',
  'slack',
  's3',
  'kubernetes',
  'bot',
] as const;
export type BreakName = (typeof BREAKS)[number];

export type TrafficShown = {
  readonly id: number;
  readonly at: string;
  /** `→ chat.postMessage`, `← slash_commands`. */
  readonly title: string;
  /** `ok`, `acknowledged after 12 ms`, `refused: ratelimited`. */
  readonly outcome: string;
  readonly ok: boolean;
  /** Pretty-printed JSON of both directions, cut at 4,000 characters. */
  readonly body: string;
};

export type GuideShown = {
  readonly steps: readonly GuideStep[];
  /** What the visitor left: a dismissed guide stays dismissed for this tab only. */
  readonly done: boolean;
  readonly playing: boolean;
  /** What the player is doing, while it plays. */
  readonly playingNow: string | null;
};

export type GuideStep = {
  readonly title: string;
  readonly text: string;
  readonly done: boolean;
  /** A command that can be typed for the visitor, or null. */
  readonly type: { readonly channel: string; readonly text: string } | null;
};

/** What a person does. `as` is a key such as `ana`; a channel is its id. */
export type Act = { readonly as: string } & (
  | { readonly do: 'send'; readonly channel: string; readonly text: string; readonly threadTs?: string }
  | { readonly do: 'read'; readonly channel: string }
  | { readonly do: 'join'; readonly channel: string }
  | {
      readonly do: 'message-action';
      readonly channel: string;
      readonly ts: string;
      readonly actionId: string;
      /** Of selects, check boxes and pickers: option values, people's or channels' ids, a date. */
      readonly value?: string | readonly string[] | null;
    }
  | {
      readonly do: 'modal-action';
      readonly actionId: string;
      readonly value?: string | readonly string[] | null;
    }
  /** Puts values into fields, by block id (or action id), and nothing else. */
  | {
      readonly do: 'modal-fill';
      readonly values: Readonly<Record<string, string | readonly string[] | null>>;
    }
  | {
      readonly do: 'modal-submit';
      readonly values: Readonly<Record<string, string | readonly string[] | null>>;
    }
  | { readonly do: 'modal-close' }
  | { readonly do: 'home-open' }
  | {
      readonly do: 'home-action';
      readonly actionId: string;
      readonly value?: string | readonly string[] | null;
    }
);

export type WorldAct =
  | { readonly do: 'clock'; readonly ms: number }
  | { readonly do: 'break' | 'mend'; readonly name: BreakName }
  | { readonly do: 'play' };

export type Answer =
  | { readonly ok: true; readonly said: string | null }
  /** One sentence for the person; `operation_timeout` and the like stand in Slack's own words. */
  | { readonly ok: false; readonly error: string };

import type { Block, View } from './block-kit.ts';

/** A row of JSON whose shape only Slack's documentation knows. */
export type Json = Record<string, unknown>;

export interface User {
  readonly id: string;
  /** Short name used by tests and the demo: `ana`. It is also the Slack handle. */
  readonly key: string;
  realName: string;
  displayName: string;
  title: string;
  email: string;
  tz: string;
  teamId: string;
  guest: 'no' | 'multi-channel' | 'single-channel';
  isBot: boolean;
  isWorkflowBot: boolean;
  /** Of another workspace, met in a shared channel. */
  isStranger: boolean;
  deactivated: boolean;
  /** Without an open Slack window: ephemeral messages to this person are lost. */
  offline: boolean;
}

export interface Channel {
  readonly id: string;
  name: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly members: Set<string>;
  readonly creator: string;
  readonly createdAt: Date;
  topic: string;
  purpose: string;
  archived: boolean;
  isGeneral: boolean;
  shared: boolean;
  readonly pins: Set<string>;
  readonly bookmarks: Json[];
}

export interface Message {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly botId: string | undefined;
  text: string;
  blocks: readonly Block[];
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  metadata: Json | undefined;
  editedTs: string | undefined;
  /** Set on an ephemeral: the one person who sees it. */
  readonly ephemeralTo: string | undefined;
  readonly files: readonly string[];
  readonly reactions: Map<string, Set<string>>;
}

/** `values[block_id][action_id]`, as in every payload that carries state. */
export type StateValues = Record<string, Record<string, Json>>;

export interface OpenView {
  readonly id: string;
  readonly userId: string;
  definition: View;
  hash: string;
  state: StateValues;
  /** What the bot (or the Slack client itself) said is wrong, by block_id. */
  errors: Record<string, string>;
  readonly rootId: string;
  readonly previousId: string | undefined;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  name: string;
  members: string[];
  disabled: boolean;
}

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  readonly altText: string | undefined;
  title: string;
  bytes: Buffer | undefined;
  channel: string | undefined;
}

export interface Trigger {
  readonly userId: string;
  /** Milliseconds of the machine's own clock: three seconds are three seconds however the sandbox moves time. */
  readonly issuedAtMs: number;
  readonly fromView: boolean;
  used: boolean;
}

export interface ResponseUrl {
  readonly userId: string;
  readonly channel: string;
  /** The message that was pressed; a slash command has none. */
  readonly originalTs: string | undefined;
  readonly issuedAt: Date;
  uses: number;
}

/** One line of the inspector. */
export type Traffic =
  | { kind: 'call'; at: Date; method: string; args: Json; answer: Json; tookMs: number }
  | { kind: 'respond'; at: Date; body: Json; answer: Json }
  | {
      kind: 'delivery';
      at: Date;
      type: EnvelopeType;
      via: 'socket' | 'http';
      attempt: number;
      payload: Json;
      receipt: Receipt | undefined;
    };

export type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';

export interface Envelope {
  readonly type: EnvelopeType;
  readonly payload: Json;
}

/** What came back for one delivered envelope. */
export type Receipt =
  | { readonly acked: true; readonly payload: unknown; readonly afterMs: number }
  | {
      readonly acked: false;
      readonly error: 'operation_timeout' | 'dispatch_failed';
      readonly detail: string;
    };

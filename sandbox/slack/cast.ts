/** Who and what a fresh workspace holds. Every part can be replaced by `startSlack` options. */

export interface PersonSeed {
  /** Short name and Slack handle; the user id is derived from it (`ana` is U0000000ANA). */
  readonly key: string;
  readonly realName: string;
  readonly displayName?: string;
  readonly title?: string;
  readonly email?: string;
  readonly tz?: string;
  readonly guest?: 'multi-channel' | 'single-channel';
  readonly bot?: boolean;
  readonly workflowBot?: boolean;
  /** Of another workspace: `team` is its id. */
  readonly stranger?: boolean;
  readonly team?: string;
  readonly deactivated?: boolean;
}

export interface ChannelSeed {
  readonly name: string;
  readonly private?: boolean;
  readonly archived?: boolean;
  /** Shared with another workspace (Slack Connect). */
  readonly shared?: boolean;
  /** Keys of people; `bot` is the app's own user. Left out: everyone but guests and workflow bots, and the app. */
  readonly members?: readonly string[];
}

export interface UserGroupSeed {
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
}

export const defaultPeople: readonly PersonSeed[] = [
  { key: 'ana', realName: 'Ana Duarte', title: 'On-call engineer', tz: 'Europe/Lisbon' },
  { key: 'ben', realName: 'Ben Okoye', title: 'Database lead', tz: 'Africa/Lagos' },
  { key: 'chloe', realName: 'Chloe Martin', title: 'Communications', tz: 'Europe/Paris' },
  { key: 'dan', realName: 'Dan Weber', title: 'Support', tz: 'Europe/Berlin' },
  { key: 'mina', realName: 'Mina Sato', title: 'CTO', tz: 'Asia/Tokyo' },
  { key: 'eli', realName: 'Eli Guest', title: 'Contractor', tz: 'America/New_York', guest: 'single-channel' },
  { key: 'flow', realName: 'Onboarding Flow', bot: true, workflowBot: true },
];

export const defaultChannels: readonly ChannelSeed[] = [
  { name: 'general' },
  { name: 'incidents', members: ['bot', 'ana', 'ben', 'chloe', 'dan', 'mina', 'eli'] },
];

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SLACK_METHODS } from '../src/clients/slack-methods.ts';

/** What may be subscribed to here, and the scope Slack asks for it (docs.slack.dev, event reference). */
const EVENT_SCOPES: Readonly<Record<string, readonly string[]>> = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  app_uninstalled: [],
  channel_archive: ['channels:read'],
  channel_rename: ['channels:read'],
  subteam_members_changed: ['usergroups:read'],
  tokens_revoked: [],
  user_change: ['users:read'],
};

/** As far as we use it, with Slack's own limits. */
const Manifest = z.object({
  display_information: z.object({
    name: z.string().max(35),
    description: z.string().max(140),
    long_description: z.string().min(174).max(4000),
  }),
  features: z.object({
    slash_commands: z
      .array(
        z.object({
          command: z.string().max(32),
          description: z.string().max(2000),
          usage_hint: z.string().max(1000),
          should_escape: z.literal(true),
        }),
      )
      .length(1),
  }),
  oauth_config: z.object({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
  settings: z.object({
    event_subscriptions: z.object({ bot_events: z.array(z.string()).max(100) }),
    interactivity: z.object({ is_enabled: z.literal(true) }),
    socket_mode_enabled: z.literal(true),
  }),
});

const manifest = Manifest.parse(parse(readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')));
const scopes = manifest.oauth_config.scopes.bot;
const events = manifest.settings.event_subscriptions.bot_events;

test('the bot asks for exactly the scopes of what it calls and hears', () => {
  const called = Object.values(SLACK_METHODS).flat();
  const heard = events.flatMap((event) => EVENT_SCOPES[event] ?? []);

  expect(scopes.toSorted()).toEqual([...new Set(['commands', ...called, ...heard])].toSorted());
});

test('every event is one whose scope is known', () => {
  expect(events.toSorted()).toEqual(Object.keys(EVENT_SCOPES));
});

test('there is one command, /dr, and people arrive in it by their ids', () => {
  expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(['/dr']);
});

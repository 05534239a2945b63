import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App, type Receiver } from '@slack/bolt';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SLACK_METHODS } from '../src/clients/slack-methods.ts';
import { startRouting } from '../src/slack/routes.ts';

/** The scope Slack asks for an event (docs.slack.dev, event reference). */
const EVENT_SCOPES: Readonly<Record<string, readonly string[]>> = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  channel_archive: ['channels:read'],
  channel_shared: ['channels:read'],
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
    app_home: z.object({ home_tab_enabled: z.boolean() }),
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

const root = fileURLToPath(new URL('..', import.meta.url));
const { features, oauth_config, settings } = Manifest.parse(
  parse(readFileSync(`${root}manifest.yml`, 'utf8')),
);
const subscribed = settings.event_subscriptions.bot_events;

/** Methods that some line of src/ calls, by the road it takes. */
function calledMethods(): readonly string[] {
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${root}src/${name}`, 'utf8'));
  const calls = sources.flatMap((source) => [
    ...source.matchAll(/\bcall\(\s*'(?:interactive|delivery|bulk)',\s*'([\w.]+)'/g),
  ]);
  return [...new Set(calls.map(([, method = '']) => method))].toSorted();
}

/** Types the edge registers with Bolt. */
function heardEvents(): readonly string[] {
  const heard: string[] = [];
  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const app = new App({ receiver, authorize: async () => ({}) });
  const listening = Object.assign(app, { event: (type: string) => void heard.push(type) });
  startRouting(listening, {} as Parameters<typeof startRouting>[1]);
  return heard.toSorted();
}

test('every Web API method that may be called is called, and no other', () => {
  expect(calledMethods()).toEqual(Object.keys(SLACK_METHODS).toSorted());
});

test('the bot is sent exactly the events it listens to', () => {
  expect(subscribed.toSorted()).toEqual(heardEvents());
});

test('the bot asks for exactly the scopes of what it calls and hears', () => {
  const called = Object.values(SLACK_METHODS).flat();
  const heard = subscribed.flatMap((event) => EVENT_SCOPES[event] ?? [`the scope of ${event}`]);

  expect(oauth_config.scopes.bot.toSorted()).toEqual([
    ...new Set(['commands', ...called, ...heard].toSorted()),
  ]);
});

test('there is a home tab only where something fills it', () => {
  expect(features.app_home.home_tab_enabled).toBe(subscribed.includes('app_home_opened'));
});

test('there is one command, /dr, and people arrive in it by their ids', () => {
  expect(features.slash_commands.map(({ command }) => command)).toEqual(['/dr']);
});

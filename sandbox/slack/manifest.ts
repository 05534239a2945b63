import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const Manifest = z.object({
  features: z.object({
    slash_commands: z.array(z.object({ command: z.string(), should_escape: z.boolean().default(false) })),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }) }),
});

const { features, oauth_config, settings } = Manifest.parse(
  parse(readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')),
);

/** What installing the app from manifest.yml grants: a scope that is missing there is missing here. */
export const defaultScopes: readonly string[] = oauth_config.scopes.bot;

/** The events the app is sent. */
export const defaultEvents: readonly string[] = settings.event_subscriptions.bot_events;

/** Whether people and channels arrive in a command by their ids. */
export const escapesCommands: boolean = features.slash_commands.every(({ should_escape }) => should_escape);

/** `/dr`: the commands that Slack knows. */
export const commandNames: readonly string[] = features.slash_commands.map(({ command }) => command);

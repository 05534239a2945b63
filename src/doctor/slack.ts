import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { App } from '../app.ts';
import { type Slack, slackError, tokenError } from '../clients/slack.ts';
import type { Config } from '../config.ts';
import { AppError, messageOf } from '../errors.ts';
import { channelFinder } from '../jobs/deliver-slack.ts';
import { approverChecks } from './approvers.ts';
import { bad, type Check, type Finding, ok, runChecks, skipped, warned } from './finding.ts';

/** Tokens and scopes; with a token that works, channels and the people who vote. */
export function slackChecks(app: App): readonly Check[] {
  const { slack } = app;
  if (slack === null) {
    const note =
      'It is off here (DR_SLACK_MODE), so tokens, scopes and accounts were not looked at. Type: DR_SLACK_MODE=socket dr doctor';
    return [{ what: 'Slack', look: async () => [skipped('Slack', note)] }, ...approverChecks(app, null)];
  }
  const channels = new Set(app.folder.plans.map(({ plan }) => plan.channels.incidents.replace(/^#/, '')));
  const look = async () => {
    const token = await runChecks([{ what: 'DR_SLACK_BOT_TOKEN', look: () => botToken(slack) }]);
    const works = token[0]?.ok === true;
    const rest = [
      ...(works ? [...channels].map((name) => channelCheck(slack, name)) : []),
      ...approverChecks(app, works ? slack : null),
    ];
    return [...token, otherSecret(app.config), ...(await runChecks(rest))];
  };
  return [{ what: 'Slack', limitMs: 40_000, look }];
}

/** Not tried out: a second socket would take the running bot's messages from it. */
function otherSecret({ DR_SLACK_MODE }: Config): Finding {
  return DR_SLACK_MODE === 'socket'
    ? skipped(
        'DR_SLACK_APP_TOKEN begins with xapp-',
        'Whether it opens a socket shows at /health of the running bot.',
      )
    : skipped('DR_SLACK_SIGNING_SECRET is set', 'Whether it is the right one shows at the first request.');
}

const AuthTest = z.object({
  team: z.string(),
  user: z.string(),
  response_metadata: z.object({ scopes: z.array(z.string()) }),
});
const Manifest = z.object({
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

async function botToken(slack: Slack): Promise<readonly Finding[]> {
  const answer = await slack.call('bulk', 'auth.test').catch((error: unknown) => {
    const word = slackError(error) ?? tokenError(error);
    if (word !== undefined) return word;
    const next = 'Check the network of this machine and https://slack-status.com.';
    throw new AppError('slack-unreachable', `${messageOf(error)} ${next}`, { cause: error });
  });
  if (typeof answer === 'string')
    return [
      bad(
        'DR_SLACK_BOT_TOKEN',
        `Slack refuses it (${answer}). Install the app with manifest.yml and copy its bot token from OAuth & Permissions.`,
      ),
    ];
  const { team, user, response_metadata } = AuthTest.parse(answer);
  return [ok(`Slack workspace ${team}, as @${user}`), await scopes(response_metadata.scopes)];
}

async function scopes(granted: readonly string[]): Promise<Finding> {
  const file = await readFile(new URL('../../manifest.yml', import.meta.url), 'utf8');
  const wanted = Manifest.parse(parse(file)).oauth_config.scopes.bot;
  const missing = wanted.filter((scope) => !granted.includes(scope));
  const surplus = granted.filter((scope) => !wanted.includes(scope));
  if (missing.length > 0)
    return bad('Slack scopes', `Missing: ${missing.join(', ')}. Reinstall the app with manifest.yml.`);
  const note = `More than manifest.yml asks for: ${surplus.join(', ')}. A stolen token could use them.`;
  const what = `${wanted.length} Slack scopes, as in manifest.yml`;
  return surplus.length === 0 ? ok(what) : warned(what, note);
}

const ChannelInfo = z.object({
  channel: z.object({ is_member: z.boolean().default(false), is_ext_shared: z.boolean().default(false) }),
});

function channelCheck(slack: Slack, name: string): Check {
  return { what: `#${name}`, look: () => incidentsChannel(slack, name) };
}

async function incidentsChannel(slack: Slack, name: string): Promise<readonly Finding[]> {
  const id = await channelFinder(slack)(name);
  const { channel } = ChannelInfo.parse(await slack.call('bulk', 'conversations.info', { channel: id }));
  if (!channel.is_member)
    return [bad(`#${name}`, `The bot is not in #${name} and cannot post. Type there: /invite @dr-bot`)];
  return channel.is_ext_shared
    ? [
        bad(
          `#${name}`,
          `#${name} is shared with another workspace, where no vote counts. Name another in channels.incidents.`,
        ),
      ]
    : [ok(`#${name}, and the bot is in it`)];
}

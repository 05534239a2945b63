import { type Logger, LogLevel, WebAPIPlatformError, WebClient } from '@slack/web-api';
import type { Slack } from '../../../sandbox/slack/index.ts';

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
};

/** Slack's own client, without its retries, so that a refusal is seen at once. */
export function clientOf(slack: Slack, token = slack.botToken): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: silent,
  });
}

/** The code Slack refused a call with, or `ok`. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return String((await refusalOf(call)).error ?? 'ok');
}

/** The whole body of a refusal; empty when the call went through. */
export async function refusalOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
    return {};
  } catch (error) {
    if (error instanceof WebAPIPlatformError) return { ...error.data };
    throw error;
  }
}

export const section = (text: string) => ({
  type: 'section' as const,
  text: { type: 'mrkdwn' as const, text },
});
export const button = (text: string, action_id: string, value = 'v') => ({
  type: 'button' as const,
  action_id,
  value,
  text: { type: 'plain_text' as const, text },
});
export const buttons = (...elements: ReturnType<typeof button>[]) => ({ type: 'actions' as const, elements });
export const plain = (text: string) => ({ type: 'plain_text' as const, text });
export const modal = (title: string, blocks: ReturnType<typeof section>[] = [section('hello')]) => ({
  type: 'modal' as const,
  title: plain(title),
  blocks,
});

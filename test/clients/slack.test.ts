import { afterEach, expect, test, vi } from 'vitest';
import { startSlack } from '../../sandbox/slack/index.ts';
import { createSlack } from '../../src/clients/slack.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('what the client warns of while Slack is away goes to our log and not to the console', async () => {
  const workspace = await startSlack();
  const logged: unknown[] = [];
  const printed = (['debug', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
  const slack = createSlack({
    token: workspace.botToken,
    apiUrl: workspace.apiUrl,
    log: (fields) => logged.push(fields),
  });
  workspace.faults.outage();

  const called = slack.call('interactive', 'auth.test');

  await expect(called).rejects.toMatchObject({ code: 'slack-unreachable', retry: 'later' });
  expect(logged).toContainEqual({ from: 'web-api interactive' });
  for (const level of printed) expect(level).not.toHaveBeenCalled();
  await workspace.stop();
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
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

test('a page that a proxy sends in place of Slack is no word of Slack', async () => {
  const proxy = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in to the network</html>'),
  );
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const slack = createSlack({ token: 'xoxb-1', apiUrl: `http://127.0.0.1:${port}/api/`, log: () => {} });

  const called = slack.call('interactive', 'auth.test');

  await expect(called).rejects.toMatchObject({ code: 'slack-unreachable', retry: 'later' });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Slack, startSlack } from '../../sandbox/slack/index.ts';
import { superviseSocket } from '../../src/slack/socket.ts';

/** Each fault has a workspace of its own, because half of them take their time: they are waited for side by side. */
describe.concurrent('a supervised socket', () => {
  const unhandled: unknown[] = [];
  const remember = (reason: unknown) => unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', remember));
  afterAll(() => {
    process.off('unhandledRejection', remember);
    expect(unhandled).toEqual([]);
  });

  test('that is half-open is noticed within ten seconds, and another one is opened', async () => {
    await withSocket(async ({ slack, socket, connected }) => {
      await connected();
      const frozen = performance.now();
      slack.sockets.freeze();
      await slack.waitFor(() => !socket.isConnected() || slack.sockets.answering() > 0, {
        timeoutMs: 20_000,
        what: 'the loss',
      });
      const noticed = performance.now() - frozen;
      await slack.waitFor(() => slack.sockets.answering() === 1, {
        timeoutMs: 5_000,
        what: 'another connection',
      });

      expect(noticed).toBeLessThan(10_000);
      expect(await slack.person('ana').command('#incidents', '/dr help')).toMatchObject({ acked: true });
    });
  });

  test.for(['upgrade', 'hello'] as const)(
    'that never gets as far as the %s is given up, and another one is opened',
    async (at) => {
      await withSocket(
        async ({ slack, socket, connected }) => {
          await slack.waitFor(() => socket.reason().includes('say hello'), {
            timeoutMs: 15_000,
            what: 'the end',
          });
          slack.sockets.silence(null);
          await connected();
        },
        (slack) => slack.sockets.silence(at),
      );
    },
  );

  test('that is stopped closes when what came in is acknowledged', async () => {
    await withSocket(
      async ({ slack, socket, connected }) => {
        await connected();
        const typed = slack.person('ana').command('#incidents', '/dr help');
        await sleep(100);

        await socket.stop();

        expect(await typed).toMatchObject({ acked: true });
        expect(await slack.person('ana').command('#incidents', '/dr help')).toMatchObject({ acked: false });
      },
      undefined,
      500,
    );
  });

  test('that is one too many is tried again until there is room', async () => {
    const others: WebSocket[] = [];
    await withSocket(
      async ({ slack, socket, connected }) => {
        await slack.waitFor(() => socket.reason() !== 'not connected yet', {
          timeoutMs: 5_000,
          what: 'the refusal',
        });
        expect(socket.isConnected()).toBe(false);
        expect(socket.reason()).not.toBe('');

        for (const other of others) other.terminate();
        await connected();
      },
      async (slack) => {
        for (let count = 0; count < 10; count++) {
          const other = new WebSocket(slack.sockets.newUrl(slack.url));
          other.on('error', () => {});
          others.push(other);
        }
        await slack.waitFor(() => slack.sockets.count() === 10, { what: 'the other connections' });
      },
    );
  });

  test.for(['invalid_auth', 'token_revoked', 'internal_error'])(
    'that is refused with %s says so, and comes back when it is taken again',
    async (error) => {
      let mend = () => {};
      await withSocket(
        async ({ slack, socket, connected }) => {
          await slack.waitFor(() => socket.reason().includes(error), {
            timeoutMs: 5_000,
            what: 'the reason',
          });
          mend();
          await connected();
          expect(socket.reason()).toBe('');
        },
        (slack) => {
          mend = slack.faults.inject({ kind: 'error', method: 'apps.connections.open', error });
        },
      );
    },
  );
});

interface Room {
  readonly slack: Slack;
  readonly socket: ReturnType<typeof superviseSocket>;
  readonly connected: () => Promise<unknown>;
}

async function withSocket(
  work: (room: Room) => Promise<void>,
  before: (slack: Slack) => unknown = () => {},
  ackAfterMs = 0,
): Promise<void> {
  const slack = await startSlack();
  await before(slack);
  const socket = superviseSocket({ appToken: slack.appToken, apiUrl: slack.apiUrl, log: () => {} });
  socket.receiver.client.on('slack_event', async ({ ack }: { ack: () => Promise<void> }) => {
    await sleep(ackAfterMs);
    await ack();
  });
  const running = socket.run();
  try {
    await work({
      slack,
      socket,
      connected: () =>
        slack.waitFor(() => socket.isConnected(), { timeoutMs: 15_000, what: 'the connection' }),
    });
  } finally {
    await socket.stop();
    await slack.stop();
    await running;
  }
}

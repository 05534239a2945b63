import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backup } from '../../src/domain/plan-backup.ts';
import { perMinute, remembered, signalledBackups } from '../../src/http/signals.ts';

const connections = {
  secrets: {
    'daily-token': 'env:DAILY_TOKEN',
    'lost-token': 'file:/nowhere',
    'short-token': 'env:SHORT_TOKEN',
  },
  sns: { notices: { topicArn: 'arn:aws:sns:us-east-1:1:notices', region: 'us-east-1' } },
};
const backup = (id: string, heartbeat?: Backup['heartbeat']): Backup => ({
  ...{ id, component: 'postgres', kind: 'logical', timeZone: 'UTC', minBytes: 1024, contents: [] },
  ...{ locations: [], protection: {}, alerts: { size: { warning: 0.2, critical: 0.5 }, duration: 1.5 } },
  heartbeat,
});
const resolve = (ref: string) => {
  if (ref === 'env:DAILY_TOKEN') return 'the secret of pg-daily';
  if (ref === 'env:SHORT_TOKEN') return 'letmein';
  throw new Error(`The secret ${ref} cannot be read.`);
};

test('backups of which a plan names a token or a topic may signal, and the others may not', () => {
  const logged: string[] = [];
  const sns = { connection: 'notices', success: 'Success', failure: 'FAILED' };

  const signalled = signalledBackups(
    [
      {
        system: 'janua',
        backups: [
          backup('pg-daily', { token: 'daily-token', sns }),
          backup('pg-wal'),
          backup('es-daily', { sns: { ...sns, connection: 'unknown' } }),
        ],
      },
    ],
    connections,
    { resolve, log: (_, message) => logged.push(message) },
  );

  expect(signalled).toMatchObject([
    {
      system: 'janua',
      backup: 'pg-daily',
      token: 'the secret of pg-daily',
      sns: { topicArn: 'arn:aws:sns:us-east-1:1:notices', success: 'Success', failure: 'FAILED' },
    },
    { backup: 'es-daily', token: null, sns: null },
  ]);
  expect(logged).toEqual([]);
});

test.each([
  ['lost-token', 'a heartbeat token cannot be read'],
  ['short-token', 'a heartbeat token is too short'],
  ['no-token', 'a heartbeat token is not among the secrets of connections.yml'],
])('without its token %s a backup takes no heartbeats, and that is logged', (token, message) => {
  const logged: string[] = [];

  const signalled = signalledBackups(
    [{ system: 'janua', backups: [backup('pg-daily', { token })] }],
    connections,
    {
      resolve,
      log: (_, said) => logged.push(said),
    },
  );

  expect(signalled).toEqual([{ system: 'janua', backup: 'pg-daily', token: null, sns: null }]);
  expect(logged).toEqual([message]);
});

describe('as time passes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('what was asked is asked again after ten seconds, and at once after a failure', async () => {
    let asked = 0;
    const ask = remembered(async () => {
      asked += 1;
      if (asked === 2) throw new Error('away');
      return asked;
    });

    const first = await Promise.all([ask(), ask()]);
    vi.advanceTimersByTime(9_999);
    const kept = await ask();
    vi.advanceTimersByTime(1);
    const failed = await ask().catch(() => 'away');
    const again = await ask();

    expect([first, kept, failed, again]).toEqual([[1, 1], 1, 'away', 3]);
  });

  test('who has had a minute’s share waits for the next minute', () => {
    const tooMany = perMinute(2);
    const waits = [tooMany('a'), tooMany('a'), tooMany('a')];
    vi.advanceTimersByTime(59_500);
    waits.push(tooMany('a'), tooMany('b'));
    vi.advanceTimersByTime(500);
    waits.push(tooMany('a'));

    expect(waits).toEqual([0, 0, 60, 1, 0, 0]);
  });
});

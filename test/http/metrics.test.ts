import { expect, test } from 'vitest';
import type { Tallies } from '../../src/domain/views.ts';
import { createMetrics, type Health } from '../../src/http/metrics.ts';

const WELL: Health = {
  ok: true,
  database: 'ok',
  slack: { mode: 'socket', connected: true, reason: '' },
  stuck: [],
};

/** The lines of the page that are the bot's own. */
async function pages(...moments: readonly { health?: Partial<Health>; tallies?: Tallies }[]) {
  let now = moments[0] ?? {};
  const metrics = createMetrics({
    health: async () => ({ ...WELL, ...now.health }),
    tallies: async () => {
      if (now.tallies === undefined) throw new Error('the database is away');
      return now.tallies;
    },
  });
  const read: string[][] = [];
  for (const moment of moments) {
    now = moment;
    const page = await metrics.page();
    read.push(page.split('\n').filter((line) => line.startsWith('drbot_')));
  }
  return read;
}

const BUSY: Tallies = {
  counts: [
    { what: 'incidents', system: 'janua', severity: null, count: 2 },
    { what: 'runs', system: 'janua', severity: null, count: 1 },
    { what: 'approvals', system: 'janua', severity: null, count: 1 },
    { what: 'alerts', system: 'veza', severity: 'critical', count: 3 },
  ],
  watched: [{ system: 'janua', seconds: 42 }],
};

test('the page says what is going on, by system', async () => {
  const [page] = await pages({ tallies: BUSY });

  expect(page).toEqual([
    'drbot_database_up 1',
    'drbot_slack_connected 1',
    'drbot_stuck 0',
    'drbot_open_incidents{system="janua"} 2',
    'drbot_active_runs{system="janua"} 1',
    'drbot_open_approvals{system="janua"} 1',
    'drbot_open_alerts{system="veza",severity="critical"} 3',
    'drbot_watch_age_seconds{system="janua"} 42',
  ]);
});

test('what is over is gone from the next page', async () => {
  const [, page] = await pages({ tallies: BUSY }, { tallies: { counts: [], watched: [] } });

  expect(page).toEqual(['drbot_database_up 1', 'drbot_slack_connected 1', 'drbot_stuck 0']);
});

test('a database that goes away in the middle is away, and the page is still there', async () => {
  const [, page] = await pages({ tallies: BUSY }, {});

  expect(page).toEqual(['drbot_database_up 0', 'drbot_slack_connected 1', 'drbot_stuck 0']);
});

test('without its database the bot still has a page, and tells nothing that is old', async () => {
  const [, page] = await pages(
    { tallies: BUSY },
    {
      health: {
        ok: false,
        database: 'does not answer',
        slack: { mode: 'socket', connected: false, reason: 'away' },
        stuck: ['deliver INC-2026-001: channel_not_found'],
      },
    },
  );

  expect(page).toEqual(['drbot_database_up 0', 'drbot_slack_connected 0', 'drbot_stuck 1']);
});

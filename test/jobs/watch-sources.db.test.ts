import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { JobRun } from '../../src/domain/inventory.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { createInspector } from '../../src/jobs/inspector.ts';
import type { WatchDeps } from '../../src/jobs/watch.ts';
import { smallPlan } from '../helpers/bot.ts';
import { startSlackBot } from '../helpers/slack-bot.ts';
import { watch, watchedBackup } from '../helpers/watched.ts';
import { page, startPretendStore } from '../inventory/pretend-store.ts';
import { clientsOf } from '../inventory/setup.ts';

const HOUR = 3_600_000;
const CRON_JOB = { kind: 'cronJob', cluster: 'demo', namespace: 'demo', name: 'dump' } as const;
const DONE: JobRun = {
  id: '1',
  from: 'heartbeat',
  state: 'done',
  startedAt: new Date(Date.now() - HOUR),
  endedAt: new Date(Date.now() - HOUR),
  bytes: null,
  reason: null,
};

/** Rounds over one daily backup, until the test is over. */
async function watched(plan: { backup?: object; drRegion?: object }, given: Partial<WatchDeps>) {
  const bot = await startSlackBot({
    plan: smallPlan({
      backups: [{ ...watchedBackup, ...plan.backup }],
      watch: { timeout: '2s' },
      ...(plan.drRegion && { drRegion: plan.drRegion }),
    }),
  });
  onTestFinished(() => bot.stop());
  const { round } = await watch(bot, given);
  return {
    round,
    /** `R4 bucket ok: S3 bucket "backups" answers`, of the backup or, under no name, of the system. */
    async told(backup: string, rule: Verdict['rule']) {
      const { rows } = await bot.db.query<Pick<Verdict, 'object' | 'health' | 'text'>>(
        `select v->>'object' as object, v->>'health' as health, v->>'text' as text
           from watch_state, jsonb_array_elements(body->'verdicts') v where backup = $1 and v->>'rule' = $2`,
        [backup, rule],
      );
      return rows.map(({ object, health, text }) => `${object} ${health}: ${text}`);
    },
  };
}

/** Takes requests and never answers one. */
async function startSilence(): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A store with a backup of an hour ago, and everything else behind a host that never answers. */
async function startSources() {
  const silence = await startSilence();
  const store = await startPretendStore();
  const workDir = await mkdtemp(join(tmpdir(), 'dr-sources-'));
  const stopping = new AbortController();
  onTestFinished(async () => {
    stopping.abort();
    await store.stop();
    await rm(workDir, { recursive: true });
  });
  const at = new Date(Date.now() - HOUR).toISOString();
  const key = `daily/${at.slice(0, 19).replace(/[-:]/g, '').replace('T', '_')}.dump`;
  store.answers(({ operation }) => {
    if (operation === 'list') return page([{ key, at, bytes: 38_100_000 }]);
    return operation === 'GET' ? 'silence' : undefined;
  });
  const kubeconfig = join(workDir, 'kubeconfig.yml');
  const named = { name: 'demo' };
  await writeFile(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ ...named, cluster: { server: `http://${silence}`, 'insecure-skip-tls-verify': true } }],
      users: [{ ...named, user: { token: 'secret' } }],
      contexts: [{ ...named, context: { cluster: 'demo', user: 'demo' } }],
    }),
  );
  const keys = { accessKeyId: 'env:TEST_S3_KEY', secretAccessKey: 'env:TEST_S3_SECRET' };
  const clients = clientsOf({
    s3: { backups: { bucket: 'backups', region: 'eu-west-1', endpoint: store.endpoint, ...keys } },
    kubernetes: { demo: { kubeconfig: `file:${kubeconfig}`, context: 'demo', uid: 'any' } },
    http: { allow: [silence] },
  });
  return { silence, inspector: createInspector({ clients, workDir, shutdown: stopping.signal }) };
}

test('a source that hangs is told by its own name, and what the others said is judged', async () => {
  const { silence, inspector } = await startSources();
  const drRegion = { name: 'us', failureDomain: 'us', health: `http://${silence}/health` };
  const backup = { producer: CRON_JOB, heartbeat: { token: 'beat' } };
  const { round, told } = await watched({ backup, drRegion }, { inspector, heartbeats: async () => [DONE] });

  await round();

  expect(await told('app-daily', 'R4')).toEqual([
    'jobs unknown: not known: Kubernetes "demo" did not answer in time',
    'bucket ok: S3 bucket "backups" answers',
  ]);
  expect(await told('app-daily', 'R2')).toEqual([expect.stringMatching(/^\S+ ok: /)]);
  expect(await told('app-daily', 'R5')).toEqual([expect.stringMatching(/^job unknown: /)]);
  expect(await told('', 'R4')).toEqual([
    'region unknown: not known: recovery region us did not answer in time',
  ]);
});

test('of a check that hangs as a whole nothing is told that only a part of its sources said', async () => {
  const hangs = () => new Promise<never>(() => {});
  const { round, told } = await watched(
    {
      backup: { producer: CRON_JOB, heartbeat: { token: 'beat' } },
      drRegion: { name: 'us', failureDomain: 'us' },
    },
    { inspector: { backup: hangs, system: hangs }, heartbeats: async () => [DONE] },
  );

  await round();

  expect(await told('app-daily', 'R4')).toEqual([expect.stringMatching(/^bucket unknown: /)]);
  expect(await told('app-daily', 'R5')).toEqual([]);
  expect(await told('', 'R4')).toEqual([expect.stringMatching(/^region unknown: /)]);
});

test('a heartbeat that never comes is missed, also where nobody else tells of the runs', async () => {
  const { round, told } = await watched({ backup: { heartbeat: { token: 'beat', every: '2h' } } }, {});

  await round();
  const before = await told('app-daily', 'R4');
  await round(3 * HOUR);

  expect(before).toContainEqual(expect.stringMatching(/^heartbeat ok: No heartbeat yet/));
  expect(await told('app-daily', 'R4')).toContainEqual(
    expect.stringMatching(/^heartbeat unknown: not known: no heartbeat since .* 3 h/),
  );
});

test('a check that meets a bug is not known, is told, and ends no round', async () => {
  const bugs: unknown[] = ['a look', { at: new Date(), listing: { state: 'seen', value: null } }];
  const inspector: WatchDeps['inspector'] = {
    backup: async () => {
      const [bug] = bugs;
      if (typeof bug === 'string') throw new TypeError('undefined is not a function');
      return bug as never;
    },
    system: async () => ({}),
  };
  const { round, told } = await watched({}, { inspector });

  await round();
  const thrown = await told('app-daily', 'R4');
  bugs.shift();
  await round();

  expect(thrown).toEqual([expect.stringMatching(/^bucket unknown: not known: /)]);
  expect(await told('app-daily', 'R4')).toEqual([expect.stringMatching(/^bucket unknown: not known: /)]);
});

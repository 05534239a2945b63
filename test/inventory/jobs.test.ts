import { beforeEach, expect, test } from 'vitest';
import { inspectBackup } from '../../src/inventory/inspect.ts';
import { type Janua, startJanua } from '../actions/k8s-setup.ts';
import { backupOf, depsOf, look, seenIn } from './setup.ts';

const NAMESPACE = 'janua';
const PRODUCER = { kind: 'cronJob', cluster: 'janua', namespace: NAMESPACE, name: 'postgres-backup' };
const backup = backupOf({ producer: PRODUCER, locations: [{ source: 'manual', ref: 'elsewhere' }] });
const at = (time: string) => new Date(`2026-11-21T${time}Z`);

let janua: Janua;
beforeEach(async () => {
  janua = await startJanua();
});

function makeCronJob({ suspend = false, name = 'postgres-backup' } = {}): void {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'dump', image: 'dump:1' }] } };
  janua.control.create('cronjobs', {
    metadata: { name, namespace: NAMESPACE },
    spec: { schedule: '0 2 * * *', suspend, jobTemplate: { spec: { backoffLimit: 0, template } } },
  });
}

const inspect = () => inspectBackup(depsOf(janua.clients), { backup }, look());
const jobs = async () => (await inspect()).jobs;

test('the runs of a CronJob are told newest first, with why they failed', async () => {
  makeCronJob();
  makeCronJob({ name: 'another' });
  const add = (name: string, run: Parameters<typeof janua.control.addJobRun>[2]) =>
    janua.control.addJobRun(NAMESPACE, name, run);
  add('postgres-backup', { startedAt: at('00:00:00'), endedAt: at('00:04:00') });
  add('postgres-backup', { startedAt: at('02:00:00') });
  add('postgres-backup', {
    startedAt: at('01:00:00'),
    endedAt: at('01:09:00'),
    failed: 'BackoffLimitExceeded',
  });
  add('another', { startedAt: at('01:30:00') });

  const runs = seenIn(await jobs());

  const told = { from: 'cronJob', bytes: null };
  expect(runs).toEqual([
    {
      ...told,
      id: expect.any(String),
      state: 'running',
      startedAt: at('02:00:00'),
      endedAt: null,
      reason: null,
    },
    {
      ...told,
      id: expect.stringMatching(/^postgres-backup-\d+$/),
      state: 'failed',
      startedAt: at('01:00:00'),
      endedAt: at('01:09:00'),
      reason: 'BackoffLimitExceeded: Job has reached the specified backoff limit',
    },
    {
      ...told,
      id: expect.any(String),
      state: 'done',
      startedAt: at('00:00:00'),
      endedAt: at('00:04:00'),
      reason: null,
    },
  ]);
});

test('a suspended CronJob is told as a failed run after its last one', async () => {
  makeCronJob({ suspend: true });
  janua.control.addJobRun(NAMESPACE, 'postgres-backup', {
    startedAt: at('00:00:00'),
    endedAt: at('00:04:00'),
  });

  const [newest, before] = seenIn(await jobs());

  expect(newest).toMatchObject({
    id: 'suspended',
    state: 'failed',
    startedAt: at('00:04:00'),
    reason: 'the CronJob postgres-backup is suspended and makes no backups',
  });
  expect(before).toMatchObject({ state: 'done' });
});

test('a CronJob that is gone, a right that is missing and a cluster that is down are told apart', async () => {
  const gone = await jobs();
  makeCronJob();
  janua.control.setRules('system:serviceaccount:dr-bot:dr-bot', [
    { verbs: ['get'], apiGroups: [''], resources: ['namespaces'] },
  ]);
  const denied = await jobs();
  await janua.control.down();
  const away = await jobs();
  await janua.control.up();

  expect(gone).toEqual({
    state: 'unreadable',
    cause: 'gone',
    reason: 'Cluster janua has no CronJob postgres-backup in janua',
  });
  expect(denied).toEqual({
    state: 'unreadable',
    cause: 'denied',
    reason: 'Cluster janua refuses access (HTTP 403)',
  });
  expect(away).toMatchObject({ state: 'unreadable', cause: 'unreachable' });
});

test('a backup that nobody is known to make has no runs, and one place without a reader says so', async () => {
  const { jobs: _jobs, ...unmade } = await inspectBackup(
    depsOf(janua.clients),
    { backup: { ...backup, producer: undefined } },
    look(),
  );

  expect(_jobs).toBeUndefined();
  expect(unmade.listing).toEqual({
    state: 'unreadable',
    cause: 'no-source',
    reason: 'no source yet: work by hand (elsewhere)',
  });
});

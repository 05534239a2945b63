import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kubernetes } from '../../../sandbox/kubernetes/kubernetes.ts';
import { connect, startJanua } from './helpers.ts';

const namespace = 'janua';
let kube: Kubernetes;
beforeEach(async () => {
  kube = await startJanua();
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'dump', image: 'dump:1' }] } };
  kube.control.create('cronjobs', {
    metadata: { name: 'backup', namespace },
    spec: { schedule: '0 2 * * *', jobTemplate: { spec: { template } } },
  });
});
afterEach(() => kube.stop());

test('a run of a CronJob is there as it is told, and nothing runs for it', async () => {
  const startedAt = new Date('2026-11-21T02:00:00Z');
  const endedAt = new Date('2026-11-21T02:07:00Z');
  const { batch } = connect(kube.kubeconfig);

  const { metadata } = kube.control.addJobRun(namespace, 'backup', { startedAt });
  kube.control.addJobRun(namespace, 'backup', {
    startedAt: new Date('2026-11-20T02:00:00Z'),
    endedAt,
    failed: 'DeadlineExceeded',
  });
  await sleep(400);

  const cronJob = await batch.readNamespacedCronJob({ namespace, name: 'backup' });
  const { items } = await batch.listNamespacedJob({ namespace });
  const running = items.find((job) => job.metadata?.name === metadata.name);
  const failed = items.find((job) => job !== running);
  expect(running?.metadata?.ownerReferences?.[0]).toMatchObject({
    kind: 'CronJob',
    uid: cronJob.metadata?.uid,
  });
  expect(running?.status).toMatchObject({ startTime: startedAt, active: 1 });
  expect(failed?.status?.conditions).toMatchObject([
    { type: 'Failed', status: 'True', lastTransitionTime: endedAt },
  ]);
  expect(
    kube.control.list('pods', namespace).filter(({ metadata: { name } }) => name.startsWith('backup')),
  ).toEqual([]);
});

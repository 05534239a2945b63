import { randomBytes } from 'node:crypto';
import { startAws } from '../aws.ts';
import type { SandboxFolder } from '../folder.ts';
import { type KubernetesOptions, startKubernetes } from '../kubernetes/kubernetes.ts';
import { imageOf, releaseBad, rolledOut } from '../kubernetes/release.ts';
import type { Parts } from '../parts.ts';
import { startPostgres } from '../postgres.ts';
import { startProber } from '../prober.ts';
import type { Programs } from '../programs.ts';
import { startRedis } from '../redis.ts';
import { startApp } from './app.ts';
import { archiving } from './archiver.ts';
import { createDamage } from './damage.ts';
import { createJanua } from './janua.ts';
import { startNights } from './nights.ts';
import { backupKey, copyBucket, releases, type Share } from './numbers.ts';
import { startRegion } from './region.ts';
import { startWorker } from './worker.ts';

export type JanuaPlatform = Awaited<ReturnType<typeof startJanua>>;

export type JanuaOptions = {
  folder: SandboxFolder;
  programs: Programs;
  parts: Parts;
  now: Date;
  kubernetes?: KubernetesOptions;
  /** The backups are as the plan asks and are made on as time passes, so that a watch finds nothing. */
  watched?: boolean;
  /** Of all rows; the whole unless told. */
  share?: Share;
  signal?: AbortSignal;
};

const repository = 'janua/api';

/** Janua: its database with backups in a bucket, its Redis, and the cluster that janua-api and janua-worker live in. */
export async function startJanua(all: JanuaOptions) {
  const { folder, programs, parts, now, kubernetes: options, watched = false, share = 1, signal } = all;
  const [data, redis, kubernetes] = await Promise.all([
    parts.watch(startData()),
    parts.begin('Redis', startRedis({ folder, programs })),
    parts.begin('Kubernetes', startKubernetes(options ?? {})),
  ]);
  const { cluster, aws, janua, app, worker, dumping } = data;
  const damage = {
    ...data.damage,
    /** Pods of the former release serve on, as far as a rolling update may not take them away. */
    releaseBad: (version = '2.5.0') =>
      releaseBad(kubernetes, { namespace: 'janua', deployment: 'janua-api', repository, version }),
  };

  seedKubernetes();
  const follow = (name: string, change: Promise<void>) =>
    void change.catch((error: unknown) => parts.log(`${name} cannot follow its pods: ${error}`));
  parts.atEnd(
    kubernetes.control.onPods('janua', 'janua-api', (ready) => follow('janua-api', app.setReady(ready))),
    // A pod that is shutting down still holds its session: only when it is gone is the database free of it.
    kubernetes.control.onPods('janua', 'janua-worker', (_, pods) =>
      follow('janua-worker', worker.setReady(pods.length)),
    ),
  );
  const [nights, region] = watched
    ? await Promise.all([
        parts.begin('the nightly job', startNights({ ...dumping, janua, redis, kubernetes })),
        parts.begin('the other region', startRegion()),
      ])
    : [];
  const prober = startProber({ url: `${app.url}/health` });
  parts.atEnd(prober.stop);
  return { cluster, janua, app, worker, damage, prober, redis, aws, kubernetes, nights, region };

  function seedKubernetes() {
    kubernetes.control.seed({
      namespace: 'janua',
      deployments: [
        {
          name: 'janua-api',
          replicas: 4,
          ...rolledOut(repository, releases, now),
          hpa: { minReplicas: 3, maxReplicas: 10 },
        },
        { name: 'janua-worker', replicas: 2, image: imageOf('janua/worker', '2.4.0') },
      ],
      secrets: {
        'janua-secrets': {
          DATABASE_URL: janua.url('janua_app'),
          FIELD_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        },
      },
    });
  }

  async function startData() {
    // What the bot must refuse to swap under, it must be possible to have: prepared transactions and logical slots.
    const settings = {
      max_prepared_transactions: '10',
      wal_level: 'logical',
      ...(watched && archiving),
    };
    const [cluster, aws] = await Promise.all([
      parts.begin('Janua’s PostgreSQL', startPostgres({ folder, programs, name: 'janua', settings })),
      parts.begin('S3 and SNS', startAws(watched ? { copies: [copyBucket], guard: { key: backupKey } } : {})),
    ]);
    const dumping = { cluster, aws, folder, programs, now, watched, share };
    const janua = await createJanua(dumping, signal);
    parts.log('Janua’s data and backups are there');
    const [app, worker] = await Promise.all([
      parts.begin('janua-api', startApp({ databaseUrl: janua.url('janua_app') })),
      parts.begin('janua-worker', startWorker({ databaseUrl: janua.url('janua_worker') })),
    ]);
    return { cluster, aws, janua, damage: createDamage(dumping, janua), dumping, app, worker };
  }
}

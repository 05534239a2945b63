import type { SandboxAws } from '../aws.ts';
import type { PlatformConfig } from '../bot-config.ts';
import type { SandboxFolder } from '../folder.ts';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { SandboxRedis } from '../redis.ts';
import type { JanuaApp } from './app.ts';
import type { Janua } from './janua.ts';
import type { Nights } from './nights.ts';
import { copyBucket, password } from './numbers.ts';
import { REGION_URL, type Region } from './region.ts';

/** What the bot must be told about Janua. */
export async function januaConfig(platform: {
  folder: SandboxFolder;
  janua: Pick<Janua, 'url'>;
  app: Pick<JanuaApp, 'port' | 'url'>;
  redis: Pick<SandboxRedis, 'url'>;
  aws: SandboxAws;
  kubernetes: Pick<Kubernetes, 'kubeconfig' | 'clusterUid'>;
  nights?: Pick<Nights, 'redisUrl'> | undefined;
  region?: Pick<Region, 'host'> | undefined;
}) {
  const { folder, janua, app, redis, aws, kubernetes, nights, region } = platform;
  const hosts = [`127.0.0.1:${app.port}`, ...(region ? [region.host] : [])];
  const account = {
    region: aws.region,
    endpoint: aws.endpoint,
    accessKeyId: 'env:JANUA_S3_KEY',
    secretAccessKey: 'env:JANUA_S3_SECRET',
  };
  return {
    connections: {
      postgres: {
        'janua-primary': {
          url: 'env:JANUA_PG_URL',
          roleUrls: { janua_app: 'env:JANUA_APP_PG_URL', janua_worker: 'env:JANUA_WORKER_PG_URL' },
        },
      },
      kubernetes: {
        janua: { kubeconfig: 'env:JANUA_KUBECONFIG', context: 'janua', uid: kubernetes.clusterUid },
      },
      s3: {
        'janua-backups': { bucket: aws.bucket, ...account },
        // There is one region here: where backups are not copied, there is no such bucket.
        'janua-backups-west': { bucket: copyBucket, ...account },
      },
      sns: { 'janua-dr': { topicArn: aws.topicArn, ...account } },
      redis: { 'janua-sessions': { url: 'env:JANUA_REDIS_URL' } },
      secrets: { 'janua-test-account': 'env:JANUA_TEST_ACCOUNT' },
      vars: { 'janua-url': app.url },
    },
    http: { allow: hosts, post: [`127.0.0.1:${app.port}/login`] },
    ...(region && { addresses: { [REGION_URL]: `http://${region.host}` } }),
    env: {
      JANUA_PG_URL: janua.url('dr_restore'),
      JANUA_APP_PG_URL: janua.url('janua_app'),
      JANUA_WORKER_PG_URL: janua.url('janua_worker'),
      JANUA_KUBECONFIG: await writeKubeconfig(folder.path, 'janua', kubernetes.kubeconfig),
      JANUA_S3_KEY: aws.credentials.accessKeyId,
      JANUA_S3_SECRET: aws.credentials.secretAccessKey,
      JANUA_REDIS_URL: nights?.redisUrl ?? redis.url,
      JANUA_TEST_ACCOUNT: password,
    },
  } satisfies PlatformConfig;
}

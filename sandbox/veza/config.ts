import { randomBytes } from 'node:crypto';
import type { PlatformConfig } from '../bot-config.ts';
import type { SandboxFolder } from '../folder.ts';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { Veza } from './veza.ts';

/** What the bot must be told about Veza. */
export async function vezaConfig(folder: SandboxFolder, veza: Veza) {
  const { primary, standby, url, app, kubernetes, aws } = veza;
  return {
    connections: {
      postgres: {
        'veza-db-1': { url: 'env:VEZA_DB_1_URL', roleUrls: { veza_user: 'env:VEZA_USER_DB_1_URL' } },
        'veza-db-2': { url: 'env:VEZA_DB_2_URL', roleUrls: { veza_user: 'env:VEZA_USER_DB_2_URL' } },
      },
      kubernetes: {
        veza: { kubeconfig: 'env:VEZA_KUBECONFIG', context: 'veza', uid: kubernetes.clusterUid },
      },
      s3: {
        'veza-backups': {
          bucket: aws.bucket,
          region: aws.region,
          endpoint: aws.endpoint,
          accessKeyId: 'env:VEZA_S3_KEY',
          secretAccessKey: 'env:VEZA_S3_SECRET',
        },
      },
      secrets: {
        'veza-database-url-db-2': 'env:VEZA_USER_DB_2_URL',
        'veza-backup': 'env:VEZA_BACKUP_TOKEN',
      },
      vars: { 'veza-url': app.url },
    },
    http: { allow: [`127.0.0.1:${app.port}`], post: [`127.0.0.1:${app.port}/messages`] },
    env: {
      VEZA_DB_1_URL: url(primary, 'dr_failover'),
      VEZA_DB_2_URL: url(standby, 'dr_failover'),
      VEZA_USER_DB_1_URL: url(primary, 'veza_user'),
      VEZA_USER_DB_2_URL: url(standby, 'veza_user'),
      VEZA_S3_KEY: aws.credentials.accessKeyId,
      VEZA_S3_SECRET: aws.credentials.secretAccessKey,
      VEZA_BACKUP_TOKEN: randomBytes(24).toString('hex'),
      VEZA_KUBECONFIG: await writeKubeconfig(folder.path, 'veza', kubernetes.kubeconfig),
    },
  } satisfies PlatformConfig;
}

import { randomBytes } from 'node:crypto';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { imageOf, rolledOut } from '../kubernetes/release.ts';
import { releases } from './numbers.ts';

export const namespace = 'veza-production';
export const primarySet = 'veza-db-1';
export const backend = 'veza-backend-api';
export const chatServer = 'veza-chat-server';
export const repository = 'veza/backend-api';

export const secretName = 'veza-secrets';
export const secretKey = 'database-url';

/**
 * Veza in its cluster: the database server, the backend API with its former releases, the chat server, and the secret both read.
 * Two releases of the API cannot run side by side (Recreate), so that a bad one takes the service down.
 */
export function seedVeza({ control }: Pick<Kubernetes, 'control'>, databaseUrl: string, now: Date): void {
  const secretEnv = { DATABASE_URL: { name: secretName, key: secretKey } };
  control.seed({
    namespace,
    statefulsets: [{ name: primarySet, replicas: 1, image: 'postgres:15' }],
    deployments: [
      {
        name: backend,
        replicas: 3,
        ...rolledOut(repository, releases, now),
        secretEnv,
        strategy: { type: 'Recreate' },
        progressDeadlineSeconds: 10,
        hpa: { minReplicas: 3, maxReplicas: 10 },
      },
      { name: chatServer, replicas: 2, image: imageOf('veza/chat-server', '2.7.0'), secretEnv },
    ],
    secrets: {
      [secretName]: { [secretKey]: databaseUrl, 'session-key': randomBytes(32).toString('base64') },
    },
    patchedSecrets: [secretName],
  });
}

/** What the secret holds now, as a container that starts now finds it in its environment. */
export function databaseUrlIn({ control }: Pick<Kubernetes, 'control'>): string {
  const data = control.get('secrets', namespace, secretName)?.data;
  const value: unknown = data instanceof Object ? Reflect.get(data, secretKey) : undefined;
  if (typeof value !== 'string') throw new Error(`The secret ${secretName} has no key ${secretKey}.`);
  return Buffer.from(value, 'base64').toString('utf8');
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A kubeconfig for one user. `insecure-skip-tls-verify` because the client refuses plain HTTP without it. */
export function kubeconfigText(given: { url: string; context: string; user: string; token: string }): string {
  const { url, context, user, token } = given;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user } }],
    'current-context': context,
  });
}

/** Puts a kubeconfig into a file that only its owner may read, and returns the path. */
export async function writeKubeconfig(folder: string, name: string, kubeconfig: string): Promise<string> {
  const path = join(folder, `kubeconfig-${name}`);
  await writeFile(path, kubeconfig, { mode: 0o600 });
  return path;
}

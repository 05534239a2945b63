import { createHash } from 'node:crypto';
import type { Kubernetes } from './kubernetes.ts';

export type Release = { readonly version: string; readonly agoMs: number };

/** An image named by its digest, as a registry would give it. */
export function imageOf(repository: string, version: string): string {
  const digest = createHash('sha256').update(`${repository} ${version}`).digest('hex');
  return `${repository}:${version}@sha256:${digest}`;
}

/** Releases, oldest first, as the history that a Deployment is seeded with: the last one is what runs. */
export function rolledOut(repository: string, releases: readonly Release[], now: Date) {
  const history = releases.map(({ version, agoMs }) => ({
    image: imageOf(repository, version),
    at: new Date(now.getTime() - agoMs),
  }));
  return { image: history.at(-1)?.image ?? '', history };
}

/** Rolls out an image whose pods never become ready. What that does to the service is up to the Deployment's strategy. */
export function releaseBad(
  { control }: Pick<Kubernetes, 'control'>,
  bad: { namespace: string; deployment: string; repository: string; version: string },
) {
  const { namespace, deployment, repository, version } = bad;
  const image = imageOf(repository, version);
  control.setCrashLoop(namespace, deployment, { image });
  control.setImage(namespace, deployment, image);
  return { said: `Released ${deployment} ${version}, which does not start.`, image };
}

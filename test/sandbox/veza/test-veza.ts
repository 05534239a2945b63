import { createSandboxFolder } from '../../../sandbox/folder.ts';
import { createParts } from '../../../sandbox/parts.ts';
import { ensurePrograms } from '../../../sandbox/programs.ts';
import { backend, namespace } from '../../../sandbox/veza/cluster.ts';
import { startVeza } from '../../../sandbox/veza/veza.ts';

export type TestVeza = Awaited<ReturnType<typeof startTestVeza>>;

/** Veza without a bot and without Slack, its pods quick. */
export async function startTestVeza() {
  const folder = await createSandboxFolder('dr-test-');
  const parts = createParts();
  const stop = async () => {
    await parts.stop();
    await folder.remove();
  };
  try {
    const programs = await ensurePrograms();
    const kubernetes = { podStartMs: [20, 40], podStopMs: [20, 40] } as const;
    const veza = await startVeza({ folder, programs, parts, kubernetes });
    const { control } = veza.kubernetes;
    return {
      veza,
      get: async (path: string) => {
        const answer = await fetch(`${veza.app.url}${path}`);
        return { status: answer.status, body: await answer.json() };
      },
      podsOf: (workload: string) =>
        control.list('pods', namespace).filter(({ metadata }) => metadata.name.startsWith(workload)),
      scaleServer: (replicas: number) =>
        control.patch('statefulsets', namespace, 'veza-db-1', { spec: { replicas } }),
      /** As `kubectl rollout restart`. */
      async restartBackend() {
        const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
        control.patch('deployments', namespace, backend, {
          spec: { template: { metadata: { annotations } } },
        });
        await control.settled(namespace, backend);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { createKubernetes } from '../../src/clients/kubernetes.ts';
import { Connections } from '../../src/domain/connections.ts';
import { type Janua, startJanua } from '../actions/k8s-setup.ts';

let janua: Janua;
const signal = AbortSignal.timeout(60_000);
const options = { signal };

beforeEach(async () => {
  janua = await startJanua();
});

const kubernetes = () => janua.clients.kubernetes;
const read = (deployment = 'janua-api') => kubernetes().readDeployment('janua', 'janua', deployment, options);

describe('which cluster it is', () => {
  test('another cluster than the one in connections.yml is refused before anything else is asked of it', async () => {
    const wrong = janua.clientsFor('11111111-2222-3333-4444-555555555555').kubernetes;
    janua.control.clearRequests();

    const reading = wrong.readDeployment('janua', 'janua', 'janua-api', options);
    const writing = wrong.patchDeployment('janua', 'janua', 'janua-api', () => ({ replicas: 0 }), options);

    await expect(reading).rejects.toMatchObject({ code: 'target-refused', retry: 'never' });
    await expect(writing).rejects.toThrow(janua.kube.clusterUid);
    await expect(writing).rejects.toThrow('11111111-2222-3333-4444-555555555555');
    expect(new Set(janua.control.requests().map(({ path }) => path))).toEqual(
      new Set(['/api/v1/namespaces/kube-system']),
    );
  });

  test('the UID is looked up again right before each write', async () => {
    await read();
    janua.control.clearRequests();

    await kubernetes().patchDeployment('janua', 'janua', 'janua-api', () => ({ replicas: 5 }), options);

    expect(janua.control.requests().map(({ verb, resource }) => `${verb} ${resource}`)).toEqual([
      'get deployments',
      'get namespaces',
      'patch deployments',
    ]);
  });

  test('a name that connections.yml does not have is an error that lists the names it has', async () => {
    const reading = kubernetes().readDeployment('auditron', 'janua', 'janua-api', options);

    await expect(reading).rejects.toThrow('connections.yml has no cluster `auditron`. It has: janua.');
  });
});

describe('the kubeconfig', () => {
  const clientOf = (kubeconfig: string, context = 'janua') =>
    createKubernetes(
      Connections.parse({ kubernetes: { janua: { kubeconfig, context, uid: janua.kube.clusterUid } } }),
    );

  test('is found by a path in an environment variable', async () => {
    process.env.DR_TEST_KUBECONFIG = janua.kubeconfig;

    const uid = await clientOf('env:DR_TEST_KUBECONFIG').clusterUid('janua', options);

    expect(uid).toBe(janua.kube.clusterUid);
    delete process.env.DR_TEST_KUBECONFIG;
  });

  test('that cannot be read, or lacks the context, is an error that names its place in connections.yml', async () => {
    const absent = clientOf('file:/nonexistent/kubeconfig').clusterUid('janua', options);
    const elsewhere = clientOf(`file:${janua.kubeconfig}`, 'staging').clusterUid('janua', options);

    await expect(absent).rejects.toMatchObject({ code: 'config-invalid' });
    await expect(absent).rejects.toThrow('kubernetes.janua.kubeconfig');
    await expect(elsewhere).rejects.toThrow('no context `staging`');
  });

  test('is read again after the cluster no longer accepts its token', async () => {
    await writeFile(janua.kubeconfig, janua.kube.kubeconfig.replace(/token: .*/, 'token: expired'));
    await expect(read()).rejects.toMatchObject({ code: 'outside-refused' });

    await writeFile(janua.kubeconfig, janua.kube.kubeconfig);

    expect(await read()).toMatchObject({ name: 'janua-api' });
  });

  test('and the SDK behind it are not loaded before the first use', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      let loaded = false;
      registerHooks({ resolve(name, context, next) { loaded ||= name.includes('client-node'); return next(name, context); } });
      const { createKubernetes } = await import('./src/clients/kubernetes.ts');
      const kubernetes = createKubernetes({ kubernetes: { x: { kubeconfig: 'file:/none', context: 'x', uid: 'x' } } });
      const before = loaded;
      await kubernetes.clusterUid('x', { signal: new AbortController().signal }).catch(() => {});
      console.log(before, loaded);`;

    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
    });

    expect(stdout.trim()).toBe('false true');
  });
});

describe('reading', () => {
  test('counts that Kubernetes leaves out at zero are zero', async () => {
    janua.control.patch('deployments', 'janua', 'janua-worker', { spec: { replicas: 0 } });
    await janua.control.settled('janua', 'janua-worker');

    const worker = await read('janua-worker');

    expect(worker).toMatchObject({ replicas: 0, status: { replicas: 0, ready: 0, updated: 0 } });
  });

  test('an HPA is found by its target, a Deployment without one has none', async () => {
    const api = await kubernetes().readHpaFor('janua', 'janua', 'janua-api', options);
    const worker = await kubernetes().readHpaFor('janua', 'janua', 'janua-worker', options);

    expect(api).toMatchObject({ min: 3, max: 10 });
    expect(worker).toBeUndefined();
  });

  test('what is not there is undefined: a Deployment, and KEDA on a cluster without it', async () => {
    expect(await read('janua-web')).toBeUndefined();
    expect(await kubernetes().readScaledObjectFor('janua', 'janua', 'janua-api', options)).toBeUndefined();
  });

  test('pods are listed by the selector of their Deployment', async () => {
    const worker = await read('janua-worker');

    const pods = await kubernetes().listPods('janua', 'janua', worker?.selector ?? '', options);

    expect(pods).toHaveLength(2);
    expect(pods.every(({ name, ready }) => name.startsWith('janua-worker-') && ready)).toBe(true);
  });

  test('the bot knows what it may do', async () => {
    const right = { namespace: 'janua', group: 'apps', resource: 'deployments', verb: 'patch' };

    expect(await kubernetes().canI('janua', { ...right, name: 'janua-api' }, options)).toBe(true);
    expect(await kubernetes().canI('janua', { ...right, name: 'janua-web' }, options)).toBe(false);
  });
});

describe('faults', () => {
  test('a cluster that is away is outside-unreachable, and works again when it is back', async () => {
    await read();
    await janua.control.down();

    await expect(read()).rejects.toMatchObject({ code: 'outside-unreachable', retry: 'later' });
    await expect(read()).rejects.toThrow('Cluster `janua` does not answer (ECONNREFUSED)');
    await janua.control.up();

    expect(await read()).toMatchObject({ name: 'janua-api' });
  });

  test('an abort ends a slow call at once, with the reason of the abort', async () => {
    janua.control.fault({ delayMs: 5_000, on: { resource: 'deployments' } });
    const abort = new AbortController();
    const begin = performance.now();

    const reading = kubernetes().readDeployment('janua', 'janua', 'janua-api', { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('aborted by Ana')), 100);

    await expect(reading).rejects.toThrow('aborted by Ana');
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  test('no message holds the token of the bot', async () => {
    const token = /token: "?([^"\n]+)/.exec(janua.kube.kubeconfig)?.[1] ?? '';
    const messages: string[] = [];

    for (const answer of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
      janua.control.fault({ answer, on: { resource: 'pods' } });
      const failing = kubernetes().listPods('janua', 'janua', 'app=x', options);
      await failing.catch((error) => messages.push(inspect(error)));
    }

    await writeFile(janua.kubeconfig, `${janua.kube.kubeconfig}\n  - broken: [`);
    await janua
      .clientsFor()
      .kubernetes.clusterUid('janua', options)
      .catch((error) => messages.push(inspect(error)));

    expect(messages).toHaveLength(10);
    expect(token.length).toBeGreaterThan(8);
    expect(messages.join('\n')).not.toContain(token);
  });
});

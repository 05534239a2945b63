import { beforeEach, describe, expect, test } from 'vitest';
import { k8sRolloutUndo } from '../../src/actions/k8s-rollout-undo.ts';
import { digestOf, sha256 } from '../../src/domain/canonical.ts';
import { BOT, rulesInRole } from './k8s-role.ts';
import { imageOf, NAMESPACE, PLACE, startVeza, type Veza } from './k8s-veza.ts';

const NAME = 'veza-backend-api';
const PARAMS = { ...PLACE, deployment: NAME, revision: '2' };
const GATE = { phase: 'gate' } as const;
const digest = (version: string) => `veza/api:${version}@sha256:${sha256(version).slice(0, 12)}…`;

const watched = (on: Veza) => on.watch(k8sRolloutUndo);

let veza: Veza;
let action: ReturnType<typeof watched>;

beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

const preview = (params: object = {}) => action.preview(veza.step('undo', GATE), { ...PARAMS, ...params });
const deployment = () => veza.control.get('deployments', NAMESPACE, NAME);
const image = () =>
  veza.clients.kubernetes
    .readDeployment('janua', NAMESPACE, NAME, { signal: AbortSignal.timeout(5_000) })
    .then((workload) => workload?.template.spec?.containers[0]?.image);
const change = (patch: object) =>
  veza.control.patch('deployments', NAMESPACE, NAME, JSON.parse(JSON.stringify(patch)));
/** Rolls a further release out: whatever of the container is not given stays away. */
const release = (container: object, template: object = {}) =>
  change({
    spec: {
      template: {
        ...template,
        spec: { containers: [{ name: NAME, image: imageOf('2.8.0'), ...container }] },
      },
    },
  });

describe('the card', () => {
  test('shows what becomes different, what runs now, and the way forward again', async () => {
    const { lines, shown, undo, blocked, output, bound } = await preview();

    expect(lines).toEqual([
      `\`${NAME}\` in \`${NAMESPACE}\`: back to revision 2, ${digest('2.6.0')}, made 5 h ago`,
      `\`${NAME}\`: image \`${imageOf('2.7.0')}\` → \`${imageOf('2.6.0')}\``,
      'Whether that version fits the database as it is now, the bot cannot see',
    ]);
    expect(shown).toEqual([
      { name: NAME, value: '2 of 2 ready' },
      { name: 'runs now', value: `revision 3, ${digest('2.7.0')}, made 20 min ago` },
      { name: 'goes back to', value: `revision 2, ${digest('2.6.0')}, made 5 h ago` },
    ]);
    expect(undo).toEqual([`\`${NAME}\` goes forward again to revision 3`]);
    expect(blocked).toEqual([]);
    expect(bound).toMatchObject({ deployment: { name: NAME }, template: output });
    expect(veza.patches()).toEqual([]);
  });

  test('names variables that change and shows no value that may be secret', async () => {
    const env = (values: Record<string, string>) =>
      Object.entries(values).map(([name, value]) => ({ name, value }));
    release({
      env: env({
        LOG_LEVEL: 'debug',
        API_TOKEN: 'canary-Token-1X',
        OLD: 'x',
        CACHE: 'redis://:canary-Cache-1X@c',
      }),
    });
    await veza.control.settled(NAMESPACE, NAME);
    release(
      {
        env: env({
          LOG_LEVEL: 'info',
          API_TOKEN: 'canary-Token-2X',
          CACHE: 'redis://:canary-Cache-2X@c',
          NEW: '1',
        }),
        args: ['--password', 'canary-Args-2X'],
      },
      { metadata: { annotations: { 'veza/build': '77' } } },
    );
    await veza.control.settled(NAMESPACE, NAME);

    const { lines } = await preview({ revision: 4 });

    expect(lines.slice(1, -1)).toEqual([
      `\`${NAME}\`: \`LOG_LEVEL\` \`info\` → \`debug\`, \`API_TOKEN\` changes, \`CACHE\` changes, \`NEW\` goes away, \`OLD\` comes back`,
      `\`${NAME}\` also changes: args`,
      'also changes: annotations',
    ]);
    expect(veza.said.join()).not.toContain('canary-');
  });

  test('is bound to both templates and to nothing that moves', async () => {
    const bound = async () => digestOf('test', (await preview()).bound);
    const first = await bound();

    const [pod] = veza.control.list('pods', NAMESPACE);
    veza.control.remove('pods', NAMESPACE, pod?.metadata.name ?? '');
    change({ spec: { replicas: 3 }, metadata: { labels: { moved: 'yes' } } });
    expect(await bound()).toBe(first);
    change({
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
    });
    expect(await bound()).toBe(first);
    release({});
    expect(await bound()).not.toBe(first);
  });

  test('before the run the revision may still be a question', async () => {
    const open = { ...PARAMS, revision: '${choose.choice}' };

    expect(await action.preview(veza.step('undo', { phase: 'plan' }), open)).toMatchObject({ blocked: [] });
    expect(await action.preview(veza.step('undo', GATE), open)).toMatchObject({
      blocked: [`Which revision of \`${NAME}\` in \`${NAMESPACE}\` is not known yet. Name it in the plan.`],
    });
  });
});

describe('refused before any effect, with what to do', () => {
  const CASES: readonly {
    what: string;
    params?: object;
    before?: () => void;
    says: string;
    cardOnly?: boolean;
  }[] = [
    {
      what: 'a revision that is gone',
      params: { revision: '9' },
      says: `Deployment \`${NAME}\` has no revision 9 any more: its history keeps only the newest. It has: 3, 2, 1. Start the run again and choose one of them, or deploy that version anew.`,
    },
    {
      what: 'a revision whose ReplicaSet was removed',
      before: () => {
        for (const { metadata } of veza.control.list('replicasets', NAMESPACE))
          if (metadata.annotations?.['deployment.kubernetes.io/revision'] === '2')
            veza.control.remove('replicasets', NAMESPACE, metadata.name);
      },
      says: 'has no revision 2 any more: its history keeps only the newest. It has: 3, 1.',
    },
    {
      what: 'the version that runs already',
      params: { revision: '3' },
      says: `\`${NAME}\` runs the version of revision 3 already, so going back to it changes nothing. Start the run again and choose another one.`,
      cardOnly: true,
    },
    {
      what: 'a paused rollout',
      before: () => change({ spec: { paused: true } }),
      says: `kubectl rollout resume deployment ${NAME} -n ${NAMESPACE} --context janua`,
    },
    {
      what: 'a Deployment that Argo CD keeps',
      before: () => change({ metadata: { labels: { 'argocd.argoproj.io/instance': 'veza' } } }),
      says: `kubectl annotate deployment ${NAME} -n ${NAMESPACE} --context janua argocd.argoproj.io/skip-reconcile=true`,
    },
    {
      what: 'a Deployment that is not there',
      params: { deployment: 'veza-chat-server' },
      before: () => veza.control.remove('deployments', NAMESPACE, 'veza-chat-server'),
      says: `Cluster \`janua\` has no deployment \`veza-chat-server\` in \`${NAMESPACE}\`. Check the plan.`,
    },
  ];

  test.each(CASES)('$what', async ({ params = {}, before, says, cardOnly = false }) => {
    before?.();

    const { blocked } = await preview(params);

    expect(blocked.join('\n')).toContain(says);
    if (!cardOnly)
      await expect(action.run(veza.step('undo'), { ...PARAMS, ...params })).rejects.toThrow(says);
    expect(veza.patches()).toEqual([]);
  });

  test('a missing right', async () => {
    const rules = await rulesInRole();
    veza.control.setRules(
      BOT,
      rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') })),
    );

    const { blocked } = await preview();

    expect(blocked).toEqual([
      `The bot may not change deployment \`${NAME}\` in \`${NAMESPACE}\`. Add it to deploy/kubernetes/role.yaml and apply that file.`,
    ]);
  });
});

test('the Deployment gets the template of the revision, whole, and its pods are replaced', async () => {
  release({ args: ['--new'] }, { metadata: { annotations: { 'veza/build': '77' } } });
  await veza.control.settled(NAMESPACE, NAME);
  const { output: foretold = {} } = await preview();

  const outcome = await action.run(veza.step('undo'), PARAMS);

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: 'back to the version of revision 2',
    output: foretold,
  });
  await action.verify(veza.step('undo'), PARAMS, foretold);
  expect(deployment()?.spec).toMatchObject({
    template: {
      metadata: { labels: { app: NAME } },
      spec: { containers: [{ name: NAME, image: imageOf('2.6.0') }] },
    },
  });
  const template = JSON.stringify(deployment()?.spec);
  for (const left of ['--new', 'veza/build', 'pod-template-hash']) expect(template).not.toContain(left);
  expect(deployment()?.status).toMatchObject({ observedGeneration: deployment()?.metadata.generation });
  await veza.control.settled(NAMESPACE, NAME);
  expect(veza.control.requests().filter(({ status }) => status === 403)).toEqual([]);
});

test('a release whose pods never get ready is rolled back in the middle of its rollout', async () => {
  veza.control.setCrashLoop(NAMESPACE, NAME, { image: imageOf('2.8.0') });
  release({});
  await expect.poll(() => veza.control.list('replicasets', NAMESPACE).length).toBe(5);

  await action.run(veza.step('undo'), { ...PARAMS, revision: 3 });

  await veza.control.settled(NAMESPACE, NAME);
  expect(await image()).toBe(imageOf('2.7.0'));
});

test('a number that its template has lost to a later rollback still names that template', async () => {
  await action.run(veza.step('undo', { run: 'RUN-30' }), PARAMS);
  release({});
  await veza.control.settled(NAMESPACE, NAME);

  const { lines } = await preview();
  await action.run(veza.step('undo'), PARAMS);

  expect(lines[0]).toContain(`back to revision 4, ${digest('2.6.0')}`);
  expect(await image()).toBe(imageOf('2.6.0'));
});

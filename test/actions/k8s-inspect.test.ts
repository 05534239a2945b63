import { beforeEach, expect, test } from 'vitest';
import { Params as Decision, decision } from '../../src/actions/decision.ts';
import { k8sInspect } from '../../src/actions/k8s-inspect.ts';
import { sha256 } from '../../src/domain/canonical.ts';
import { imageOf, NAMESPACE, PLACE, startVeza, type Veza } from './k8s-veza.ts';

const NAME = 'veza-backend-api';
const PARAMS = { ...PLACE, deployments: [NAME], logLines: 50 };

const watched = (on: Veza) => on.watch(k8sInspect);

let veza: Veza;
let action: ReturnType<typeof watched>;

beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

async function look(params: object = {}) {
  const outcome = await action.run(veza.step('inspect'), { ...PARAMS, ...params });
  if (outcome.kind !== 'done') throw new Error('an inspection ends at once');
  const fact = (name: string) => outcome.facts.find((one) => one.name === name)?.value;
  return { ...outcome, fact, said: outcome.facts.map(({ name, value }) => `${name}: ${value}`).join('\n') };
}
const pods = () =>
  veza.control.list('pods', NAMESPACE).filter(({ metadata }) => metadata.name.startsWith(NAME));
const setPod = (status: object) => {
  const [pod] = pods();
  const name = pod?.metadata.name ?? '';
  veza.control.patch('pods', NAMESPACE, name, JSON.parse(JSON.stringify({ status })));
  return name;
};

test('a healthy Deployment is told in a few lines, with the revisions it can go back to', async () => {
  veza.control.log(NAMESPACE, NAME, 'listening on 8080');

  const { summary, output, facts, fact } = await look();

  const digest = (version: string) => `veza/api:${version}@sha256:${sha256(version).slice(0, 12)}…`;
  expect(summary).toBe('2 of 2 ready');
  expect(output).toEqual({
    ready: { [NAME]: 2 },
    wanted: { [NAME]: 2 },
    revisions: [
      { value: '3', label: `3 · ${digest('2.7.0')} · 20 min ago · current` },
      { value: '2', label: `2 · ${digest('2.6.0')} · 5 h ago` },
      { value: '1', label: `1 · ${digest('2.5.0')} · 3 days ago` },
    ],
  });
  expect(fact(NAME)).toBe('2 of 2 ready');
  expect(fact('runs')).toBe(`revision 3, ${digest('2.7.0')}, made 20 min ago`);
  expect(facts.filter(({ value }) => value === 'ready')).toHaveLength(2);
  expect(facts.filter(({ value }) => value === 'listening on 8080')).toHaveLength(2);
  expect(veza.patches()).toEqual([]);
  expect(veza.control.requests().filter(({ status }) => status === 403)).toEqual([]);
});

test('what it found is what a decision offers', async () => {
  const { output } = await look();
  const params = Decision.parse({ question: 'Which version?', options: output.revisions });

  const outcome = await decision.run(veza.step('choose'), params);

  expect(outcome).toMatchObject({ kind: 'ask', question: { options: output.revisions } });
});

test('a crash loop is told with its restarts, its last end, its events and both logs', async () => {
  veza.control.setCrashLoop(NAMESPACE, NAME, true);
  await expect.poll(async () => (await look()).said, { timeout: 15_000 }).toContain('2 restarts, last ended');

  const { summary, said, facts } = await look();

  expect(summary).toBe('0 of 2 ready, CrashLoopBackOff');
  expect(said).toMatch(
    /veza-backend-api-\S+: CrashLoopBackOff: back-off 10s restarting failed container \S+, [12] restarts?, last ended \d\d:\d\d:\d\d UTC: Error, exit code 1/,
  );
  expect(said).toMatch(
    /events: .*Warning BackOff.* pod veza-backend-api-\S+: Back-off restarting failed container/,
  );
  expect(facts.map(({ name }) => name.replace(/api-\S+/, 'api-x'))).toContain(
    'log of veza-backend-api-x before its restart',
  );
  expect(said).toContain('fatal: the process exited with code 1 during start');
});

test.each([
  {
    why: 'no node has room',
    status: {
      phase: 'Pending',
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/3 nodes are available',
        },
      ],
    },
    says: 'no node takes it: 0/3 nodes are available',
  },
  {
    why: 'the image is not there',
    status: {
      phase: 'Pending',
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [
        {
          name: NAME,
          image: 'x',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "veza/api:9"' } },
        },
      ],
    },
    says: 'ImagePullBackOff: Back-off pulling image "veza/api:9"',
  },
  {
    why: 'it ran out of memory',
    status: {
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [
        {
          name: NAME,
          image: 'x',
          imageID: '',
          ready: false,
          restartCount: 7,
          state: { running: { startedAt: '2026-11-21T02:14:15Z' } },
          lastState: {
            terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-21T02:14:11Z' },
          },
        },
      ],
    },
    says: 'it runs, but does not say that it is ready, 7 restarts, last ended 02:14:11 UTC: OOMKilled, exit code 137',
  },
])('a pod is told by its reason: $why', async ({ status, says }) => {
  const name = setPod(status);

  const { fact } = await look();

  expect(fact(name)).toBe(says);
});

test('a failing probe is told from the events', async () => {
  const name = setPod({ conditions: [{ type: 'Ready', status: 'False' }] });
  const pod = veza.control.get('pods', NAMESPACE, name);
  veza.control.create('events', {
    metadata: { name: `${name}.1`, namespace: NAMESPACE },
    involvedObject: { kind: 'Pod', name, namespace: NAMESPACE, uid: pod?.metadata.uid },
    type: 'Warning',
    reason: 'Unhealthy',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    count: 12,
    lastTimestamp: '2026-11-21T02:26:40Z',
  });

  const { fact } = await look();

  expect(fact(name)).toBe('it runs, but readiness probe failed: HTTP probe failed with statuscode: 503');
  expect(fact('events')).toContain(`02:26:40 UTC Warning Unhealthy (12 times) pod ${name}: Readiness probe`);
});

test('events of other workloads stay out, and a Deployment that is missing is refused', async () => {
  const { said } = await look();
  const missing = action.run(veza.step('inspect'), { ...PARAMS, deployments: ['veza-web'] });

  expect(said).not.toContain('veza-chat-server');
  await expect(missing).rejects.toThrow();
});

test('nothing that looks like a secret comes out of logs, events, ends of containers or templates', async () => {
  const canary = (n: number) => `canary-Log-${n}Q`;
  for (const line of [
    `connecting to postgres://veza_user:${canary(1)}@db-1:5432/veza_db`,
    `{"level":"error","password":"${canary(2)}"}`,
    `Authorization: Bearer ${canary(3)}`,
    `started with ${canary(4)} as its key`,
  ])
    veza.control.log(NAMESPACE, NAME, line);
  veza.control.patch('deployments', NAMESPACE, NAME, {
    spec: {
      template: {
        spec: {
          containers: [
            { name: NAME, image: imageOf('2.7.0'), env: [{ name: 'SIGNING_KEY', value: canary(4) }] },
          ],
        },
      },
    },
  });
  await veza.control.settled(NAMESPACE, NAME);
  veza.control.log(NAMESPACE, NAME, `started with ${canary(4)} as its key, token=${canary(5)}`);
  const name = setPod({
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        name: NAME,
        image: 'x',
        imageID: '',
        ready: false,
        restartCount: 1,
        containerID: 'containerd://x',
        state: { waiting: { reason: 'RunContainerError', message: `password=${canary(6)}` } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', message: `dsn=${canary(7)}` } },
      },
    ],
  });

  const { said } = await look();

  expect(said).toContain('started with [hidden] as its key, token=[hidden]');
  expect(said).toContain(`${name}: RunContainerError: password=[hidden]`);
  expect(veza.said.join()).not.toContain('canary-Log');
});

test('the log is as long as asked, and never longer than a person reads', async () => {
  for (let line = 1; line <= 200; line += 1)
    veza.control.log(NAMESPACE, NAME, `line ${line} ${'of some words '.repeat(10)}`);
  const log = ({ facts }: Awaited<ReturnType<typeof look>>) =>
    facts.find((fact) => fact.name.startsWith('log of'))?.value.split('\n') ?? [];

  const short = log(await look({ logLines: 3 }));
  const long = log(await look({ logLines: 200 }));

  expect(short.map((line) => line.slice(0, 8))).toEqual(['line 198', 'line 199', 'line 200']);
  expect(long[0]).toBe('…');
  expect(long.at(-1)).toContain('line 200');
  expect(long.join('\n').length).toBeLessThanOrEqual(4_000);
});

test('the preview says what will be read, and the commands by hand read the same', async () => {
  const preview = await action.preview(veza.step('inspect', { phase: 'plan' }), PARAMS);
  const byHand = k8sInspect.byHand?.(PARAMS, veza.step('inspect').plan).join('\n');

  expect(preview.lines).toEqual([
    `Look at pods, events, revisions and the last 50 log lines of \`${NAME}\` in \`${NAMESPACE}\``,
  ]);
  expect(byHand).toContain(`kubectl rollout history deployment ${NAME} -n ${NAMESPACE} --context janua`);
});

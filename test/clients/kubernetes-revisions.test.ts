import { beforeEach, expect, test } from 'vitest';
import { type Janua, startJanua } from '../actions/k8s-setup.ts';

let janua: Janua;
const options = { signal: AbortSignal.timeout(60_000) };
const NAME = 'janua-worker';

beforeEach(async () => {
  janua = await startJanua();
});

async function revisions() {
  const { kubernetes } = janua.clients;
  const workload = await kubernetes.readDeployment('janua', 'janua', NAME, options);
  if (workload === undefined) throw new Error(`there is a ${NAME}`);
  return kubernetes.listRevisions('janua', workload, options);
}
const release = async (image: string) => {
  janua.control.patch('deployments', 'janua', NAME, {
    spec: { template: { spec: { containers: [{ name: NAME, image, env: [] }] } } },
  });
  await janua.control.settled('janua', NAME);
};

test('the ReplicaSets of one Deployment are its revisions, newest first, each with the template it was made from', async () => {
  await release('janua/worker:2.5.0');

  const found = await revisions();

  expect(
    found.map(({ revision, template }) => [revision, template.spec?.containers[0]?.image, template.metadata]),
  ).toEqual([
    [2, 'janua/worker:2.5.0', { labels: { app: NAME } }],
    [1, 'janua/worker:2.4.0', { labels: { app: NAME } }],
  ]);
  expect(found[0]?.replicaSet).toBe(`${NAME}-${found[0]?.templateHash}`);
});

test('a template that came back has a new number and remembers its former ones', async () => {
  await release('janua/worker:2.5.0');
  await release('janua/worker:2.4.0');

  expect((await revisions()).map(({ revision, former }) => [revision, former])).toEqual([
    [3, [1]],
    [2, []],
  ]);
});

test('a field that the SDK does not know yet stays in the template: going back must not lose it', async () => {
  const [set] = janua.control
    .list('replicasets', 'janua')
    .filter(({ metadata }) => metadata.name.startsWith(NAME));
  janua.control.patch('replicasets', 'janua', set?.metadata.name ?? '', {
    spec: { template: { spec: { fieldOfTomorrow: { on: true } } } },
  });

  const [found] = await revisions();

  expect(found?.template.spec).toMatchObject({ fieldOfTomorrow: { on: true } });
});

test('a whole template takes the place of the former one, in the state that was seen', async () => {
  await release('janua/worker:2.5.0');
  const [, first] = await revisions();
  janua.control.fault({ answer: 409, on: { verb: 'patch' } });
  const seen: string[] = [];

  const patched = await janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    NAME,
    (current) => {
      seen.push(current.resourceVersion);
      if (seen.length === 1)
        janua.control.patch('deployments', 'janua', NAME, { metadata: { annotations: { moved: 'yes' } } });
      return first && { template: first.template, annotations: { 'dr-bot/attempt': 'RUN-31/undo/1' } };
    },
    options,
  );

  expect(seen).toHaveLength(2);
  expect(patched).toMatchObject({
    template: first?.template,
    annotations: { moved: 'yes', 'dr-bot/attempt': 'RUN-31/undo/1' },
  });
});

test('a template written in a state that is no longer there is a conflict, and so is looked at again', async () => {
  await release('janua/worker:2.5.0');
  const [, first] = await revisions();
  let looks = 0;

  await janua.clients.kubernetes.patchDeployment(
    'janua',
    'janua',
    NAME,
    () => {
      looks += 1;
      if (looks === 1)
        janua.control.patch('deployments', 'janua', NAME, { metadata: { annotations: { moved: 'yes' } } });
      return first && { template: first.template };
    },
    options,
  );

  const patches = janua.control.requests().filter(({ verb }) => verb === 'patch');
  expect(patches.map(({ status }) => status)).toEqual([409, 200]);
});

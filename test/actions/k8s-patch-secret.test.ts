import { beforeEach, describe, expect, test } from 'vitest';
import { k8sPatchSecret } from '../../src/actions/k8s-patch-secret.ts';
import { digestOf } from '../../src/domain/canonical.ts';
import { BOT } from './k8s-role.ts';
import { CANARY, NAMESPACE, PLACE, startVeza, type Veza } from './k8s-veza.ts';

const PARAMS = {
  ...PLACE,
  secret: 'veza-secrets',
  key: 'DATABASE_URL',
  value: 'veza-db-2',
  consumers: ['veza-backend-api', 'veza-chat-server'],
};
const EVERYTHING = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
const GATE = { phase: 'gate' } as const;
const KEPT = 'DATABASE_URL.before-run-31';

const watched = (on: Veza) => on.watch(k8sPatchSecret);

let veza: Veza;
let action: ReturnType<typeof watched>;

beforeEach(async () => {
  veza = await startVeza();
  action = watched(veza);
});

const preview = (params: object = {}) => action.preview(veza.step('secret', GATE), { ...PARAMS, ...params });
const fingerprints = /[0-9A-Z]{4}-[0-9A-Z]{4}/g;

describe('the card', () => {
  test('shows fingerprints, where the former value stays, and who must restart', async () => {
    const { lines, undo, blocked, shown } = await preview();

    const [before = '', wanted = ''] = lines[0]?.match(fingerprints) ?? [];
    expect(before).not.toBe(wanted);
    expect(lines).toEqual([
      `\`DATABASE_URL\` in secret \`veza-secrets\` of \`${NAMESPACE}\`: ${before} → ${wanted} (fingerprints, never values)`,
      `The former value stays in that secret under \`${KEPT}\``,
      'Read by `veza-backend-api`, `veza-chat-server`, seen after a restart',
    ]);
    expect(undo.join()).toContain(`\`DATABASE_URL\` goes back to ${before}`);
    expect([shown, blocked]).toEqual([[], []]);
    expect(veza.patches()).toEqual([]);
    expect(veza.leaked()).toEqual([]);
  });

  test('is bound to the secret, the key, both values and the readers, and to nothing that moves', async () => {
    const digest = async (params: object = {}) => digestOf('test', (await preview(params)).bound);
    const first = await digest();

    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', { metadata: { labels: { moved: 'yes' } } });
    expect(await digest()).toBe(first);
    veza.setWanted(`${CANARY.wanted}x`);
    expect(await digest()).not.toBe(first);
    veza.setWanted(CANARY.wanted);
    expect(await digest({ consumers: ['veza-chat-server'] })).not.toBe(first);
    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', { data: { DATABASE_URL: 'aGFuZA==' } });
    expect(await digest()).not.toBe(first);
    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', {
      data: { DATABASE_URL: Buffer.from(CANARY.former).toString('base64') },
    });
    expect(await digest()).toBe(first);
    veza.control.recreate('secrets', NAMESPACE, 'veza-secrets');
    expect(await digest()).not.toBe(first);
  });

  test('of the same value under another key or in another secret shows another fingerprint', async () => {
    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', {
      data: { COPY: Buffer.from(CANARY.former).toString('base64') },
    });

    const secret = await veza.clients.kubernetes.readSecret('janua', NAMESPACE, 'veza-secrets', {
      signal: AbortSignal.timeout(5_000),
    });

    expect(await secret?.fingerprint('COPY')).not.toBe(await secret?.fingerprint('DATABASE_URL'));
    expect(await secret?.fingerprint('COPY', 'DATABASE_URL')).toBe(await secret?.fingerprint('DATABASE_URL'));
    expect(await secret?.fingerprint('NONE')).toBeUndefined();
  });

  test('names other workloads whose pods read the key: a Deployment blocks, others are told', async () => {
    const env = [
      { name: 'PGURL', valueFrom: { secretKeyRef: { name: 'veza-secrets', key: 'DATABASE_URL' } } },
    ];
    const labels = { app: 'veza-cache' };
    veza.control.create('statefulsets', {
      metadata: { name: 'veza-cache', namespace: NAMESPACE },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'x', env }] } },
      },
    });
    await expect.poll(() => veza.control.get('pods', NAMESPACE, 'veza-cache-0')).toBeDefined();

    const { lines, blocked } = await preview({ consumers: ['veza-chat-server'] });

    expect(lines.at(-1)).toBe(
      'StatefulSet `veza-cache` reads it too: the old value until somebody restarts it',
    );
    expect(blocked).toEqual([
      'Deployment `veza-backend-api` reads `DATABASE_URL` of secret `veza-secrets` too, and would keep the old value. Add it to "consumers" and to the restart.',
    ]);
  });

  test('blocks a Deployment that does not read the key', async () => {
    veza.control.patch('deployments', NAMESPACE, 'veza-chat-server', {
      spec: { template: { spec: { containers: [{ name: 'chat', image: 'veza/chat:2' }] } } },
    });

    const { blocked } = await preview();

    expect(blocked).toContain(
      'Deployment `veza-chat-server` does not read `DATABASE_URL` of secret `veza-secrets`. Take it out of "consumers", or correct the key.',
    );
  });
});

describe('refused before any effect, with what to do', () => {
  const change = (patch: object) =>
    veza.control.patch('secrets', NAMESPACE, 'veza-secrets', JSON.parse(JSON.stringify(patch)));

  const CASES: readonly {
    what: string;
    params?: object;
    before?: () => void;
    says: string;
    /** The readers are looked at on the card only. */
    cardOnly?: boolean;
  }[] = [
    {
      what: 'a secret that does not exist',
      params: { secret: 'veza-secret' },
      before: () => veza.control.setRules(BOT, EVERYTHING),
      says: `Cluster \`janua\` has no secret \`veza-secret\` in \`${NAMESPACE}\`. Check the names in the plan.`,
    },
    {
      what: 'a key that does not exist',
      params: { key: 'DB_URL' },
      says: `Secret \`veza-secrets\` in \`${NAMESPACE}\` has no key \`DB_URL\`. It has: \`DATABASE_URL\`, \`SESSION_KEY\`. Correct the plan.`,
    },
    {
      what: 'a value that connections.yml does not have',
      params: { value: 'veza-db-3' },
      says: 'connections.yml has no secret `veza-db-3`. It has: `veza-db-2`, `veza-unset`. Add it under "secrets".',
    },
    {
      what: 'a value whose variable is not set',
      params: { value: 'veza-unset' },
      says: 'The secret env:DR_TEST_NOT_SET is not set. Set the environment variable DR_TEST_NOT_SET of the bot.',
    },
    { what: 'an immutable secret', before: () => change({ immutable: true }), says: 'is immutable' },
    {
      what: 'a secret that another controller makes',
      before: () =>
        change({
          metadata: {
            ownerReferences: [
              { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'veza', uid: 'u' },
            ],
          },
        }),
      says: `ExternalSecret \`veza\` makes secret \`veza-secrets\` and would write the old value back. Change the value at its source, or stop it first: kubectl describe externalsecret veza -n ${NAMESPACE} --context janua`,
    },
    {
      what: 'a secret that Argo CD keeps',
      before: () =>
        change({ metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'veza:/Secret:x' } } }),
      says: `kubectl annotate secret veza-secrets -n ${NAMESPACE} --context janua argocd.argoproj.io/skip-reconcile=true`,
    },
    {
      what: 'a reader that does not exist',
      params: { consumers: ['veza-backend-api', 'veza-chat-server', 'veza-web'] },
      before: () => veza.control.setRules(BOT, EVERYTHING),
      says: `Cluster \`janua\` has no deployment \`veza-web\``,
      cardOnly: true,
    },
  ];

  test.each(CASES)('$what', async ({ params = {}, before, says, cardOnly = false }) => {
    before?.();

    const { blocked } = await preview(params);

    expect(blocked.join('\n')).toContain(says);
    if (!cardOnly) {
      const running = action.run(veza.step('secret'), { ...PARAMS, ...params });
      await expect(running).rejects.toThrow(says);
    }
    expect(veza.patches()).toEqual([]);
    expect(veza.secret()).toEqual({ DATABASE_URL: CANARY.former, SESSION_KEY: CANARY.other });
    expect(veza.leaked()).toEqual([]);
  });

  test('missing rights, each named', async () => {
    veza.control.setRules(BOT, [{ verbs: ['get'], apiGroups: [''], resources: ['namespaces'] }]);

    const { blocked } = await preview();

    expect(blocked).toEqual([
      `The bot may not get secret \`veza-secrets\` in \`${NAMESPACE}\`. Add it to deploy/kubernetes/role.yaml and apply that file.`,
      `The bot may not patch secret \`veza-secrets\` in \`${NAMESPACE}\`. Add it to deploy/kubernetes/role.yaml and apply that file.`,
    ]);
    expect(veza.control.requests().filter(({ resource }) => resource === 'secrets')).toEqual([]);
  });

  test('names that an earlier step still has to find', async () => {
    const unknown = { ...PARAMS, secret: '${find.secret}' };

    expect(await action.preview(veza.step('secret', { phase: 'plan' }), unknown)).toMatchObject({
      blocked: [],
    });
    expect(await action.preview(veza.step('secret', GATE), unknown)).toMatchObject({
      blocked: [expect.stringContaining('is not known yet')],
    });
  });
});

test('the key gets the value, the former one stays beside it, and no other key is touched', async () => {
  const { lines } = await preview();
  const [before, wanted] = lines[0]?.match(fingerprints) ?? [];

  const outcome = await action.run(veza.step('secret'), PARAMS);

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: `\`DATABASE_URL\` ${before} → ${wanted}`,
    output: { key: 'DATABASE_URL', kept: KEPT, before, now: wanted },
  });
  expect(veza.secret()).toEqual({
    DATABASE_URL: CANARY.wanted,
    [KEPT]: CANARY.former,
    SESSION_KEY: CANARY.other,
  });
  await action.verify(veza.step('secret'), PARAMS, outcome.kind === 'done' ? outcome.output : {});
  expect(veza.patches()).toHaveLength(1);
  expect(veza.control.requests().filter(({ status }) => status === 403)).toEqual([]);
  expect(veza.leaked()).toEqual([]);
});

test('the commands by hand put no value on a command line', () => {
  const [save, type, patch] = k8sPatchSecret.byHand?.(PARAMS, veza.step('secret').plan) ?? [];

  expect(save).toContain("jsonpath='{.data.DATABASE_URL}' > former.b64");
  expect(type).toContain('read -rs VALUE');
  expect(patch).toContain(
    `kubectl patch secret veza-secrets -n ${NAMESPACE} --context janua --patch-file /dev/stdin`,
  );
});

test('no fault of the API server and no broken answer brings a value into what the bot says', async () => {
  const dataOf = (text: string) => Buffer.from(text).toString('base64');
  const quoted = `Secret is invalid: data: Invalid value: ${dataOf(CANARY.former)} ${dataOf(CANARY.wanted)} ${CANARY.wanted}`;

  for (const verb of ['get', 'patch'] as const) {
    for (const answer of [400, 401, 403, 409, 422, 500]) {
      const undo = veza.control.fault({
        answer,
        message: quoted,
        times: Number.POSITIVE_INFINITY,
        on: { verb, resource: 'secrets' },
      });
      const signal = AbortSignal.timeout(answer === 409 || answer === 500 ? 400 : 20_000);
      await expect(action.run(veza.step('secret', { signal }), PARAMS)).rejects.toThrow();
      undo();
    }
  }

  expect(veza.said.length).toBeGreaterThanOrEqual(24);
  expect(veza.said.join('\n')).toContain('its reason may quote values and is not shown');
  expect(veza.leaked()).toEqual([]);
});

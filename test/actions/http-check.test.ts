import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpCheck, Params } from '../../src/actions/http-check.ts';
import { Params as SoakParams, soak } from '../../src/actions/soak.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { contextFor, type Given } from './context.ts';

let server: Server;
let url: string;
let asked = 0;
/** What the next requests are answered; the last one stays. */
let answers: { status?: number; body?: string; afterMs?: number }[];

beforeEach(async () => {
  asked = 0;
  answers = [{ body: '{"status":"ok","checks":{"database":"ok","pool":[1,2]}}' }];
  server = createServer((_request, response) => {
    asked += 1;
    const {
      status = 200,
      body = '{"status":"ok"}',
      afterMs = 0,
    } = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
    setTimeout(() => response.writeHead(status).end(body), afterMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function context(given: Given = {}) {
  const connections = Connections.parse({ http: { allow: [new URL(url).host] } });
  return contextFor('health', { clients: createClients(connections), ...given });
}
const check = (more: object = {}) => httpCheck.run(context(), Params.parse({ url, ...more }));

test('a healthy answer passes with its status and time', async () => {
  const outcome = await check({
    expect: { json: { status: 'ok', 'checks.database': 'ok', 'checks.pool': [1, 2] } },
  });

  expect(outcome).toMatchObject({
    kind: 'done',
    summary: expect.stringMatching(/^200 in \d+ ms$/),
    output: { status: 200, passed: 1 },
  });
});

test('values of the answer are there for later steps, and one that is missing fails the check', async () => {
  answers = [{ body: '{"writes":{"acknowledged":4210},"node":null}' }];
  expect(await check({ read: { acknowledged: 'writes.acknowledged' } })).toMatchObject({
    output: { acknowledged: 4210, status: 200 },
    facts: expect.arrayContaining([{ name: 'acknowledged', value: '4210' }]),
  });

  for (const path of ['writes.lost', 'node']) {
    answers = [{ body: '{"writes":{"acknowledged":4210},"node":null}' }];
    await expect(check({ read: { lost: path } })).rejects.toThrow(`the answer has no \`${path}\``);
  }
});

test('each way of not being healthy is said in words', async () => {
  const cases: [
    answer: { status?: number; body?: string; afterMs?: number },
    expected: object,
    reason: string,
  ][] = [
    [{ status: 500 }, {}, 'the answer is 500, not 200'],
    [{ status: 302 }, {}, 'the answer is 302, not 200 (redirects are not followed)'],
    [{ body: '{"status":"degraded"}' }, { json: { status: 'ok' } }, '`status` is "degraded", not "ok"'],
    [{ body: '{"ok":true}' }, { json: { status: 'ok' } }, 'the answer has no `status`'],
    [{ body: '<html>' }, { json: { status: 'ok' } }, 'the answer is not a JSON object'],
    [
      { body: `{"status":"ok","x":"${'y'.repeat(70_000)}"}` },
      { json: { status: 'ok' } },
      'the answer is longer than 64 kB',
    ],
  ];
  for (const [answer, expected, reason] of cases) {
    answers = [answer];
    await expect(check({ expect: expected })).rejects.toMatchObject({
      code: 'check-failed',
      retry: 'later',
      message: `GET ${url} failed: ${reason}.`,
    });
  }
  answers = [{ afterMs: 120 }];
  await expect(check({ expect: { maxMs: 100 } })).rejects.toThrow(/took \d+ ms, allowed are 100 ms/);
});

test('several passes in a row are needed, and one failure between them ends the check', async () => {
  answers = [{}, {}, { status: 503 }];
  await expect(check({ successes: 3, every: '10ms' })).rejects.toMatchObject({
    details: ['2 of 3 had passed before'],
  });

  answers = [{}];
  asked = 0;
  expect(await check({ successes: 3, every: '10ms' })).toMatchObject({ output: { passed: 3 } });
  expect(asked).toBe(3);
});

test('a host that is not listed blocks the preview and is never asked', async () => {
  const params = Params.parse({ url: 'http://169.254.169.254/latest/' });

  const preview = await httpCheck.preview(context({ phase: 'plan' }), params);

  expect(preview.blocked).toEqual([
    'The host `169.254.169.254` is not listed. Add "169.254.169.254" under http.allow in connections.yml.',
  ]);
  await expect(httpCheck.run(context(), params)).rejects.toMatchObject({ code: 'target-refused' });
});

test('a POST that is not listed and a secret that is not there block the preview', async () => {
  const params = Params.parse({ url, method: 'POST', secrets: { password: 'test-account' } });

  const preview = await httpCheck.preview(context({ phase: 'plan' }), params);

  expect(preview.blocked).toEqual([
    expect.stringContaining('A POST may change something, and nobody approves a check.'),
    'connections.yml has no secret `test-account`. Add it under secrets, or correct the plan.',
  ]);
  await expect(httpCheck.run(context(), params)).rejects.toMatchObject({ code: 'config-invalid' });
  expect(httpCheck.byHand?.(params, context().plan)).toEqual([
    `curl --fail-with-body --max-time 5 --max-redirs 0 -X POST --data '{"password":"<secret test-account>"}' -H 'content-type: application/json' '${url}'`,
  ]);
});

test('before the run a URL may still be open', async () => {
  const params = Params.parse({ url: '${vars.janua-url}/health', successes: '${inputs.times}' });

  const preview = await httpCheck.preview(context({ phase: 'plan' }), params);

  expect(preview.blocked).toEqual([]);
});

test('a soak waits between looks, remembers them over a crash, and ends at the time first set', async () => {
  const params = SoakParams.parse({ for: '2m', every: '30s', checks: [{ url }], maxFailures: 1 });
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 3, 0, seconds));

  const first = await soak.run(context({ now: at(0) }), params);
  answers = [{ status: 500 }];
  const second = await soak.run(
    context({ now: at(30), memory: first.kind === 'wait' ? first.memory : null }),
    params,
  );
  answers = [{}];
  const late = await soak.run(
    context({ now: at(300), memory: second.kind === 'wait' ? second.memory : null }),
    params,
  );

  expect(first).toEqual({
    kind: 'wait',
    until: at(30),
    note: 'until 03:02:00 UTC, 1 look, no failure',
    memory: { until: at(120).toISOString(), ok: 1, failed: 0, lastReason: '' },
  });
  expect(second).toMatchObject({
    kind: 'wait',
    until: at(60),
    note: 'until 03:02:00 UTC, 2 looks, 1 failure',
  });
  expect(late).toMatchObject({
    kind: 'done',
    summary: '2m, 3 looks, 1 failure',
    output: { ok: 2, failed: 1, lastReason: `${url}: the answer is 500, not 200` },
  });
});

test('a soak over its budget fails with the last reason', async () => {
  answers = [{ status: 500 }];
  const params = SoakParams.parse({ for: '2m', checks: [{ url }] });

  await expect(soak.run(context(), params)).rejects.toMatchObject({
    code: 'check-failed',
    retry: 'never',
    message: `The service did not stay well: 1 of 1 look failed, 0 allowed. The last reason: ${url}: the answer is 500, not 200.`,
  });
});

test('a soak without checks is one wait', async () => {
  const now = new Date('2026-11-21T03:00:00Z');
  const outcome = await soak.run(context({ now }), SoakParams.parse({ for: '15m' }));

  expect(outcome).toMatchObject({ kind: 'wait', until: new Date('2026-11-21T03:15:00Z') });
});

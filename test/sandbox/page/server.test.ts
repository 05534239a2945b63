import { request } from 'node:http';
import { expect, test } from 'vitest';
import { createAssets } from '../../../sandbox/page/assets.ts';
import { atPage } from './pages.ts';

/** A request as only a program can send it: any Host and path. */
function ask(url: string, path: string, headers: Record<string, string>, method = 'GET', body = '') {
  const { hostname, port } = new URL(url);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('the page comes with a policy under which only its own files and its import map run', () =>
  atPage(async ({ url }) => {
    const response = await fetch(url);
    const html = await response.text();

    expect(response.status).toBe(200);
    expect(html).toContain('importmap');
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self' 'sha256-[^']+='/);
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('cache-control')).toBe('no-store');
  }));

test('the files of the page and its libraries are modules that a browser takes', () =>
  atPage(async ({ url }) => {
    const main = await fetch(`${url}/app/main.ts`);
    const preact = await fetch(`${url}/lib/preact/hooks.js`);

    expect(main.headers.get('content-type')).toContain('text/javascript');
    expect(await main.text()).not.toMatch(/import type/);
    expect(preact.headers.get('content-type')).toContain('text/javascript');
    expect(await preact.text()).toContain('from"preact"');
  }));

test('no path leads out of the folder of the page', async () => {
  const { file, library } = createAssets();

  for (const path of [
    '../contract.ts',
    '%2e%2e/contract.ts',
    '/etc/passwd',
    'a/../../main.ts',
    '..\\main.ts',
    '',
  ])
    expect(await file(path), path).toBeUndefined();
  expect(await library('../../package.json')).toBeUndefined();
  expect(await library('zod.js')).toBeUndefined();
});

test('requests under another name, or from another site, are refused', () =>
  atPage(async ({ url }) => {
    const { host, port } = new URL(url);
    const json = { host, 'content-type': 'application/json' };
    const act = JSON.stringify({ do: 'clock', ms: 1000 });
    const status = async (headers: Record<string, string>) =>
      (await ask(url, '/api/world', headers, 'POST', act)).status;

    expect(await status(json)).toBe(200);
    expect(await status({ ...json, host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(
      200,
    );
    expect(await status({ ...json, host: `evil.example:${port}` })).toBe(403);
    expect(await status({ ...json, origin: 'https://evil.example' })).toBe(403);
    expect(await status({ ...json, origin: 'null' })).toBe(403);
    expect(await status({ ...json, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ host, 'content-type': 'text/plain' })).toBe(403);
    expect((await ask(url, '/api/live?as=ana', { host, 'sec-fetch-site': 'same-site' })).status).toBe(403);
  }));

test('what is no act of the contract is refused with the place of the fault', () =>
  atPage(async ({ post }) => {
    const bad = await post('/api/act', { as: 'ana', do: 'send', channel: 'C1', text: 'x', loud: true });
    const unknown = await post('/api/world', { do: 'break', name: 'everything' });
    const backwards = await post('/api/world', { do: 'clock', ms: -1 });
    const large = await post('/api/act', JSON.stringify({ text: 'x'.repeat(300 * 1024) }));
    const broken = await post('/api/act', '{');

    expect(bad).toMatchObject({ status: 400, answer: { ok: false, error: expect.stringContaining('loud') } });
    expect(unknown).toMatchObject({ status: 400, answer: { error: expect.stringContaining('name') } });
    expect(backwards.status).toBe(400);
    expect(large).toMatchObject({ status: 400, answer: { error: expect.stringContaining('262144') } });
    expect(broken.status).toBe(400);
  }));

test('an open page is sent the whole state at once, and again after a change', () =>
  atPage(async ({ states, channel, slack }) => {
    const pages = states('ana');
    const first = (await pages.next()).value;
    await slack.person('ben').says('#general', 'hello');
    const second = (await pages.next()).value;
    await pages.return();

    expect(first?.messages[channel('#general')]).toEqual([]);
    expect(second?.messages[channel('#general')]).toMatchObject([{ text: 'hello' }]);
  }));

test('nobody can look as a person who is not there', () =>
  atPage(async ({ url }) => {
    for (const key of ['zoe', 'flow', 'slackbot', ''])
      expect((await fetch(`${url}/api/live?as=${key}`)).status, key).toBe(400);
  }));

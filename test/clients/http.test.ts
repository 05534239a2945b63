import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttp, isPrivate } from '../../src/clients/http.ts';

let server: Server;
let port: number;
let asked: string[];
let answer: RequestListener;
const { signal } = new AbortController();

beforeEach(async () => {
  asked = [];
  answer = (_request, response) => void response.end('{"status":"ok"}');
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const http = (...allow: string[]) => createHttp({ http: { allow, post: [] } });
const posting = (...post: string[]) => createHttp({ http: { allow: [`127.0.0.1:${port}`], post } });
const get = (url: string) => ({ url, method: 'GET' as const, signal });

test('a listed host is asked and answers with status, body and time', async () => {
  const client = http(`127.0.0.1:${port}`);

  const got = await client.ask(get(`http://127.0.0.1:${port}/health`));

  expect(got).toEqual({ status: 200, body: '{"status":"ok"}', truncated: false, ms: expect.any(Number) });
  expect(asked).toEqual([`GET 127.0.0.1:${port} /health`]);
});

test('nothing that is not listed is asked, in whatever way it is written', async () => {
  const client = http('janua.example', `127.0.0.1:${port + 1}`);
  const urls = [
    `http://127.0.0.1:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://2130706433:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://metadata.google.internal/',
    'http://janua.example:8080/',
    'http://janua.example@169.254.169.254/',
    'http://user:secret@janua.example/',
    'http://janua.example.evil.example/',
    'file:///etc/passwd',
    'gopher://janua.example/',
    'not a url',
  ];

  for (const url of urls) {
    await expect(client.ask(get(url)), url).rejects.toMatchObject({ code: 'target-refused', retry: 'never' });
  }
  expect(asked).toEqual([]);
});

test('a listed name that leads to a private address is refused until the address is listed too', async () => {
  const url = `http://localhost:${port}/`;

  await expect(http(`localhost:${port}`).ask(get(url))).rejects.toThrow(
    /`localhost` leads to the private address (127.0.0.1|::1)/,
  );
  expect(asked).toEqual([]);
  const byAddress = await http(`localhost:${port}`, '127.0.0.1', '[::1]')
    .ask(get(url))
    .catch((error: unknown) => error);
  const byNetwork = await http(`localhost:${port}`, '127.0.0.0/8', '::1/128')
    .ask(get(url))
    .catch((error: unknown) => error);

  // Where localhost is ::1 first, nobody listens; it was asked all the same.
  for (const result of [byAddress, byNetwork])
    expect(result).toSatisfy(
      (one: object) => 'status' in one || ('code' in one && one.code === 'outside-unreachable'),
    );
});

test('private, link-local and metadata addresses are known as such', () => {
  const hidden = [
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a00:1',
  ];
  const open = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2001:4860:4860::8888', '::ffff:8.8.8.8'];

  expect(hidden.filter((address) => !isPrivate(address))).toEqual([]);
  expect(open.filter(isPrivate)).toEqual([]);
});

test('a redirect is an answer and is not followed', async () => {
  answer = (_request, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();

  const got = await http(`127.0.0.1:${port}`).ask(get(`http://127.0.0.1:${port}/`));

  expect(got.status).toBe(302);
  expect(asked).toHaveLength(1);
});

test('of a long answer the first 64 kB are read', async () => {
  answer = (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(16_384)), 1);
    response.once('close', () => clearInterval(timer));
  };

  const got = await http(`127.0.0.1:${port}`).ask(get(`http://127.0.0.1:${port}/`));

  expect(got).toMatchObject({ truncated: true, body: 'x'.repeat(65_536) });
});

test('a body is sent as JSON, with secrets filled in on the way', async () => {
  process.env.TEST_ACCOUNT_PASSWORD = 'correct horse é';
  answer = (request, response) =>
    void request.pipe(response.writeHead(201, { 'x-type': request.headers['content-type'] }));

  const got = await posting(`127.0.0.1:${port}/login`).ask({
    ...get(`http://127.0.0.1:${port}/login`),
    method: 'POST',
    body: { email: 'a@janua.example' },
    secrets: { password: 'env:TEST_ACCOUNT_PASSWORD' },
  });

  expect(got.status).toBe(201);
  expect(JSON.parse(got.body)).toEqual({ email: 'a@janua.example', password: 'correct horse é' });
});

test('a POST goes only where a listed address says so', async () => {
  const client = posting(`127.0.0.1:${port}/login`);

  for (const path of ['/', '/login/', '/login/../users', '/users?x=/login', '//login'])
    await expect(
      client.ask({ ...get(`http://127.0.0.1:${port}${path}`), method: 'POST' }),
      path,
    ).rejects.toMatchObject({
      code: 'target-refused',
      message: expect.stringContaining('under http.post in connections.yml'),
    });
  expect(asked).toEqual([]);
});

test('no answer within 5 s, a refused connection and an abort end the request', async () => {
  answer = () => undefined;
  const client = http(`127.0.0.1:${port}`, '127.0.0.1:1');
  const abort = new AbortController();

  const asks = [
    client.ask(get(`http://127.0.0.1:${port}/`)),
    client.ask(get('http://127.0.0.1:1/')),
    client.ask({ ...get(`http://127.0.0.1:${port}/`), signal: abort.signal }),
  ];
  setTimeout(() => abort.abort(new Error('aborted by Ben')), 50);
  const [silent, closed, aborted] = await Promise.allSettled(asks);

  expect(silent).toMatchObject({
    reason: { retry: 'later', message: `\`127.0.0.1:${port}\` does not answer: no answer within 5 s.` },
  });
  expect(closed).toMatchObject({
    reason: { code: 'outside-unreachable', message: '`127.0.0.1:1` does not answer: ECONNREFUSED.' },
  });
  expect(aborted).toMatchObject({ reason: { message: 'aborted by Ben' } });
}, 10_000);

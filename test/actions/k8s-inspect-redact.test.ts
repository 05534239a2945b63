import { expect, test } from 'vitest';
import { looksSecret, redact } from '../../src/actions/k8s-redact.ts';
import { remember } from '../../src/clients/secrets.ts';

/** Each holds the word CANARY, which must not come through. */
const SECRETS = [
  'connect postgres://veza:CANARY@db:5432/veza failed',
  'connect postgres://veza:p@ss/CANARY:d@db:5432/veza failed',
  'connect "postgres://veza:p"CANARY\'x@db:5432/veza" failed',
  'redis://:CANARY@cache:6379/0',
  'cloning https://CANARY@github.com/veza/api',
  'GET /callback?code=1&access_token=CANARY HTTP/1.1',
  'jdbc:postgresql://db:5432/veza?user=veza&password=CANARY',
  'host=db user=veza password=CANARY dbname=veza',
  'PGPASSWORD=CANARY psql',
  'DB_PASS=CANARY',
  'DB_PASS=ab"CANARY',
  '{"user":"a","password":"CAN CANARY"}',
  String.raw`{"log":"{\"apiKey\":\"CANARY\"}"}`,
  '{"password":"CANARY cut off by the end of the line',
  "headers { 'authorization': 'Basic CANARY' }",
  'Authorization: Bearer CANARY.x.y and more CANARY',
  'Set-Cookie: sid=CANARY; Path=/',
  'used bearer CANARY123 to sign in',
  'login --password CANARY --user bob',
  'x-api-key: CANARY',
  'passphrase => "CANARY"',
  'the password is CANARY',
  'SECRET_KEY_BASE: CANARY',
  'session_id=CANARY',
  'sentry_dsn=CANARY',
  'pass\u001b[31mword\u001b[0m=\u001b[1mCANARY',
  'key\r-----BEGIN RSA PRIVATE KEY-----\nCANARY\nCANARY\n-----END RSA PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\nCANARY and no end',
  'token xoxb-CANARY-1234567890',
  'eyJhbGciOiJIUzI1NiJ9.CANARY.sig',
  'AKIACANARY1234567890',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCANARY12345',
  'c0ffee00c0ffee00c0ffee00c0ffeeCANARY'.replace('CANARY', 'cafe'),
  `${'x'.repeat(990)} postgres://veza:CANARY${'y'.repeat(50)}@db`,
];

test.each(SECRETS)('%s', (text) => {
  const clean = redact(text);

  expect(clean).not.toMatch(/CANARY|c0ffee/);
  expect(redact(clean)).toBe(clean);
});

const HARMLESS = [
  'tests passed: 5, failed: 3',
  'MountVolume.SetUp failed for volume "x" : secret "veza-secrets" not found',
  "couldn't find key DATABASE_URL in Secret veza/veza-secrets",
  `Back-off pulling image "veza/api:2.8.0@sha256:${'1a2b3c4d'.repeat(8)}"`,
  'request 7c9e6679-7425-40de-944b-e07fc1f90ae7 done in 12 ms',
  'Created pod: veza-backend-api-5d9c7b8f6d-x2x4z',
  'could not open /var/lib/postgresql/15/main/base/16384/pg_filenode.map',
  'at io.veza.Payments.handle(Payments.java:42)',
  'FATAL:  password authentication failed for user "veza"',
  'tokens used: 512',
  'deployment veza-token-service started',
  'listening on http://127.0.0.1:8080/health?full=1',
];

test.each(HARMLESS)('%s', (text) => {
  expect(redact(text)).toBe(text);
});

test('values the bot has resolved, and those a template holds, are hidden wherever they stand', () => {
  remember('resolved-by-the-bot');

  expect(redact('a resolved-by-the-bot b from-the-template c', ['from-the-template'])).toBe(
    'a [hidden] b [hidden] c',
  );
});

test('a line without end and without spaces takes no time', () => {
  const begin = performance.now();

  expect(redact('a.b-c='.repeat(50_000))).toBe('…');
  redact(`${'token-'.repeat(166)}\n`.repeat(50));

  expect(performance.now() - begin).toBeLessThan(2_000);
});

test.each([
  ['LOG_LEVEL', 'debug', false],
  ['DATABASE_URL', 'anything', true],
  ['API_TOKEN', 'x', true],
  ['SIGNING_KEY', 'x', true],
  ['CACHE', 'redis://:hunter2@cache', true],
  ['GREETING', 'hello', false],
])('the variable %s with %s: secret %s', (name, value, secret) => {
  expect(looksSecret(name, value)).toBe(secret);
});

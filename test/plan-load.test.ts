import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { actions } from '../src/actions/index.ts';
import { Connections } from '../src/domain/connections.ts';
import { People } from '../src/domain/people.ts';
import { AppError } from '../src/errors.ts';
import { checkPlan, parseYaml } from '../src/plan-load.ts';

const JANUA = readFileSync(new URL('../plans/janua.yml', import.meta.url), 'utf8');

const people = People.parse({
  people: { ana: { name: 'Ana' }, ben: { name: 'Ben' }, mina: { name: 'Mina' } },
});
const connections = Connections.parse({
  postgres: { 'janua-primary': { url: 'env:JANUA_PG_URL' } },
  kubernetes: { janua: { kubeconfig: 'env:JANUA_KUBECONFIG', context: 'janua', uid: 'u' } },
  s3: {
    'janua-backups': { bucket: 'janua-backups', region: 'eu-west-1' },
    'janua-backups-west': { bucket: 'janua-backups-west', region: 'us-west-2' },
  },
  sns: { 'janua-dr': { topicArn: 'arn:aws:sns:eu-west-1:1:janua-dr', region: 'eu-west-1' } },
  redis: { 'janua-sessions': { url: 'env:JANUA_REDIS_URL' } },
  secrets: { 'janua-test-account': 'env:JANUA_TEST_ACCOUNT' },
  vars: { 'janua-url': 'http://127.0.0.1:1' },
});

/** The faults of Janua's plan after a change of its text, one a line. */
function faultsAfter(from: string | RegExp, to: string): readonly string[] {
  const source = JANUA.replace(from, to);
  if (source === JANUA) throw new Error(`plans/janua.yml no longer holds ${from}`);
  try {
    checkPlan(parseYaml(source, 'plans/janua.yml'), actions, people, connections);
    return [];
  } catch (error) {
    return error instanceof AppError ? error.details : [String(error)];
  }
}

test("Janua's plan has no fault and names its sources", () => {
  const { plan } = checkPlan(parseYaml(JANUA, 'plans/janua.yml'), actions, people, connections);

  expect(plan.runbooks['restore-postgres']?.provenance).toEqual(expect.arrayContaining(['J-91', 'J-99']));
});

test.each([
  [
    'a misspelt key',
    'timeZone: UTC\n',
    'timezone: UTC\n',
    /^plans\/janua\.yml:\d+:\d+ backups\[0\]\.timezone: unknown key "timezone"$/,
  ],
  [
    'a duration nobody can read',
    'rto: 4h',
    'rto: four hours',
    /objectives\.rto: expected a duration like "30m"/,
  ],
  [
    'an action that does not exist',
    'uses: backup.find',
    'uses: backup.fnd',
    /runbooks\.restore-postgres\.steps\[2\]\.uses: there is no action "backup\.fnd"; did you mean "backup\.find"\?/,
  ],
  [
    'a wrong parameter',
    'maxConnections: 2',
    'maxConnections: two',
    /components\[0\]\.restore\.maxConnections: expected number/,
  ],
  [
    'a parameter the action does not know',
    'successes: 5, every',
    'succeses: 5, every',
    /steps\[13\]\.with\.succeses: unknown key/,
  ],
  [
    'a reference that leads nowhere',
    '"${find.key}", etag',
    '"${finds.key}", etag',
    /steps\[3\]\.with: \$\{finds\.key\} names no earlier step/,
  ],
  [
    'a reference to what a step does not give',
    '"${find.key}", etag',
    '"${find.kee}", etag',
    /steps\[3\]\.with: step "find" \(backup\.find\) gives no "kee"; did you mean "key"\? It gives: key, etag, /,
  ],
  [
    'an input that is not there',
    '"${inputs.before}"',
    '"${inputs.befor}"',
    /there is no input "befor"; did you mean "before"\?/,
  ],
  [
    'an effect outside a gate',
    /uses: backup\.verify\n\s+with: .*\n/,
    'uses: pg.swap\n        with: { component: postgres, scratch: x }\n',
    /steps\[4\]\.uses: pg\.swap changes the system, so it must stand inside a gate/,
  ],
  [
    'a class that is lowered',
    'expected: 2s\n            provenance: [J-84]',
    'class: read',
    /class: k8s\.scale is reversible; a plan may raise a class, never lower it/,
  ],
  [
    'one approver',
    'approvers: [ana, ben, mina]',
    'approvers: [ana]',
    /approvals\.approvers: 1 eligible; a gate needs two different people/,
  ],
  [
    'an approver nobody knows',
    'approvers: [ana, ben, mina]',
    'approvers: [ana, ben, zoe]',
    /approvals\.approvers: there is no person "zoe"/,
  ],
  [
    'a bucket that is not connected',
    'connection: janua-backups, prefix',
    'connection: janua-backup, prefix',
    /backups\[0\]\.locations\[0\]\.connection: there is no bucket connection "janua-backup"; did you mean "janua-backups"\?/,
  ],
  [
    'a source that nothing reads',
    'source: pg-archiver',
    'source: archiver',
    /backups\[2\]\.locations\[0\]\.source: expected one of s3, directory, pgbackrest, pg-archiver, /,
  ],
  [
    'a backup that a step cannot find',
    '{ backup: pg-daily, before',
    '{ backup: pg-dayly, before',
    /steps\[2\]\.with\.backup: there is no backup "pg-dayly"; did you mean "pg-daily"\?/,
  ],
  [
    'a log that a step cannot restore',
    '{ backup: pg-daily, before',
    '{ backup: pg-wal, before',
    /steps\[2\]\.with\.backup: "pg-wal" cannot be restored by backup\.find/,
  ],
  [
    'a component that a step cannot find',
    'uses: pg.swap\n            with: { component: postgres, scratch',
    'uses: pg.swap\n            with: { component: postgress, scratch',
    /steps\[12\]\.steps\[1\]\.with: The plan has no component `postgress`/,
  ],
  [
    'a cluster that a step cannot find',
    '{ cluster: janua, namespace: janua, deployments: [janua-api, janua-worker], replicas: 0 }\n            timeout: 2m\n            expected',
    '{ cluster: jaua, namespace: janua, deployments: [janua-api, janua-worker], replicas: 0 }\n            timeout: 2m\n            expected',
    /steps\[12\]\.steps\[0\]\.with: there is no kubernetes connection of connections\.yml "jaua"; did you mean "janua"\?/,
  ],
  [
    'a former step that a step cannot find',
    'restore: stop }\n            timeout: 2m\n            expected',
    'restore: stopp }\n            timeout: 2m\n            expected',
    /steps\[12\]\.steps\[2\]\.with: there is no earlier step "stopp"; did you mean "stop"\?/,
  ],
  [
    'a step that has not been yet',
    'restore: stop }\n            timeout: 2m\n            expected',
    'restore: soak }\n            timeout: 2m\n            expected',
    /with: there is no earlier step "soak".* Known: assess, /,
  ],
  [
    'a secret that a step cannot find',
    'password: janua-test-account',
    'password: janua-test-acount',
    /with: there is no secret of connections\.yml "janua-test-acount"; did you mean "janua-test-account"\?/,
  ],
  [
    'a Redis server that a step cannot find',
    '{ connection: janua-sessions }\n        timeout: 1m\n        provenance: [J-60]',
    '{ connection: sessions }\n        timeout: 1m\n        provenance: [J-60]',
    /with: there is no redis connection of connections\.yml "sessions"\. Known: janua-sessions/,
  ],
  [
    'a topic that a step cannot find',
    'connection: janua-dr\n          subject: PostgreSQL Restore',
    'connection: janua-rd\n          subject: PostgreSQL Restore',
    /with: there is no sns connection of connections\.yml "janua-rd"; did you mean "janua-dr"\?/,
  ],
  [
    'a person whom a step cannot find',
    'evidence: text',
    'assignee: bob, evidence: text'.replace(', ', '\n          '),
    /with: there is no person or role "bob"; did you mean "ben"\?/,
  ],
  [
    'a name pattern without a date',
    '{YYYYmmdd_HHMMSS}',
    '{*}',
    /backups\[0\]\.namePattern: expected a time like/,
  ],
  ['a step id used twice', 'id: fetch\n', 'id: find\n', /"find" is used twice in this runbook/],
])('%s is told with file, line, column and what was expected', (_, from, to, wanted) => {
  const faults = faultsAfter(from, to);

  expect(
    faults.some((fault) => /^plans\/janua\.yml:\d+:\d+ /.test(fault) && wanted.test(fault)),
    faults.join('\n'),
  ).toBe(true);
});

test('every fault is told at once', () => {
  const broken = JANUA.replace('rto: 4h', 'rto: soon').replace('clock: declared', 'clock: whenever');

  expect(() => checkPlan(parseYaml(broken, 'plans/janua.yml'), actions, people, connections)).toThrow(
    /objectives\.rto[\s\S]*clock|clock[\s\S]*objectives\.rto/,
  );
});

test.each([
  ['aliases', 'a: &x [1]\nb: *x\n', /aliases/],
  ['repeated keys', 'a: 1\na: 2\n', /this key stands here twice/],
  ['tags that run code', "a: !!js/function 'x'\n", /Unresolved tag/],
  ['a file that is too large', `a: "${'x'.repeat(300_000)}"\n`, /larger than 256 kB/],
  ['values nested too deep', `a: ${'['.repeat(50)}${']'.repeat(50)}\n`, /nested deeper/],
  ['broken YAML', 'a: [1\n', /plans\/x\.yml:\d+:\d+/],
])('%s are refused', (_, source, wanted) => {
  expect(() => parseYaml(source, 'plans/x.yml')).toThrow(wanted);
});

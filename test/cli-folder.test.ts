import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkFolder, runbookByHand } from '../src/cli-folder.ts';

const PLANS = fileURLToPath(new URL('../plans/', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dr-test-'));
  await mkdir(join(folder, 'plans'));
  for (const name of ['people', 'connections'])
    await cp(join(PLANS, `${name}.example.yml`), join(folder, `${name}.yml`));
});

afterEach(() => rm(folder, { recursive: true }));

const check = async () => checkFolder({ DR_CONFIG: folder });
const write = (name: string, content: string | Buffer) => writeFile(join(folder, name), content);

describe('a folder', () => {
  test('is checked with nothing but itself, and says what it holds', async () => {
    await cp(join(PLANS, 'janua.yml'), join(folder, 'plans', 'janua.yml'));

    const { plans, faults } = await check();

    expect(faults).toEqual([]);
    expect(plans).toMatchObject([{ system: 'janua', runbooks: 4 }]);
    expect(plans[0]?.warnings.length).toBeGreaterThan(0);
  });

  test('without a plan is a fault', async () => {
    expect((await check()).faults).toEqual([`There is no plan in ${folder}/plans.`]);
  });

  test('with faults in each of its files tells all of them at once', async () => {
    await write('connections.yml', 'postgress: {}\n');
    await write('people.yml', 'people: { ana: { slack: [x] } }\n');
    await write('plans/shop.yml', 'system: shop\nrunbooks: { x: {} }\n');

    const { plans, faults } = await check();

    expect(plans).toEqual([]);
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^connections\.yml:1:\d+ postgress: unknown key/),
        'people.yml:1:16 people.ana.name: is missing',
        expect.stringMatching(/^plans\/shop\.yml:2:\d+ runbooks\.x\.title: is missing/),
      ]),
    );
  });

  test('with an account of two people says where', async () => {
    await write(
      'people.yml',
      'people:\n  ana: { name: Ana, slack: [U0ANA] }\n  ben: { name: Ben, slack: [U0ANA] }\n',
    );

    expect((await check()).faults).toContain(
      'people.yml:3:29 people.ben.slack.0: U0ANA already belongs to ana',
    );
  });

  test('that is not there, or not named, is told with the next step', async () => {
    await expect(checkFolder({ DR_CONFIG: join(folder, 'none') })).rejects.toThrow(
      'none/connections.yml cannot be read',
    );
    await expect(checkFolder({})).rejects.toThrow('DR_CONFIG is missing.');
  });
});

describe('a file', () => {
  test.each([
    ['that is empty', '', '1:1 file: is empty'],
    ['with a tab', 'system: x\n\tname: y\nruns: a: b\n', '2:1 Tabs are not allowed as indentation'],
    ['with a colon in a text', 'system: a: b\n', '1:9 a text with ": " in it must stand in quotes'],
    ['with two documents', 'a: 1\n---\nb: 1\n', '2:1 a file holds one document: take out the line "---"'],
    [
      'that is not UTF-8',
      Buffer.from('a: 1\nname: K\xf6ln\n', 'latin1'),
      '2:1 the file is not UTF-8 here; save it as UTF-8',
    ],
  ])('%s is one fault', async (_, content, fault) => {
    await write('plans/x.yml', content);

    expect((await check()).faults).toEqual([`plans/x.yml:${fault}`]);
  });

  test('with keys that stand twice tells each of them', async () => {
    await write('plans/x.yml', 'a: 1\na: 2\nb: 1\nb: 2\n');

    expect((await check()).faults).toEqual(
      [2, 4].map((line) => `plans/x.yml:${line}:1 this key stands here twice`),
    );
  });

  test('that is a folder is named', async () => {
    await mkdir(join(folder, 'plans', 'x.yml'));

    expect((await check()).faults[0]).toContain('plans/x.yml cannot be read (EISDIR');
  });
});

test('a runbook is written out by hand from the folder alone', async () => {
  await cp(join(PLANS, 'janua.yml'), join(folder, 'plans', 'janua.yml'));

  const page = await runbookByHand({ DR_CONFIG: folder }, 'janua', 'restore-postgres');

  expect(page).toContain('kubectl scale deployment janua-api');
  // Nothing of connections.yml is needed beside it but the secrets.
  expect(page).toMatch(/aws s3api list-objects-v2 --bucket janua-backups --region \S+ --prefix/);
  expect(page).not.toContain('${vars.');
  expect(page).toMatch(/curl .*https?:\/\/\S+\/health/);
  await expect(runbookByHand({ DR_CONFIG: folder }, 'janua', 'restore')).rejects.toThrow(
    'There is no runbook "restore" in a plan "janua". Known: janua restore-postgres',
  );
});

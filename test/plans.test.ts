import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { actions } from '../src/actions/index.ts';
import { readConfigFolder } from '../src/config-folder.ts';
import type { Json } from '../src/domain/canonical.ts';

const PLANS = fileURLToPath(new URL('../plans', import.meta.url));

/** What each plan promises and its sources do not keep: told as warnings, for the owner to decide. */
const WARNINGS: Readonly<Record<string, readonly RegExp[]>> = {
  auditron: [
    /one logical backup every 24 h cannot keep RPO 15 min of postgres: .* no runbook restores from pg-wal$/,
    /one sync backup every 1 h cannot keep RPO 1 h of files: up to 1 h 10 min are lost$/,
  ],
  janua: [
    /one logical backup every 24 h cannot keep RPO 5 min of postgres: .* no runbook restores from pg-wal$/,
    /one snapshot backup every 24 h cannot keep RPO 24 h of elasticsearch: up to 24 h 30 min are lost$/,
  ],
  santokit: [/"hub-weekly" cannot run yet: nothing restores a snapshot backup from rds, aws-backup$/],
  veza: [
    /one logical backup every 24 h cannot keep RPO 1 h of postgres: up to 24 h 30 min are lost$/,
    /one sync backup every 1 h cannot keep RPO 1 h of uploads: up to 1 h 10 min are lost$/,
  ],
};

/**
 * The rows of the sources that speak of backups: objectives, schedules, retention, places, encryption, monitoring, alerts and
 * restore tests. Not here, because no backup answers them: steps of procedures (J-49 to J-107, S-34, S-35, S-40 to S-86, A-27
 * to A-63, V-12 to V-80 but for where they name what is backed up), drills of more than a backup (J-109 to J-111, J-124 to
 * J-128, S-87, S-89, S-90, S-94 to S-96, A-69 to A-73, V-82 to V-84, V-96 to V-109), what people do and sign (J-131, J-132,
 * J-138, J-143 to J-146, J-154, J-155, S-97), and a contact that nobody has named (J-136).
 */
const ROWS: Readonly<Record<string, string>> = {
  janua:
    'J-05..10 J-12..47 J-59 J-61 J-76 J-108 J-112..116 J-119..123 J-129 J-130 J-133..135 J-137 J-139..142 J-147..153',
  santokit: 'S-01 S-02 S-08 S-10..33 S-36..39 S-77 S-78 S-88 S-91..93',
  auditron: 'A-01..26 A-64..68 A-74..89 A-97..104',
  veza: 'V-01 V-02 V-05 V-06 V-08..11 V-32 V-33 V-42 V-56 V-57 V-63..66 V-68 V-81 V-85..95',
};
/** Where sources contradict each other or themselves about backups. */
const CONTRADICTIONS = 'C-03..07 C-12 C-15 C-18 C-20 C-21 C-27 C-28';

describe('the plans that ship', () => {
  test('load with the example of connections and people beside them, and no example is taken for a plan', async () => {
    const { plans, faults } = await shipped();

    expect(faults).toEqual([]);
    expect(plans.map(({ plan }) => plan.system)).toEqual(['auditron', 'janua', 'santokit', 'veza']);
  });

  test('are warned of exactly what their sources cannot keep', async () => {
    for (const { plan, warnings } of (await shipped()).plans) {
      const wanted = WARNINGS[plan.system] ?? [];

      expect(warnings, warnings.join('\n')).toEqual(wanted.map((text) => expect.stringMatching(text)));
    }
  });

  test('answer every row of their sources that speaks of backups', async () => {
    for (const { plan, file } of (await shipped()).plans) {
      const answered = provenanceIn(file.body);

      expect(idsOf(ROWS[plan.system] ?? '').filter((row) => !answered.has(row))).toEqual([]);
    }
  });

  test('say where they decide between sources that contradict each other', async () => {
    const { plans } = await shipped();
    const answered = new Set(plans.flatMap(({ file }) => [...provenanceIn(file.body)]));

    expect(idsOf(CONTRADICTIONS).filter((row) => !answered.has(row))).toEqual([]);
  });

  test('name rows of their own sources only', async () => {
    for (const { plan, file } of (await shipped()).plans) {
      const own = plan.system.slice(0, 1).toUpperCase();
      const strange = [...provenanceIn(file.body)].filter(
        (row) => !row.startsWith(own) && !row.startsWith('C'),
      );

      expect(strange).toEqual([]);
    }
  });
});

/** A folder for DR_CONFIG, made as the examples say. */
async function shipped() {
  const folder = await mkdtemp(join(tmpdir(), 'plans-'));
  try {
    await mkdir(join(folder, 'plans'));
    for (const name of await readdir(PLANS)) await copyFile(join(PLANS, name), join(folder, 'plans', name));
    for (const name of ['connections', 'people'])
      await copyFile(join(PLANS, `${name}.example.yml`), join(folder, `${name}.yml`));
    return await readConfigFolder(folder, actions);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every row that a `provenance` names, at any depth. */
function provenanceIn(value: Json): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return new Set();
  const rows = Object.entries(value).flatMap(([key, inner]) =>
    key === 'provenance' && Array.isArray(inner) ? inner.map(String) : [...provenanceIn(inner)],
  );
  return new Set(rows);
}

/** `J-12..14 J-20` is J-12, J-13, J-14 and J-20. */
function idsOf(text: string): readonly string[] {
  return text.split(' ').flatMap((part) => {
    const [, letter = '', first = '', last = first] = /^([A-Z])-(\d+)(?:\.\.(\d+))?$/.exec(part) ?? [];
    const numbers = Array.from(
      { length: Number(last) - Number(first) + 1 },
      (_, index) => Number(first) + index,
    );
    return numbers.map((number) => `${letter}-${String(number).padStart(2, '0')}`);
  });
}

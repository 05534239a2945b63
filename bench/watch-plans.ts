import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a bot reads that watches so many backups of so many systems: a folder for DR_CONFIG, all of it in one store. */
export async function writePlans(
  folder: string,
  { systems, backups, endpoint }: { systems: number; backups: number; endpoint: string },
): Promise<void> {
  await mkdir(join(folder, 'plans'), { recursive: true });
  const keys = { accessKeyId: 'env:BENCH_S3_KEY', secretAccessKey: 'env:BENCH_S3_KEY' };
  const store = { bucket: 'bench', region: 'eu-west-1', endpoint, ...keys };
  // JSON is YAML.
  await writeFile(join(folder, 'connections.yml'), JSON.stringify({ s3: { store } }));
  const people = {
    ana: { name: 'Ana', slack: ['U0000000ANA'] },
    ben: { name: 'Ben', slack: ['U0000000BEN'] },
  };
  await writeFile(join(folder, 'people.yml'), JSON.stringify({ people }));
  for (let n = 0; n < systems; n += 1)
    await writeFile(join(folder, 'plans', `system-${n}.yml`), JSON.stringify(planOf(`system-${n}`, backups)));
}

function planOf(system: string, backups: number) {
  const means = { label: 'Bench', means: 'Nothing is really broken' };
  return {
    system,
    name: system,
    owner: 'Bench',
    objectives: { rto: '4h', rpo: '25h' },
    components: [{ id: 'files', name: 'Files', kind: 'files' }],
    severities: { SEV1: means, SEV2: means, SEV3: means, SEV4: means },
    approvals: { approvers: ['ana', 'ben'], escalateTo: ['ana'] },
    runbooks: {},
    backups: Array.from({ length: backups }, (_, n) => ({
      id: `backup-${n}`,
      component: 'files',
      kind: 'export',
      schedule: { cron: '0 2 * * *' },
      namePattern: 'db_{YYYYmmdd_HHMMSS}.dump',
      retention: { daily: 14 },
      alerts: { age: '25h' },
      locations: [
        {
          id: 'bucket',
          role: 'primary',
          failureDomain: 'eu',
          source: 's3',
          connection: 'store',
          prefix: `${system}/backup-${n}/daily-30/`,
        },
      ],
    })),
  };
}

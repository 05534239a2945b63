import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clients } from '../../src/clients/index.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { judge } from '../../src/domain/rules/index.ts';
import type { RuleId, Verdict } from '../../src/domain/verdict.ts';
import { createInspector } from '../../src/jobs/inspector.ts';
import { type Looked, subjectOf } from '../../src/jobs/watch.ts';

const DAY = 24 * 3_600_000;

type Told = Pick<Verdict, 'health' | 'title' | 'text' | 'facts'>;

/** One look at every backup of a plan at once, as the bot takes it: by its inspector, its clients and its rules. */
export async function roundOf(plan: Plan, clients: Clients, now: Date) {
  const workDir = await mkdtemp(join(tmpdir(), 'dr-round-'));
  const signal = AbortSignal.timeout(60_000);
  const inspector = createInspector({ clients, workDir, shutdown: signal });
  const looks = new Map<string, Looked>();
  try {
    const verdicts = (await Promise.all(plan.backups.map(judged))).flat();
    const of = (id: string) => verdicts.filter(({ backup }) => backup === id);
    return {
      /** What one rule says of one object of a backup. */
      told(id: string, rule: RuleId, object: string): Told | undefined {
        const found = of(id).find((verdict) => verdict.rule === rule && verdict.object === object);
        return found && { health: found.health, title: found.title, text: found.text, facts: found.facts };
      },
      /** Everything that is not well with a backup: `R2 critical`. */
      wrong: (id: string) =>
        of(id).flatMap(({ rule, health }) => (health === 'ok' ? [] : `${rule} ${health}`)),
      looked: (id: string) => looks.get(id),
    };
  } finally {
    await rm(workDir, { recursive: true });
  }

  async function judged(backup: Plan['backups'][number]): Promise<readonly Verdict[]> {
    const looked = await inspector.backup(plan, backup, { now, signal, known: null });
    looks.set(backup.id, looked);
    const history = looked.listing?.state === 'seen' ? looked.listing.value.newest : [];
    const subject = subjectOf(plan, backup, new Date(now.getTime() - 90 * DAY));
    return judge(subject, { ...looked, history, restoreTests: [] }, now);
  }
}

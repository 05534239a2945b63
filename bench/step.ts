import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import type { AnyAction } from '../src/actions/action.ts';
import { createClients } from '../src/clients/index.ts';
import { toJson } from '../src/domain/canonical.ts';
import { Connections } from '../src/domain/connections.ts';
import type { Actor } from '../src/domain/events.ts';
import { isRefusal, type Refusal } from '../src/domain/refusal.ts';
import { advanceRun } from '../src/jobs/run.ts';
import { createQueue } from '../src/queue/boss.ts';
import { createIncidents } from '../src/services/incidents.ts';
import { createPlans } from '../src/services/plans.ts';
import { createRuns } from '../src/services/runs.ts';
import { readRun } from '../src/store/aggregates.ts';
import { createCommit } from '../src/store/commit.ts';
import { createDatabase, type Database, type Tx } from '../src/store/database.ts';
import { median } from './median.ts';
import { type Store, startStore } from './store.ts';

const PAIRS = 3;
const STEPS = 60;
const ANA: Actor = { person: 'ana', via: 'cli', account: null };

/** What the numbers are of, in the output too. */
const counted = {
  engineMsPerStep:
    'a run of steps that do nothing, by the real worker on the real store, from its first step to its end',
  bareMsPerStep:
    'the statements the worker sent, the same texts and values in the same order, by one client on a copy of the database as it was before the run',
  statementsPerStep: 'with begin and commit, without those of the queue looking for jobs',
};

const nothing: AnyAction = {
  name: 'bench.nothing',
  summary: 'Does nothing.',
  schema: z.strictObject({}),
  class: 'read',
  recovery: 'safe',
  gives: {},
  preview: async () => ({ lines: [], bound: null, shown: [], undo: [], blocked: [] }),
  run: async () => ({ kind: 'done', summary: 'nothing', output: {}, facts: [] }),
};

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a step costs beside what it does: the engine's run beside its own statements, sent bare. */
export async function step() {
  const store = await startStore();
  try {
    const run = await prepareRun(store);
    const pairs: { engineMsPerStep: number; bareMsPerStep: number; statementsPerStep: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      for (const side of ['engine', 'bare'])
        await store.admin(`create database ${side}${pair} template bench`, 'postgres');
      const engine = await playEngine(store.url(`engine${pair}`), run);
      const bareMs = await playBare(store.url(`bare${pair}`), engine.sent);
      pairs.push({
        engineMsPerStep: perStep(engine.ms),
        bareMsPerStep: perStep(bareMs),
        statementsPerStep: perStep(engine.sent.length),
      });
    }
    const of = (what: keyof (typeof pairs)[number]) => median(pairs.map((pair) => pair[what]));
    const [engineMsPerStep, bareMsPerStep] = [of('engineMsPerStep'), of('bareMsPerStep')];
    return {
      bench: 'step',
      steps: STEPS,
      engineMsPerStep,
      bareMsPerStep,
      ratio: Number((engineMsPerStep / bareMsPerStep).toFixed(2)),
      statementsPerStep: of('statementsPerStep'),
      counted,
      pairs,
    };
  } finally {
    await store.stop();
  }
}

const perStep = (all: number) => Number((all / STEPS).toFixed(2));

/** A started run that nobody works on yet, in a database without sessions, so that it can be copied. */
async function prepareRun(store: Store): Promise<string> {
  const db = createDatabase(store.url());
  const queue = createQueue(store.url(), { supervise: false, log: () => {} });
  await queue.start();
  const deps = { db, commit: createCommit(queue.enqueue) };
  const people = Object.fromEntries(
    ['ana', 'ben'].map((id) => [id, { name: id, slack: [`U0${id.toUpperCase()}`] }]),
  );
  const plan = {
    system: 'bench',
    name: 'Bench',
    owner: 'nobody',
    objectives: { rto: '1h', rpo: '5m' },
    components: [{ id: 'app', name: 'App', kind: 'kubernetes' }],
    approvals: { approvers: ['ana', 'ben'] },
    runbooks: {
      idle: {
        title: 'Do nothing',
        component: 'app',
        steps: Array.from({ length: STEPS }, (_, n) => ({
          id: `s${n}`,
          title: `Step ${n}`,
          uses: nothing.name,
        })),
      },
    },
  };
  await createPlans(deps).load(
    [
      { kind: 'people', name: 'people', body: toJson({ people }), source: '' },
      { kind: 'plan', name: 'bench', body: toJson(plan), source: '' },
    ],
    'bench',
  );
  const { incident } = taken(
    await createIncidents(deps).declare(ANA, 'bench', {
      title: 'A bench',
      severity: 'SEV1',
      impact: null,
      occurredAt: null,
      detectedAt: null,
    }),
  );
  const runs = createRuns(deps, { guarding: new Set(), irreversible: new Set() });
  const { run } = taken(await runs.start(ANA, { incident, runbook: 'idle', inputs: {}, reason: null }));
  await queue.stop();
  await db.close();
  return run;
}

async function playEngine(url: string, run: string): Promise<{ ms: number; sent: readonly Statement[] }> {
  const sent: Statement[] = [];
  const db = recording(createDatabase(url), sent);
  const queue = createQueue(url, { supervise: true, log: () => {} });
  const workDir = await mkdtemp(join(tmpdir(), 'dr-bench-'));
  const world = {
    db,
    commit: createCommit(queue.enqueue),
    clients: createClients(Connections.parse({})),
    actions: { [nothing.name]: nothing },
    workDir,
    log: () => {},
    shutdown: new AbortController().signal,
  };
  await queue.start();
  let began = 0;
  const over = new Promise<number>((resolve, reject) => {
    const work = queue.work('run', 1, async (job) => {
      began = performance.now();
      await advanceRun(world, async () => false, job);
      resolve(performance.now() - began);
    });
    work.catch(reject);
  });
  const ms = await over;
  const statements = [...sent];
  const outcome = (await readRun(db, run))?.state.outcome;
  if (outcome !== 'done') throw new Error(`The run ended as ${outcome}.`);
  await queue.stop();
  await db.close();
  await rm(workDir, { recursive: true, force: true });
  return { ms, sent: statements };
}

async function playBare(url: string, statements: readonly Statement[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const began = performance.now();
  for (const { text, values } of statements) await client.query(text, [...values]);
  const ms = performance.now() - began;
  await client.end();
  return ms;
}

/** The same database, with every statement written down. */
function recording(db: Database, sent: Statement[]): Database {
  const note = (text: string, values: readonly unknown[] = []) => void sent.push({ text, values });
  return {
    ...db,
    query: (text, values) => {
      note(text, values);
      return db.query(text, values);
    },
    transact: (work) =>
      db.transact(async (tx) => {
        note('begin');
        const recorded: Tx = {
          query: (text, values) => {
            note(text, values);
            return tx.query(text, values);
          },
        };
        const result = await work(recorded);
        note('commit');
        return result;
      }),
  };
}

function taken<Answer extends object>(answer: Answer | Refusal): Answer {
  if (isRefusal(answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  return answer;
}

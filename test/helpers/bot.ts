import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClients } from '../../src/clients/index.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { Connections } from '../../src/domain/connections.ts';
import type { Actor } from '../../src/domain/events.ts';
import type { Run } from '../../src/domain/run.ts';
import { AppError } from '../../src/errors.ts';
import { advanceRun } from '../../src/jobs/run.ts';
import { tick } from '../../src/jobs/tick.ts';
import type { World } from '../../src/jobs/world.ts';
import { createQueue } from '../../src/queue/boss.ts';
import { createApprovals } from '../../src/services/approvals.ts';
import { createIncidents } from '../../src/services/incidents.ts';
import { createPlans } from '../../src/services/plans.ts';
import { createRuns } from '../../src/services/runs.ts';
import { createViews } from '../../src/services/views.ts';
import { readApproval, readRun } from '../../src/store/aggregates.ts';
import { createCommit } from '../../src/store/commit.ts';
import { createDatabase } from '../../src/store/database.ts';
import { saveAccount } from '../../src/store/surroundings.ts';
import { createTestDatabase } from './database.ts';
import { type Ground, pretendActions } from './pretend-actions.ts';

/** Ana, Ben and Mina approve; Dan responds; each has one Slack account. */
export const CAST = {
  people: {
    ana: { name: 'Ana Duarte', slack: ['U0ANA', 'U0ANA2'] },
    ben: { name: 'Ben Okoye', slack: ['U0BEN'] },
    mina: { name: 'Mina Sato', slack: ['U0MINA'] },
    dan: { name: 'Dan Weber', slack: ['U0DAN'], responder: false },
  },
} as const;

export function person(id: keyof typeof CAST.people): Actor {
  return { person: id, via: 'slack', account: CAST.people[id].slack[0] };
}

/** A plan of one runbook: a look, a gate of two effects, and a check after it. */
export function smallPlan(changes: Record<string, unknown> = {}) {
  return {
    system: 'demo',
    name: 'Demo',
    owner: 'Platform',
    objectives: { rto: '1h', rpo: '5m' },
    components: [{ id: 'app', name: 'App', kind: 'kubernetes' }],
    approvals: { approvers: ['ana', 'ben', 'mina'] },
    runbooks: {
      recover: {
        title: 'Recover the demo',
        component: 'app',
        steps: [
          { id: 'look', title: 'Look at it', uses: 'test.look' },
          {
            gate: 'change',
            title: 'Change the demo',
            impact: 'Nobody can use the demo for a moment',
            steps: [
              { id: 'stop', title: 'Stop the demo', uses: 'test.effect', with: { name: 'stop' } },
              { id: 'swap', title: 'Swap the demo', uses: 'test.effect', with: { name: 'swap' } },
            ],
          },
          { id: 'after', title: 'Look again', uses: 'test.look' },
        ],
      },
    },
    ...changes,
  };
}

/** What the pretend effects did and shall do. A test reads and writes it. */
export interface Pretend {
  /** Names of effects in the order they were carried out or taken back (`-swap`). */
  readonly done: string[];
  /** Throws when the named effect runs. `after`: the effect happened all the same. */
  fail: Map<string, { error: Error; after: boolean }>;
  /** Identity under the fingerprint. */
  bound: string;
  /** Moves all the time and must never be hashed. */
  shown: number;
  blocked: string[];
  looks: number;
  /** How many looks afterwards and undos find the system away before it answers. */
  away: number;
}

export async function startBot(plan: Record<string, unknown> = smallPlan()) {
  const home = await createTestDatabase();
  const db = createDatabase(home.url, { max: 20 });
  const owner = createDatabase(home.ownerUrl, { max: 2 });
  await owner.query('create table test_clock (ms bigint not null)');
  await owner.query('insert into test_clock values (0)');
  await owner.query(
    `create or replace function dr_now() returns timestamptz language sql volatile security definer set search_path = public
     as 'select clock_timestamp() + make_interval(secs => (select ms from test_clock) / 1000.0)'`,
  );
  const queue = createQueue(home.url, { supervise: true, log: () => {} });
  await queue.start();
  const commit = createCommit(queue.enqueue);
  const deps = { db, commit };
  const pretend: Pretend = {
    done: [],
    fail: new Map(),
    bound: 'one',
    shown: 0,
    blocked: [],
    away: 0,
    looks: 0,
  };
  const workDir = await mkdtemp(join(tmpdir(), 'dr-test-'));
  const stopping = new AbortController();
  const logs: { fields: Record<string, unknown>; message: string }[] = [];
  const world: World = {
    db,
    commit,
    clients: createClients(Connections.parse({})),
    actions: pretendActions(inMemory(pretend)),
    workDir,
    log: (fields, message) => logs.push({ fields, message }),
    shutdown: stopping.signal,
  };
  const incidents = createIncidents(deps);
  const runs = createRuns(deps, { guarding: new Set(), irreversible: new Set() });
  const approvals = createApprovals(deps, async () => false);
  const plans = createPlans(deps);
  const views = createViews(deps);
  await plans.load(
    [
      { kind: 'people', name: 'people', body: toJson(CAST), source: '' },
      { kind: 'plan', name: String(plan.system), body: toJson(plan), source: '' },
    ],
    'test',
  );
  await refreshAccounts();

  async function refreshAccounts() {
    for (const { slack } of Object.values(CAST.people))
      for (const account of slack) await saveAccount(db, account, 'active', null);
  }

  const draft = () => ({
    status: 'investigating' as const,
    impact: 'none',
    changed: 'nothing',
    next: 'wait',
    expectedBack: null,
  });

  return {
    db,
    owner,
    queue,
    commit,
    world,
    incidents,
    runs,
    approvals,
    plans,
    views,
    pretend,
    logs,
    refreshAccounts,
    home,
    work: () => queue.work('run', 2, (job) => advanceRun(world, async () => false, job)),
    tick: () => tick({ world, queue, incidents, views, draft }),
    /** Moves the database's clock; accounts are looked up again as a click would do. */
    advance: async (ms: number) => {
      await owner.query('update test_clock set ms = ms + $1', [ms]);
      await refreshAccounts();
    },
    declare: async () => {
      const declared = await incidents.declare(person('ana'), String(plan.system), {
        title: 'The demo is broken',
        severity: 'SEV1',
        impact: null,
        occurredAt: null,
        detectedAt: null,
      });
      if ('kind' in declared) throw new Error(declared.code);
      return declared.incident;
    },
    start: async (incident: string) => {
      const started = await runs.start(person('ana'), {
        incident,
        runbook: 'recover',
        inputs: {},
        reason: null,
      });
      if ('kind' in started) throw new Error(started.code);
      return started.run;
    },
    run: async (id: string): Promise<Run> => {
      const located = await readRun(db, id);
      if (located === undefined) throw new Error(`${id} is not there`);
      return located.state;
    },
    approval: async (id: string) => {
      const located = await readApproval(db, id);
      if (located === undefined) throw new Error(`${id} is not there`);
      return located.state;
    },
    vote: (who: Actor, approval: string, digest: string) =>
      approvals.vote(who, { approval, digest, typedName: null, signature: null, sharedChannel: false }),
    stop: async () => {
      stopping.abort();
      await queue.stop();
      await db.close();
      await owner.close();
      await home.drop();
      await rm(workDir, { recursive: true, force: true });
    },
  };
}

/** Waits for something to become true; the error says what did not. */
export async function until<Value>(
  look: () => Promise<Value | undefined | false>,
  what: string,
  timeoutMs = 15_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(25);
  }
}

function inMemory(pretend: Pretend): Ground {
  const answers = () => {
    pretend.away -= 1;
    if (pretend.away >= 0)
      throw new AppError('outside-unreachable', 'it does not answer', { retry: 'later' });
  };
  return {
    facts: () => ({
      bound: { identity: pretend.bound },
      shown: [{ name: 'moves', value: String(pretend.shown) }],
      blocked: pretend.blocked,
    }),
    look: async () => {
      pretend.looks++;
      const fault = pretend.fail.get('look');
      if (fault !== undefined) throw fault.error;
    },
    apply: async (_, name) => {
      const fault = pretend.fail.get(name);
      if (fault === undefined || fault.after) pretend.done.push(name);
      pretend.fail.delete(name);
      if (fault !== undefined) throw fault.error;
    },
    happened: async (_, name) => {
      answers();
      return pretend.done.includes(name);
    },
    takeBack: async (_, name) => {
      answers();
      if (pretend.done.includes(name) && !pretend.done.includes(`-${name}`)) pretend.done.push(`-${name}`);
    },
  };
}

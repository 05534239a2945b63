import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Approval } from '../../src/domain/approval.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { type Actor, BOT, type DomainEvent } from '../../src/domain/events.ts';
import type { Change } from '../../src/store/commit.ts';
import { verifyChain } from '../../src/store/events.ts';
import { saveAccount } from '../../src/store/surroundings.ts';
import { requested, started } from '../domain/samples.ts';
import { startBot } from '../helpers/bot.ts';
import { assertStateEqualsLog } from '../helpers/replay.ts';
import { type Process, startProcess } from './processes.ts';
import type { Click } from './storm-process.ts';

const APPROVALS = 400;
const SEED = 701;
const OLD = 'e'.repeat(64);

const ACCOUNTS = {
  active: ['U0ANA', 'U0ANA2', 'U0BEN', 'U0BEN2', 'U0MINA', 'U0DAN', 'U0NOBODY'],
  bot: ['U0BOT'],
  guest: ['U0GUEST'],
  inactive: ['U0GONE'],
} as const;

const by = (person: string | null, account: string): Actor => ({ person, via: 'slack', account });
type Finger = { readonly actor: Actor; readonly typed?: string; readonly old?: boolean };

/** Sixteen fingers on every button at once: five of them could count, and two at most may. */
const FINGERS: readonly Finger[] = [
  { actor: by('ana', 'U0ANA') },
  { actor: by('ana', 'U0ANA') },
  { actor: by('ana', 'U0ANA2') },
  { actor: by('ben', 'U0BEN') },
  { actor: by('ben', 'U0BEN') },
  { actor: by('ben', 'U0BEN2') },
  { actor: by('mina', 'U0MINA') },
  { actor: by('mina', 'U0MINA'), typed: 'Demo' },
  { actor: by('mina', 'U0MINA'), old: true },
  { actor: by('dan', 'U0DAN') },
  { actor: by(null, 'U0NOBODY') },
  { actor: by('ben', 'U0BOT') },
  { actor: by('mina', 'U0GUEST') },
  { actor: by('mina', 'U0GONE') },
  { actor: by('ben', 'U0NEVERSEEN') },
  { actor: { person: 'ben', via: 'cli', account: 'ben' } },
];

/** Codes that only answer a hurried finger leave no event. */
const SILENT = new Set(['counted', 'approval-complete', 'name-does-not-match']);

let bot: Awaited<ReturnType<typeof startBot>>;
let processes: readonly Process[] = [];

beforeAll(async () => {
  bot = await startBot();
  await bot.owner.query('create table effects (run text, name text, primary key (run, name))');
  await bot.owner.query('grant select, insert on effects to drbot');
  const people = {
    ana: { name: 'Ana Duarte', slack: ['U0ANA', 'U0ANA2'] },
    ben: { name: 'Ben Okoye', slack: ['U0BEN', 'U0BEN2'] },
    mina: { name: 'Mina Sato', slack: ['U0MINA'] },
    dan: { name: 'Dan Weber', slack: ['U0DAN'] },
  };
  await bot.plans.load([{ kind: 'people', name: 'people', body: toJson({ people }), source: '' }], 'test');
  for (const [standing, accounts] of Object.entries(ACCOUNTS))
    for (const account of accounts)
      await saveAccount(bot.db, account, standing as keyof typeof ACCOUNTS, null);
  processes = await Promise.all([startProcess(bot.home.url), startProcess(bot.home.url)]);
});

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await bot.stop();
});

/** Finished runs that each still ask for an approval, every second one irreversible: as many as wanted for one system. */
async function askFor(incident: string): Promise<readonly { id: string; digest: string }[]> {
  const now = new Date();
  const at = now.toISOString();
  const asked = Array.from({ length: APPROVALS }, (_, n) => ({
    id: `APR-S${n}`,
    digest: n.toString(16).padStart(64, '0'),
  }));
  for (let from = 0; from < asked.length; from += 50) {
    const changes = asked.slice(from, from + 50).flatMap(({ id, digest }, n): readonly Change[] => {
      const run = `RUN-S${from + n}`;
      const irreversible = n % 2 === 1;
      return [
        {
          type: 'run',
          id: run,
          events: [
            started({ incident, system: 'demo' }),
            { kind: 'run.finished', outcome: 'done', cleaned: [], at },
          ],
        },
        {
          type: 'approval',
          id,
          events: [
            requested({
              run,
              incident,
              system: 'demo',
              digest,
              class: irreversible ? 'irreversible' : 'reversible',
              confirmName: irreversible ? 'demo' : null,
              requestedAt: at,
              approveBy: new Date(now.getTime() + 3_600_000).toISOString(),
            }),
          ],
        },
      ];
    });
    await bot.db.transact((tx) => bot.commit(tx, BOT, changes));
  }
  return asked;
}

function clickOn(approval: { id: string; digest: string }, { actor, typed, old }: Finger): Click {
  const digest = old ? OLD : approval.digest;
  const request = {
    approval: approval.id,
    digest,
    typedName: typed ?? 'demo',
    signature: null,
    sharedChannel: false,
  };
  return { actor, request };
}

function count(words: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const word of words) sums[word] = (sums[word] ?? 0) + 1;
  return sums;
}

describe(`${APPROVALS} approvals × ${FINGERS.length} fingers from two processes`, () => {
  test('count two distinct eligible people each and once, and record every other click', {
    timeout: 120_000,
  }, async () => {
    const asked = await askFor(await bot.declare());
    const orders = fc.sample(fc.shuffledSubarray([...FINGERS], { minLength: FINGERS.length }), {
      seed: SEED,
      numRuns: APPROVALS,
    });
    const clicks = asked.flatMap((approval, n) =>
      (orders[n] ?? FINGERS).map((finger) => clickOn(approval, finger)),
    );
    const halves = processes.map((_, half) => clicks.filter((__, n) => n % processes.length === half));

    const results = await Promise.all(
      processes.map((one, half) => one.order({ do: 'click', clicks: halves[half] ?? [], atOnce: 12 })),
    );

    const answers = results.flat();
    expect(answers.filter((answer) => answer.startsWith('error'))).toEqual([]);
    expect(answers).toHaveLength(APPROVALS * FINGERS.length);
    expect(count(answers).counted).toBe(2 * APPROVALS);

    const { rows: approvals } = await bot.db.query<{ state: Approval }>(
      "select state from approvals where id like 'APR-S%'",
    );
    expect(approvals).toHaveLength(APPROVALS);
    for (const { state } of approvals) {
      expect(state.status.is, state.id).toBe('approved');
      const voters = state.votes.map(({ person }) => person).sort();
      const allowed = state.class === 'irreversible' ? ['ben mina'] : ['ana ben', 'ana mina', 'ben mina'];
      expect(allowed, `${state.id}, seed ${SEED}`).toContain(voters.join(' '));
    }

    const { rows: events } = await bot.db.query<{ stream_id: string; canon: Buffer }>(
      "select stream_id, canon from events where stream_id like 'APR-S%'",
    );
    const logged = events.map(({ stream_id, canon }) => {
      const { event }: { event: DomainEvent } = JSON.parse(canon.toString('utf8'));
      return { id: stream_id, event };
    });
    const approvedOnce = logged.filter(({ event }) => event.kind === 'approval.approved').map(({ id }) => id);
    expect(new Set(approvedOnce).size).toBe(approvedOnce.length);
    const recorded = logged.flatMap(({ event }) =>
      event.kind === 'approval.click-refused' ? [event.code] : [],
    );
    expect(count(recorded)).toEqual(count(answers.filter((answer) => !SILENT.has(answer))));
    expect(Object.keys(count(recorded)).sort()).toEqual([
      'account-inactive',
      'already-approved',
      'approval-superseded',
      'bot-cannot-approve',
      'guest-or-external',
      'not-an-approver',
      'not-in-people-file',
      'requester-cannot-approve',
      'same-person',
      'signature-invalid',
    ]);

    expect(await deadlocks()).toBe(0);
    expect(await verifyChain(bot.db)).toMatchObject({ ok: true });
    expect(await assertStateEqualsLog(bot.db)).toBe(2 * APPROVALS + 1);
  });
});

async function deadlocks(): Promise<number | undefined> {
  const { rows } = await bot.db.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks;
}

describe('a gate that two processes open at once', () => {
  const RACES = 12;

  test(`opens once, in each of ${RACES} races, and each of its effects happens once`, async () => {
    const incident = await bot.declare();
    const ends: string[] = [];
    for (let race = 0; race < RACES; race++) {
      const run = await bot.start(incident);
      await processes[race % 2]?.order({ do: 'advance', run });
      const id = (await bot.run(run)).gates.change?.approval ?? '';
      const { digest } = await bot.approval(id);
      await bot.vote(by('ana', 'U0ANA'), id, digest);
      await bot.vote(by('ben', 'U0BEN'), id, digest);

      const results = await Promise.all(processes.map((one) => one.order({ do: 'advance', run })));

      ends.push(...results.flat());
      // Whoever came second took the claim; one of them carries on to the end, if need be in one more turn.
      await processes[0]?.order({ do: 'advance', run });
      expect((await bot.run(run)).outcome).toBe('done');
      expect((await bot.approval(id)).status.is).toBe('used');
      expect(await kindsOf(run)).toMatchObject({
        'gate.opened': 1,
        'gate.closed': 1,
        'run.finished': 1,
        'step.finished': 4,
      });
      expect(await kindsOf(id)).toMatchObject({
        'approval.vote-cast': 2,
        'approval.approved': 1,
        'approval.used': 1,
      });
    }
    const { rows } = await bot.db.query('select run, name from effects');
    expect(rows).toHaveLength(2 * RACES);
    // Races that nobody lost were none.
    expect(count(ends)['claim-lost'] ?? 0).toBeGreaterThan(RACES / 2);
    expect(Object.keys(count(ends)).sort()).toEqual(['claim-lost', 'rested']);
    expect(await deadlocks()).toBe(0);
    expect(await verifyChain(bot.db)).toMatchObject({ ok: true });
    await assertStateEqualsLog(bot.db);
  });

  test('is refused by the tables themselves where two runs of one system would each have one open', async () => {
    const incident = await bot.declare();
    const at = new Date().toISOString();
    const opened = (id: string): Change => ({
      type: 'run',
      id,
      events: [
        started({ incident, system: 'twice' }),
        { kind: 'run.finished', outcome: 'done', cleaned: [], at },
        { kind: 'gate.opened', gate: 'change', approval: 'APR-1', digest: OLD, at },
      ],
    });
    const active = (id: string): Change => ({
      type: 'run',
      id,
      events: [started({ incident, system: 'both' })],
    });
    const record = (change: Change) => bot.db.transact((tx) => bot.commit(tx, BOT, [change]));

    await record(opened('RUN-T1'));
    await record(active('RUN-B1'));

    await expect(record(opened('RUN-T2'))).rejects.toMatchObject({ constraint: 'runs_one_open_gate' });
    await expect(record(active('RUN-B2'))).rejects.toMatchObject({ constraint: 'runs_one_active' });
  });

  async function kindsOf(stream: string): Promise<Record<string, number>> {
    const { rows } = await bot.db.query<{ kind: string }>('select kind from events where stream_id = $1', [
      stream,
    ]);
    return count(rows.map(({ kind }) => kind));
  }
});

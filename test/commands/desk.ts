import { commands } from '../../commands/index.ts';
import { decision } from '../../src/actions/decision.ts';
import { manual } from '../../src/actions/manual.ts';
import { type Answer, readWords, splitText, type Tools } from '../../src/command.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { type Actor, BOT, type DomainEvent, type RunEvent } from '../../src/domain/events.ts';
import { readInputs } from '../../src/domain/inputs.ts';
import { nameOf } from '../../src/domain/people.ts';
import { isRefusal, refuse } from '../../src/domain/refusal.ts';
import { previewRun } from '../../src/jobs/preview.ts';
import { advanceRun } from '../../src/jobs/run.ts';
import { refusalText } from '../../src/render/refusals.ts';
import { draftUpdate } from '../../src/render/update-draft.ts';
import { createBackups } from '../../src/services/backups.ts';
import { createQueries } from '../../src/services/queries.ts';
import { createReports } from '../../src/services/reports.ts';
import { readTemplates } from '../../src/templates.ts';
import { started } from '../domain/samples.ts';
import { type CAST, person, smallPlan, startBot } from '../helpers/bot.ts';

/** The small plan with a runbook that asks people, and one that wants to be told things. */
const PLAN = smallPlan({
  runbooks: {
    ...smallPlan().runbooks,
    'ask-people': {
      title: 'Ask people',
      component: 'app',
      inputs: {
        before: { label: 'Restore point', type: 'time' },
        where: {
          label: 'Where',
          type: 'choice',
          options: [{ value: 'here', label: 'Here' }],
          required: true,
        },
      },
      steps: [
        {
          id: 'compare',
          title: 'Compare the rows',
          uses: 'manual',
          with: { instruction: 'Compare the rows' },
        },
        {
          id: 'way',
          title: 'Choose the way',
          uses: 'decision',
          with: {
            question: 'Repair or restore?',
            options: [
              { value: 'repair', label: 'Repair in place' },
              { value: 'restore', label: 'Restore from a backup' },
            ],
          },
        },
      ],
    },
  },
});

interface Place {
  /** Who types; `stranger` has a Slack account that people.yml does not know. */
  readonly who?: keyof typeof CAST.people | 'stranger';
  /** The incident of the channel. */
  readonly here?: string | null;
  /** Whether a dialog could be opened there. */
  readonly form?: boolean;
}

/** What came of a typed line: the answer, its words as they are read in Slack, and the events it left in the log. */
interface Typed {
  readonly answer: Answer;
  readonly said: string;
  readonly events: readonly DomainEvent[];
}

export type Desk = Awaited<ReturnType<typeof startDesk>>;

/** Somebody who types commands: the real registry on real services and PostgreSQL, without Slack or a terminal. */
export async function startDesk(...plans: readonly Record<string, unknown>[]) {
  const bot = await startBot(PLAN);
  const { db, incidents, runs, approvals, views } = bot;
  const loadPlan = (plan: Record<string, unknown>) =>
    bot.plans.load([{ kind: 'plan', name: String(plan.system), body: toJson(plan), source: '' }], 'test');
  for (const plan of plans) await loadPlan(plan);
  const world = { ...bot.world, actions: { ...bot.world.actions, manual, decision } };
  const queries = createQueries({ db });
  const backups = createBackups({ db });
  const reports = createReports(bot, views, (await readTemplates()).renderReport);
  const tools: Tools = {
    preview: async (incident, runbookId, given) => {
      const meant = await queries.incidentMeant(incident, null);
      if ('kind' in meant) return meant;
      const version = await queries.plan(meant.system);
      const runbook = version?.plan.runbooks[runbookId];
      if (version === undefined || runbook === undefined) return refuse('unknown-runbook');
      const inputs = readInputs(runbook, given);
      return isRefusal(inputs) ? inputs : previewRun(world, meant, version, runbookId, inputs);
    },
    writeReport: (actor, incident) => reports.write(actor, incident),
    draft: draftUpdate,
  };

  async function type(line: string, place: Place = {}): Promise<Typed> {
    const { who = 'ana', here = null, form = false } = place;
    const [name, ...tokens] = splitText(line.replace(/^\/dr /, ''));
    const command = commands.find((each) => each.name === name);
    if (command === undefined) throw new Error(`there is no command ${name}`);
    const actor: Actor =
      who === 'stranger' ? { person: null, via: 'slack', account: 'U0NOBODY' } : person(who);
    const people = await queries.people();
    const before = await lastSeq();
    const answer = await command.run(
      {
        actor,
        people,
        incident: here,
        canAsk: form,
        incidents,
        runs,
        approvals,
        views,
        queries,
        backups,
        tools,
        commands,
      },
      readWords(tokens),
    );
    const said = isRefusal(answer)
      ? refusalText(answer, { name: (id) => nameOf(people, id).split(' ')[0] ?? id })
      : 'lines' in answer
        ? answer.lines.join('\n')
        : answer.kind === 'form'
          ? `form: ${answer.form}`
          : `reply: ${answer.what}`;
    return { answer, said, events: await eventsAfter(before) };
  }

  async function lastSeq(): Promise<number> {
    const { rows } = await db.query<{ seq: number }>('select seq from chain_head');
    return rows[0]?.seq ?? 0;
  }

  async function eventsAfter(seq: number): Promise<readonly DomainEvent[]> {
    const { rows } = await db.query<{ canon: Buffer }>(
      'select canon from events where seq > $1 order by seq',
      [seq],
    );
    return rows.map(({ canon }) => JSON.parse(canon.toString('utf8')).event);
  }

  /** An incident of its own for a test. */
  async function declare(system = 'demo'): Promise<string> {
    const declared = await incidents.declare(person('ana'), system, {
      title: 'The demo is broken',
      severity: 'SEV1',
      impact: null,
      occurredAt: null,
      detectedAt: null,
    });
    if (isRefusal(declared)) throw new Error(declared.code);
    return declared.incident;
  }

  let runsPut = 0;
  /** A run of a new incident that lived through events, without doing any of it. Each has a system of its own. */
  async function runAfter(...events: readonly RunEvent[]): Promise<{ incident: string; run: string }> {
    const incident = await declare();
    const run = `RUN-${900 + runsPut++}`;
    const plan = (await queries.plan('demo'))?.digest ?? '';
    const begun = started({ incident, system: `demo-${runsPut}`, plan });
    await db.transact((tx) => bot.commit(tx, BOT, [{ type: 'run', id: run, events: [begun, ...events] }]));
    return { incident, run };
  }

  return {
    ...bot,
    queries,
    loadPlan,
    type,
    declare,
    runAfter,
    /** Carries a run as far as it goes, without the queue. */
    advance: (run: string) =>
      advanceRun(world, async () => false, {
        key: run,
        signal: new AbortController().signal,
        finish: async () => {},
      }),
    /** What a line said and did, for comparing. */
    outcome: async (line: string, place?: Place) => {
      const { said, events } = await type(line, place);
      return { said, events };
    },
  };
}

import { commands } from '../../commands/index.ts';
import { startSlack as startWorkspace } from '../../sandbox/slack/index.ts';
import { decision } from '../../src/actions/decision.ts';
import { manual } from '../../src/actions/manual.ts';
import { createSlack } from '../../src/clients/slack.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { isRefusal, refuse } from '../../src/domain/refusal.ts';
import { deliverIncident } from '../../src/jobs/deliver.ts';
import { channelFinder } from '../../src/jobs/deliver-slack.ts';
import { previewRun } from '../../src/jobs/preview.ts';
import { advanceRun } from '../../src/jobs/run.ts';
import type { World } from '../../src/jobs/world.ts';
import { draftUpdate, lastHeardAt } from '../../src/render/updates.ts';
import { createAccounts } from '../../src/services/accounts.ts';
import { createQueries } from '../../src/services/queries.ts';
import { createReports } from '../../src/services/reports.ts';
import type { SlackDeps } from '../../src/slack/deps.ts';
import { type RunningSlack, startSlack } from '../../src/slack/start.ts';
import { smallPlan, startBot } from './bot.ts';

/** People of the pretend workspace that people.yml knows; Eli the guest and whoever else is there are strangers. */
const PEOPLE = {
  people: {
    ana: { name: 'Ana Duarte', slack: ['U0000000ANA', 'U000000ANA2'] },
    ben: { name: 'Ben Okoye', slack: ['U0000000BEN'] },
    mina: { name: 'Mina Sato', slack: ['U000000MINA'] },
    dan: { name: 'Dan Weber', slack: ['U0000000DAN'], responder: false },
  },
};

type Workspace = Awaited<ReturnType<typeof startWorkspace>>;

interface Options {
  readonly plan?: Record<string, unknown>;
  readonly people?: typeof PEOPLE;
  readonly workspace?: Parameters<typeof startWorkspace>[0];
  /** `http`: signed requests instead of a socket; the caller serves `bot.listener`. */
  readonly mode?: 'socket' | 'http';
  /** False: the socket is not waited for. */
  readonly connected?: boolean;
  /** Lets a test come between Slack and the services. */
  readonly change?: (deps: SlackDeps) => SlackDeps;
}

export type SlackBot = Awaited<ReturnType<typeof startSlackBot>>;

/** The bot in this process, talking to a pretend workspace: real services, real worker, real Bolt; pretend effects. */
export async function startSlackBot(options: Options = {}) {
  const plan = options.plan ?? smallPlan();
  const bot = await startBot(plan);
  const slack = await startWorkspace(options.workspace);
  const people = options.people ?? PEOPLE;
  const system = String(plan.system);
  const loadPlan = (changed: Record<string, unknown>, known: typeof PEOPLE = people) =>
    bot.plans.load(
      [
        { kind: 'people', name: 'people', body: toJson(known), source: '' },
        { kind: 'plan', name: system, body: toJson(changed), source: '' },
      ],
      'test',
    );
  await loadPlan(plan);

  const world: World = { ...bot.world, actions: { ...bot.world.actions, manual, decision } };
  const { db, queue, incidents, runs, approvals, views } = bot;
  const guarding = new Set<string>();
  const client = createSlack(slack.botToken, slack.apiUrl);
  const draft = (view: Parameters<typeof draftUpdate>[0]) => draftUpdate(view, lastHeardAt(view.incident));
  const queries = createQueries({ db });
  const reports = createReports({ db, commit: bot.commit }, views, () => ({
    body: '# The report\n\nIt is <short>.\n',
    missing: [],
  }));
  const deps: SlackDeps = {
    call: client.call,
    commands,
    incidents,
    runs,
    approvals,
    accounts: createAccounts({ db }),
    views,
    queries,
    tools: {
      preview: async (incident, runbook, inputs) => {
        const meant = await queries.incidentMeant(incident, null);
        if ('kind' in meant) return meant;
        const version = await queries.plan(meant.system);
        return version === undefined
          ? refuse('unknown-system', { system: meant.system })
          : previewRun(world, meant, version, runbook, inputs);
      },
      writeReport: (actor, incident) => reports.write(actor, incident),
      exportRunbook: () => '',
    },
    guarding,
    draft,
    log: world.log,
  };
  const deliver = {
    world,
    slack: client,
    incidents,
    views,
    guarding,
    draft,
    slackChannelNamed: channelFinder(client),
  };
  await queue.work('run', 2, (job) => advanceRun(world, async () => false, job));
  await queue.work('deliver', 2, (job) => deliverIncident(deliver, job));

  const listen = (): RunningSlack =>
    startSlack(
      options.mode === 'http'
        ? { mode: 'http', botToken: slack.botToken, signingSecret: slack.signingSecret, apiUrl: slack.apiUrl }
        : { mode: 'socket', botToken: slack.botToken, appToken: slack.appToken, apiUrl: slack.apiUrl },
      (options.change ?? ((same) => same))(deps),
    );
  const listening = listen();
  if (options.mode !== 'http' && options.connected !== false) await connected(slack, listening);
  // Due work is looked for as in production: each second, or a test would have to say when.
  const ticking = setInterval(() => void bot.tick().catch(() => {}), 500);

  /** Ana declares by typed words. Resolves when the incident has its card; `room` is its channel. */
  async function declare(text = 'Sign-in fails for most', severity = 'sev1') {
    await slack.person('ana').command('#incidents', `/dr declare ${system} ${severity} ${text}`);
    const found = await slack.waitFor(
      async () => {
        const [newest] = await queries.incidents({ limit: 1 });
        return newest?.title === text && newest.channel !== null ? newest : undefined;
      },
      { timeoutMs: 10_000, what: `the channel of "${text}"` },
    );
    const room = found.channel?.thread === null ? `#${found.channel.name}` : '#incidents';
    await slack.waitForMessage(room, (said) => said.includes(`${found.id} ·`), {
      timeoutMs: 10_000,
      what: 'the incident card',
    });
    return { id: found.id, room };
  }

  /** A run up to its gate: the approval card stands in the room. */
  async function ask(text?: string) {
    const { id, room } = await declare(text);
    const actor = { person: 'ana', via: 'slack', account: 'U0000000ANA' } as const;
    const started = await runs.start(actor, { incident: id, runbook: 'recover', inputs: {}, reason: null });
    if (isRefusal(started)) throw new Error(started.code);
    const card = await slack.waitForMessage(room, (said) => said.includes('[Review and approve]'), {
      timeoutMs: 15_000,
      what: 'the approval card',
    });
    const approval = slack.textOf(card).match(/APR-\d+/)?.[0] ?? '';
    return { id, room, run: started.run, card, approval };
  }

  /** Opens the review dialog by the card's button, as it is filled in the end. */
  async function review(who: string, room: string, ts: string) {
    const person = slack.person(who);
    await person.press(room, ts, 'Review and approve');
    return filled(person);
  }

  async function filled(person: ReturnType<Workspace['person']>): Promise<string> {
    return slack.waitFor(
      () => {
        const shown = person.viewText();
        return shown !== '' && !shown.includes('This usually takes under') ? shown : undefined;
      },
      { timeoutMs: 10_000, what: 'a dialog' },
    );
  }

  /** Reviews and approves; what the dialog says in the end. */
  async function approve(who: string, room: string, ts: string): Promise<string> {
    const shown = await review(who, room, ts);
    const person = slack.person(who);
    if (!shown.includes('Fingerprint')) return shown;
    await person.submit();
    const says = await filled(person);
    await person.closeView();
    return says;
  }

  async function veto(who: string, room: string, ts: string, reason: string): Promise<void> {
    const person = slack.person(who);
    await person.press(room, ts, 'Veto');
    await filled(person);
    await person.fill({ reason });
    await person.submit();
  }

  /** What the person reads in answer to something done, once it holds the words. */
  const answered = (who: string, channel: string, words: string) =>
    slack.waitFor(
      () => {
        const shown = slack
          .person(who)
          .sees(channel)
          .filter(({ ephemeralTo }) => ephemeralTo !== undefined)
          .map((message) => slack.textOf(message));
        return shown.findLast((text) => text.includes(words));
      },
      { timeoutMs: 8_000, what: `"${words}" for ${who}` },
    );

  /** Clicks on the approval that were refused and kept, oldest first, as `person/code`. */
  const refusedClicks = async (approval: string): Promise<readonly string[]> => {
    const events = await queries.events((await bot.approval(approval)).incident);
    return events.flatMap(({ event }) =>
      event.kind === 'approval.click-refused' ? [`${event.person ?? 'nobody'}/${event.code}`] : [],
    );
  };

  return {
    ...bot,
    world,
    slack,
    deps,
    queries,
    listening,
    listen,
    connected: () => connected(slack, listening),
    loadPlan,
    declare,
    ask,
    review,
    approve,
    veto,
    filled,
    answered,
    refusedClicks,
    stop: async () => {
      clearInterval(ticking);
      await listening.stop();
      await bot.stop();
      await slack.stop();
    },
  };
}

function connected(slack: Workspace, listening: RunningSlack) {
  return slack.waitFor(() => listening.state().connected && slack.sockets.count() > 0, {
    timeoutMs: 10_000,
    what: 'the socket',
  });
}

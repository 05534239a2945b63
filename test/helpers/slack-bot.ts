import { createServer } from 'node:http';
import { commands } from '../../commands/index.ts';
import { personId, startSlack as startWorkspace } from '../../sandbox/slack/index.ts';
import { decision } from '../../src/actions/decision.ts';
import { manual } from '../../src/actions/manual.ts';
import { createSlack } from '../../src/clients/slack.ts';
import { toJson } from '../../src/domain/canonical.ts';
import { isRefusal, refuse } from '../../src/domain/refusal.ts';
import { deliverOwner } from '../../src/jobs/deliver.ts';
import { linksOf } from '../../src/jobs/deliver-parts.ts';
import { channelFinder } from '../../src/jobs/deliver-slack.ts';
import { previewRun } from '../../src/jobs/preview.ts';
import { advanceRun } from '../../src/jobs/run.ts';
import type { World } from '../../src/jobs/world.ts';
import { draftUpdate, lastHeardAt } from '../../src/render/updates.ts';
import { createAccounts } from '../../src/services/accounts.ts';
import { createAlertViews } from '../../src/services/alert-views.ts';
import { createAlerts } from '../../src/services/alerts.ts';
import { createBackups } from '../../src/services/backups.ts';
import { createDigests } from '../../src/services/digests.ts';
import { createHome } from '../../src/services/home.ts';
import { createQueries } from '../../src/services/queries.ts';
import { createReports } from '../../src/services/reports.ts';
import { createRestoreTests } from '../../src/services/restore-tests.ts';
import type { SlackDeps } from '../../src/slack/deps.ts';
import { startSlack } from '../../src/slack/start.ts';
import { smallPlan, startBot } from './bot.ts';

/** People of the pretend workspace that people.yml knows; Chloe, Eli the guest and whoever else is there are strangers. */
const PEOPLE = {
  ana: { name: 'Ana Duarte', slack: ['U0000000ANA', 'U000000ANA2'] },
  ben: { name: 'Ben Okoye', slack: [personId('ben')] },
  mina: { name: 'Mina Sato', slack: [personId('mina')] },
  dan: { name: 'Dan Weber', slack: [personId('dan')], responder: false },
};

interface Options {
  readonly plan?: Record<string, unknown>;
  readonly workspace?: Parameters<typeof startWorkspace>[0];
  /** `http`: signed requests to `requestUrl` instead of a socket. */
  readonly mode?: 'socket' | 'http';
  /** What the plan's connections lead to; nowhere unless told. */
  readonly clients?: World['clients'];
}

export type SlackBot = Awaited<ReturnType<typeof startSlackBot>>;
type Person = ReturnType<Awaited<ReturnType<typeof startWorkspace>>['person']>;

/** The bot in this process, talking to a pretend workspace: real services, real worker, real Bolt; pretend effects. */
export async function startSlackBot({
  plan = smallPlan(),
  workspace,
  mode = 'socket',
  clients,
}: Options = {}) {
  const bot = await startBot(plan);
  const slack = await startWorkspace(workspace);
  await bot.plans.load(
    [{ kind: 'people', name: 'people', body: toJson({ people: PEOPLE }), source: '' }],
    'test',
  );

  const world: World = {
    ...bot.world,
    ...(clients && { clients }),
    actions: { ...bot.world.actions, manual, decision },
  };
  const { db, queue, incidents, runs, approvals, views } = bot;
  const { log } = world;
  const guarding = new Set<string>();
  const client = createSlack({ token: slack.botToken, apiUrl: slack.apiUrl, log });
  const draft = (view: Parameters<typeof draftUpdate>[0]) => draftUpdate(view, lastHeardAt(view.incident));
  const queries = createQueries({ db });
  const services = { db, commit: bot.commit };
  const alertViews = createAlertViews(services);
  const backups = createBackups(services);
  const digests = createDigests({ db, enqueue: queue.enqueue }, backups);
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
    alerts: createAlerts(services),
    alertViews,
    backups,
    restoreTests: createRestoreTests({ db, enqueue: queue.enqueue }),
    accounts: createAccounts({ db }),
    views,
    queries,
    home: createHome({ db }, views, backups),
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
      draft: draftUpdate,
    },
    guarding,
    draft,
    links: (view) => linksOf({ world, slack: client }, view),
    log,
  };
  const deliver = {
    world,
    slack: client,
    incidents,
    views,
    alertViews,
    digests,
    guarding,
    draft,
    publicUpdate: null,
    slackChannelNamed: channelFinder(client),
  };
  await queue.work('run', 2, (job) => advanceRun(world, async () => false, job));
  await queue.work('deliver', 2, (job) => deliverOwner(deliver, job));

  const { botToken, appToken, signingSecret, apiUrl } = slack;
  const edge = startSlack(
    mode === 'http' ? { mode, botToken, signingSecret, apiUrl } : { mode, botToken, appToken, apiUrl },
    deps,
  );
  const server = createServer(edge.requestListener ?? undefined);
  let requestUrl = '';
  if (mode === 'http') {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    requestUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`;
    await slack.setRequestUrl(requestUrl);
  } else
    await slack.waitFor(() => edge.state().connected && slack.sockets.count() > 0, {
      timeoutMs: 10_000,
      what: 'the socket',
    });
  // Due work is looked for as in production: each second, or a test would have to say when.
  const ticking = setInterval(() => void bot.tick().catch(() => {}), 500);

  /** Ana declares by typed words. Resolves when it is announced and has its card; `room` is its channel. */
  async function declare(text = 'Sign-in fails for most', severity = 'sev1') {
    const newest = async () => (await queries.incidents({ limit: 1 }))[0];
    const earlier = await newest();
    const typed = `/dr declare ${String(plan.system)} ${severity} ${text} --new`;
    await slack.person('ana').command('#incidents', typed);
    const { id, channel } = await slack.waitFor(
      async () => {
        const found = await newest();
        return found?.id !== earlier?.id && found?.channel !== null ? found : undefined;
      },
      { timeoutMs: 10_000, what: `the channel of "${text}"` },
    );
    const room = channel?.thread === null ? `#${channel.name}` : '#incidents';
    for (const [place, what] of [
      [room, 'the incident card'],
      ['#incidents', 'the announcement'],
    ] as const)
      await slack.waitForMessage(place, (said) => said.includes(`${id} ·`), { timeoutMs: 10_000, what });
    return { id, room };
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

  /** What a person's dialog says once it is no longer loading. */
  async function filled(person: Person): Promise<string> {
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

  /** How many events of a kind the log holds. */
  const count = async (kind: string): Promise<number> => {
    const { rows } = await db.query<{ n: number }>('select count(*) as n from events where kind = $1', [
      kind,
    ]);
    return rows[0]?.n ?? 0;
  };

  return {
    ...bot,
    world,
    slack,
    client,
    deps,
    queries,
    digests,
    requestUrl,
    declare,
    ask,
    review,
    approve,
    veto,
    filled,
    answered,
    refusedClicks,
    count,
    stop: async () => {
      clearInterval(ticking);
      await edge.stop();
      server.closeAllConnections();
      server.close();
      await bot.stop();
      await slack.stop();
    },
  };
}

import { z } from 'zod';
import { queryOnce } from '../../sandbox/postgres.ts';
import type { Terminal } from '../../sandbox/terminal.ts';
import type { World } from '../../sandbox/world.ts';
import type { RestoreStory } from './crash-people.ts';
import { databaseFacts } from './database-facts.ts';

const Posted = z.object({ event_payload: z.object({ mark: z.string() }) });
const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });
const KeptMark = z.object({ run: z.string(), xid: z.string(), restoredOid: z.string() });
const Counted = z.record(z.string(), z.number());

/**
 * Everything a restore leaves behind, in words that are the same for the next restore: two stories ended alike when their
 * facts are equal. `liveBefore` is the oid of the database that was live when it began.
 */
export async function factsOf(world: World, terminal: Terminal, story: RestoreStory, liveBefore: string) {
  const { run, approvals } = story.over;
  const events = await terminal.events(story.run);
  return {
    outcome: run.outcome,
    steps: Object.entries(run.steps).map(([id, { status }]) => `${id} ${status.is}`),
    /** A step that ended twice was done twice, or twice believed to be. */
    endings: events.flatMap(({ kind, step }) => (kind === 'step.finished' ? [step] : [])),
    gate: events.flatMap(({ kind }) => (kind.startsWith('gate.') || kind.startsWith('undo.') ? [kind] : [])),
    approvals: approvals.map(({ status, votes }) => [status.is, ...votes.map(({ person }) => person)]),
    incident: await incidentFacts(world, story.incident),
    janua: await januaFacts(world, story.run, liveBefore),
    cluster: clusterFacts(world),
    notices: await noticesOf(world, story.run),
    slack: slackFacts(world, story),
  };
}

/** What the log says of the incident, and how often. */
async function incidentFacts(world: World, incident: string) {
  const [row] = await queryOnce(
    world.bot.superuserUrl,
    `select jsonb_object_agg(kind, times) as kinds from (
       select kind, count(*) as times from public.events where stream_type = 'incident' and stream_id = $1 group by kind
     ) counted`,
    [incident],
  );
  return Counted.parse(row?.kinds);
}

async function januaFacts({ cluster, janua }: World, run: string, liveBefore: string) {
  const number = run.toLowerCase().replace('-', '');
  const { oid, access, contents } = await databaseFacts(cluster, 'janua');
  const databases = await cluster.query(
    'postgres',
    `select datname, oid::text, datallowconn as open, xmin::text as changed, shobj_description(oid, 'pg_database') as comment
       from pg_database where datname = 'janua' or datname like '%' || $1 order by datname`,
    [number],
  );
  const [live, kept] = databases;
  const mark = KeptMark.parse(JSON.parse(String(kept?.comment)));
  const sessions = Object.keys(contents).filter((name) => name.includes('session'));
  return {
    databases: databases.map(({ datname, open }) => [String(datname).replace(number, 'run'), open]),
    access,
    /** But for the sessions, which the test account's sign-in adds to. */
    contents: Object.fromEntries(Object.entries(contents).filter(([name]) => !sessions.includes(name))),
    rows: { ...(await janua.countRows()), sessions: 'more' },
    keptIsTheOldOne: kept?.oid === liveBefore && mark.run === run,
    liveIsTheCopy: live?.oid === oid && mark.restoredOid === oid,
    /** Both rows of pg_database were last written by one transaction: nothing was renamed before it or since. */
    renamedOnce: live?.changed === mark.xid && kept?.changed === mark.xid,
  };
}

function clusterFacts({ kubernetes: { control } }: World) {
  const replicas = (name: string) =>
    Deployment.parse(control.get('deployments', 'janua', name)).spec.replicas;
  return {
    replicas: { api: replicas('janua-api'), worker: replicas('janua-worker') },
    hpa: control.get('horizontalpodautoscalers', 'janua', 'janua-api')?.spec,
    changes: control
      .requests()
      .filter(({ verb, dryRun, status }) => verb === 'patch' && !dryRun && status < 300)
      .map(({ resource, name }) => `${resource}/${name}`)
      .toSorted(),
  };
}

/** A notice may be sent twice; its key says that it is the same. */
async function noticesOf({ aws }: World, run: string) {
  const published = await aws.takePublished();
  const notices = published.map(({ Subject, MessageAttributes }) => {
    const key = MessageAttributes?.['dr-bot-key']?.Value ?? 'no key';
    return `${Subject} ${key.replace(run, 'RUN')}`;
  });
  return [...new Set(notices)];
}

/** What stands in Slack of the incident: what is there twice, and of each message the first, in what order and words. */
function slackFacts({ slack }: World, { incident, room, run, over }: RestoreStory) {
  const ids = new Map([
    [incident, 'INC'],
    [run, 'RUN'],
    ...over.approvals.map(({ id }) => [id, 'APR'] as const),
  ]);
  const inWords = (text: string) =>
    [...ids]
      .reduce(
        (rest, [id, word]) => rest.replaceAll(id, word).replaceAll(id.toLowerCase(), word.toLowerCase()),
        text,
      )
      .replace(/done in .*/, 'done')
      // Written when only one has approved; whoever is told later is told less.
      .replace(/ One more person: .*/, '')
      .replace(/\d\d:\d\d(:\d\d)?/g, 'then');
  const posted = [...slack.store.channels.keys()]
    .flatMap((id) => slack.store.messagesIn(id))
    .flatMap((message) => {
      const metadata = Posted.safeParse(message.metadata);
      const mark = metadata.success ? metadata.data.event_payload.mark : '';
      return mark.startsWith(incident) ? [{ message, mark }] : [];
    });
  const messages = posted.filter(({ mark }, at) => posted.findIndex((other) => other.mark === mark) === at);
  const byPlace = Object.values(
    Object.groupBy(messages, ({ message }) => `${message.channel} ${message.threadTs ?? ''}`),
  );
  const seqs = byPlace.map((place = []) =>
    place.flatMap(({ mark }) => (mark.includes('/post/') ? [Number(mark.split('/')[2])] : [])),
  );
  const channel = slack.channel(room);
  return {
    twice: posted.filter((each) => !messages.includes(each)).map(({ mark }) => mark),
    inOrder: seqs.every((place) => place.every((seq, at) => at === 0 || seq > (place[at - 1] ?? 0))),
    pins: channel?.pins.size,
    members: channel?.members.size,
    topic: inWords(channel?.topic ?? ''),
    purpose: inWords(channel?.purpose ?? ''),
    words: messages.map(({ message }) => inWords(slack.textOf(message).split('\n')[0] ?? '')).toSorted(),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { queryOnce } from './postgres.ts';
import type { Replicas } from './replicas.ts';

const CLICK_EVERY_MS = 200;
const PATIENCE_MS = 90_000;
const LATE_MS = 30_000;

/** A note that somebody typed, and whether Slack was told that it came. */
interface Typed {
  readonly text: string;
  readonly acked: boolean;
}

const Mark = z.object({ event_payload: z.object({ mark: z.string() }) });

/** People who go on typing, and start runs, whatever happens to the PostgreSQL of two replicas. */
export async function startSoak(replicas: Replicas, log: (line: string) => void = () => undefined) {
  const { world } = replicas;
  const { slack, bot: store } = world;
  const bot = await replicas.start('one');
  await replicas.start('two');
  const people = replicas.people(bot);
  await slack.waitFor(() => slack.sockets.count() === 2, { timeoutMs: 20_000, what: 'both connections' });

  const query = (sql: string, values?: readonly unknown[]) => queryOnce(store.superuserUrl, sql, values);
  const events = async (type: string) =>
    (
      await query(
        `select stream_id as stream, convert_from(canon, 'UTF8')::jsonb -> 'event' as event from public.events where stream_type = $1 order by seq`,
        [type],
      )
    ).map((row) => z.object({ stream: z.string(), event: z.looseObject({ kind: z.string() }) }).parse(row));

  /** What PostgreSQL has acknowledged is there; what it has not, is told. Looks until nothing is left to do. */
  async function settled(): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(500)) {
      const [left] = await query(
        `select (select count(*) from public.deliveries where wanted > done) as told,
                (select count(*) from public.runs where state ->> 'outcome' is null) as running`,
      );
      const { told, running } = z.object({ told: z.coerce.number(), running: z.coerce.number() }).parse(left);
      if (told + running === 0) return;
      if (Date.now() > deadline)
        throw new Error(`After ${PATIENCE_MS} ms ${told} surfaces and ${running} runs were left.`);
      // Waits after a fault are moved, not slept.
      await bot.clock.advance(30_000);
    }
  }

  async function restart(times: number) {
    const ana = slack.person('ana');
    await ana.command('#incidents', '/dr declare demo sev2 Soaked --new');
    const room = await slack.waitFor(
      () => [...slack.store.channels.values()].find(({ name }) => name.includes('soaked')),
      { timeoutMs: 20_000, what: 'the channel' },
    );
    await slack.waitFor(() => ana.sees(`#${room.name}`).length > 0, { timeoutMs: 20_000, what: 'the card' });
    const [declared] = await query('select id from public.incidents order by declared_at desc limit 1');
    const incident = z.object({ id: z.string() }).parse(declared).id;

    let typing = true;
    const typed: Typed[] = [];
    const hands = (async () => {
      for (let number = 0; typing; number++) {
        // Long enough to be given back when it is not carried out.
        const text = `Fact ${number}: the lights of the third rack in the second room went out and came back a moment later`;
        const { acked } = await ana.command(`#${room.name}`, `/dr note ${text}`);
        typed.push({ text, acked });
        await sleep(CLICK_EVERY_MS);
      }
    })();
    const runs: string[] = [];
    const began = performance.now();
    for (let done = 1; done <= times; done++) {
      if (done % 5 === 1) runs.push(await startRun(incident));
      await sleep(300 + Math.random() * 1_500);
      await store.cluster.restart('immediate');
      if (done % 10 === 0) log(`${done} restarts, ${typed.length} notes typed, ${runs.length} runs`);
    }
    typing = false;
    await hands;
    await settled();
    // A command whose connection broke may still be carried out, or given back, when there is nothing else left to do.
    for (const deadline = Date.now() + LATE_MS; Date.now() < deadline; await sleep(500))
      if ((await answersTo(`#${room.name}`, typed)).silent.length === 0) break;
    return {
      ...(await judge(`#${room.name}`, typed, runs)),
      restarts: times,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  }

  /** A terminal that meets PostgreSQL while it is away says so; the person types again. */
  async function startRun(incident: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await people.start('ana', incident, 'look');
      } catch (error) {
        if (attempt === 20) throw error;
        await sleep(500);
      }
    }
  }

  /** Which notes are in the log how often, and which acknowledged ones neither are nor were given back. */
  async function answersTo(room: string, typed: readonly Typed[]) {
    const notes = (await events('incident')).flatMap(({ event }) =>
      event.kind === 'incident.note-added' ? [String(event.text)] : [],
    );
    const read = new Set(
      slack
        .person('ana')
        .sees(room)
        .flatMap((message) => (message.ephemeralTo === undefined ? [] : [slack.textOf(message)])),
    );
    const count = (text: string) => notes.filter((note) => note === text).length;
    const missing = typed.filter(({ text, acked }) => acked && count(text) === 0);
    // Who is told that something was not carried out gets what was typed back, word for word.
    const silent = missing.filter(({ text }) => !read.has(`note ${text}`));
    return { count, missing, silent };
  }

  /** Compares what people were told with what is in the log and in the workspace. */
  async function judge(room: string, typed: readonly Typed[], runs: readonly string[]) {
    const { count, missing, silent } = await answersTo(room, typed);
    const doubled = typed.filter(({ text }) => count(text) > 1);
    const log = await events('run');
    const finished = (run: string, step: string) =>
      log.filter(
        ({ stream, event }) => stream === run && event.kind === 'step.finished' && event.step === step,
      ).length;
    const steps = runs.flatMap((run) => ['first', 'second', 'third'].map((step) => finished(run, step)));
    const marks = [...slack.store.channels.keys()].map((id) =>
      slack.store.messagesIn(id).flatMap(({ metadata }) => {
        const mark = Mark.safeParse(metadata);
        return mark.success ? [mark.data.event_payload.mark] : [];
      }),
    );
    const posts = marks.flat();
    const chain = await people.dr('ana', 'audit', 'verify').catch(String);
    const faults = [
      ...silent.map(({ text }) => `${text} was acknowledged, is not there, and nobody was told`),
      ...doubled.map(({ text }) => `${text} is there ${count(text)} times`),
      ...(steps.some((times) => times !== 1) ? ['a step was finished not once'] : []),
      ...(new Set(posts).size === posts.length ? [] : ['a message stands there twice']),
      ...(chain.includes('Chain unbroken') ? [] : [`the chain: ${chain}`]),
    ];
    return {
      notes: {
        typed: typed.length,
        acknowledged: typed.filter(({ acked }) => acked).length,
        recorded: typed.filter(({ text }) => count(text) > 0).length,
      },
      acknowledgedAndNotRecorded: { told: missing.length - silent.length, silent: silent.length },
      doubled: doubled.length,
      runs: runs.length,
      messages: posts.length,
      faults,
    };
  }

  return { restart };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bot } from '../../sandbox/bot.ts';
import { queryOnce } from '../../sandbox/postgres.ts';
import { createTerminal } from '../../sandbox/terminal.ts';
import type { World } from '../../sandbox/world.ts';

const Incident = z.looseObject({
  id: z.string(),
  channel: z.object({ name: z.string() }).nullable(),
  roles: z.object({ commander: z.string().nullable() }),
});

const MINUTE = 60_000;
/** What people do is seen in the rows so soon where the bot lives, and never where it died over it. */
const SEEN_WITHIN_MS = 2_000;
const PATIENCE_MS = 120_000;

export type RestoreStory = Awaited<ReturnType<ReturnType<typeof createStubbornPeople>['restore']>>;

/** Janua's `restore-postgres` by people in Slack whose bot may die over anything they do: then they do it again. */
export function createStubbornPeople(world: World, bot: Bot) {
  const { slack } = world;
  const terminal = createTerminal(world, bot);

  /** Does something until it is seen to be done. */
  async function insist<Found>(
    what: string,
    look: () => Promise<Found | undefined>,
    act: () => Promise<unknown>,
    seenWithinMs = SEEN_WITHIN_MS,
  ): Promise<Found> {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
      // A bot that is not there is nobody to talk to.
      if (slack.sockets.count() > 0) await act().catch(() => undefined);
      for (const seen = Date.now() + seenWithinMs; Date.now() < seen; await sleep(50)) {
        const found = await look();
        if (found !== undefined) return found;
      }
    }
    throw new Error(`It could not be done: ${what}.\n${slack.snapshot()}`);
  }

  async function newestIncident() {
    const sql = 'select state from public.incidents order by declared_at desc limit 1';
    const [row] = await queryOnce(world.bot.superuserUrl, sql);
    return row === undefined ? undefined : Incident.parse(row.state);
  }

  async function declare(): Promise<{ incident: string; room: string }> {
    const ana = slack.person('ana');
    const before = (await newestIncident())?.id;
    const found = await insist(
      'an incident is declared',
      async () => {
        const newest = await newestIncident();
        return newest === undefined || newest.id === before ? undefined : newest;
      },
      () => ana.command('#incidents', '/dr declare janua sev1 Sign-in fails for most customers --new'),
      10_000,
    );
    await insist(
      'Ana takes command',
      async () => ((await newestIncident())?.roles.commander === 'ana' ? true : undefined),
      () => ana.pressNewest('#incidents', 'Take command'),
    );
    const channel = await insist(
      'the incident has a channel',
      async () => (await newestIncident())?.channel ?? undefined,
      async () => undefined,
    );
    return { incident: found.id, room: `#${channel.name}` };
  }

  /** Opens the card's dialog, reads it and approves. */
  async function approve(room: string, approval: string, person: string): Promise<void> {
    const who = slack.person(person);
    await insist(
      `${person} approves ${approval}`,
      async () => {
        const [row] = await queryOnce(
          world.bot.superuserUrl,
          "select state -> 'votes' @> jsonb_build_array(jsonb_build_object('person', $2::text)) as voted from public.approvals where id = $1",
          [approval, person],
        );
        return row?.voted === true ? true : undefined;
      },
      async () => {
        const card = slack
          .messages(room)
          .find(({ metadata }) => JSON.stringify(metadata ?? {}).includes(`approval-card/${approval}`));
        await who.press(room, card?.ts ?? '', 'Review and approve');
        await slack.waitFor(() => who.viewText().includes('Fingerprint'), {
          timeoutMs: SEEN_WITHIN_MS,
          what: 'the review',
        });
        await who.submit();
        await who.closeView();
      },
    );
  }

  /** A whole restore: returns when the run is over and Slack shows it. `asked` counts what only a person could say. */
  async function restore() {
    const { incident, room } = await declare();
    const run = await terminal.start('ana', incident, 'restore-postgres');
    let watched = false;
    const looked: string[] = [];
    const over = await terminal.until(
      run,
      'its end',
      async (shown) => {
        if (shown.run.outcome !== null) return shown;
        for (const [step, { status }] of Object.entries(shown.run.steps)) {
          if (status.is === 'asked')
            await insist(
              `step ${step} is answered`,
              async () =>
                (await terminal.look(run)).run.steps[step]?.status.is === 'asked' ? undefined : true,
              () => slack.person('ana').command(room, `/dr step done ${step} evidence="compared" run=${run}`),
            );
          if (status.is === 'uncertain') {
            looked.push(step);
            await terminal.dr('ana', 'step', 'look', step, `run=${run}`);
          }
          if (step === 'soak' && status.is === 'waiting' && !watched) {
            await bot.clock.advance(16 * MINUTE);
            watched = true;
          }
        }
        const open = shown.approvals.find(({ status }) => status.is === 'open');
        if (open !== undefined) for (const person of ['ana', 'ben']) await approve(room, open.id, person);
        return undefined;
      },
      { stopped: ['failed'], patienceMs: 9 * MINUTE },
    );
    await untilShown(incident);
    return { incident, room, run, looked, over };
  }

  /** Everything of an incident is in Slack as the rows have it. */
  async function untilShown(incident: string): Promise<void> {
    const late = 'select from public.deliveries where owner = $1 and wanted > done';
    await insist(
      `${incident} is shown`,
      async () =>
        (await queryOnce(world.bot.superuserUrl, late, [incident])).length === 0 ? true : undefined,
      async () => undefined,
    );
  }

  return { terminal, restore };
}

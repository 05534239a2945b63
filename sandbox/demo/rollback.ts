import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { backend, namespace } from '../veza/cluster.ts';
import type { VezaWorld } from '../world.ts';
import { unbrokenLog } from './chain.ts';
import { insist, insistSays, until } from './check.ts';
import { declare, showRun, votesOn } from './room.ts';
import { type Tell, waitedForPeopleMs } from './watch.ts';

const Deployment = z.object({
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
  }),
});
const Revision = z.object({ value: z.string(), label: z.string() });

/** A release whose pods never get ready is undone, to a version people chose from a list. */
export async function playRollback(world: VezaWorld, bot: Bot, tell: Tell) {
  const { slack, veza } = world;
  const [ana, ben] = [slack.person('ana'), slack.person('ben')];
  const image = () =>
    Deployment.parse(veza.kubernetes.control.get('deployments', namespace, backend)).spec.template.spec
      .containers[0]?.image ?? '';
  const before = image();
  const beganAt = new Date();
  const released = await veza.damage.releaseBad();
  await until(async () => !veza.prober.isUp(), 'health to fail');
  tell(`${released.said} Health fails.`);

  const room = await declare(slack, ana, 'veza sev2 The release of this morning does not start', beganAt);
  const { run } = await room.startRunbook(ana, { id: 'rollback', title: 'Roll the backend API back' });
  tell(`Ana declares ${room.incident} and starts ${run}: it looks at pods, events and logs.`);

  const revisions = z
    .array(Revision)
    .parse(
      await until(async () => (await showRun(bot, run))?.steps?.inspect?.output?.revisions, 'the revisions'),
    );
  const wanted = revisions.find(({ label }) => label.includes(digestOf(before)));
  insist(wanted !== undefined, 'the version that worked in the list', revisions);
  await room.decide(ana, 'Choose the version', wanted?.value ?? '');
  tell(`Ana chooses ${wanted?.label} of ${revisions.length}.`);

  const card = await room.approvalCard('Roll the backend API back');
  insistSays(slack.textOf(card), digestOf(before), 'the card');
  insistSays(slack.textOf(card), digestOf(released.image), 'the card');
  const opening = new Date();
  insistSays(await room.approve(ana, 'ana', card), 'is recorded', 'the approval of Ana');
  await room.insistRefused(ana, 'ana', card, 'You approved this');
  insistSays(await room.approve(ben, 'ben', card), 'is recorded', 'the approval of Ben');
  tell('Ana and Ben approve. The version that worked is put back.');

  await until(async () => veza.prober.isUp(), 'health to answer 200');
  await room.markDone(ana, 'Find the root cause', 'A setting was renamed; the release reads the old name');
  await until(async () => (await showRun(bot, run))?.outcome === 'done', 'the end of the run');
  insist(image() === before, 'the image that worked', image());

  await room.resolve(ana, 'A release that read a renamed setting');
  const log = await unbrokenLog(world, bot);
  tell(`Veza works again; ${room.incident} is resolved, the log of ${log.events} events is unbroken.`);

  const state = await showRun(bot, run);
  return {
    run,
    image: { before, released: released.image, after: image() },
    revision: wanted,
    approvals: votesOn(slack.textOf(card), state),
    refusedClicks: room.refusedClicks,
    healthyAgainMs: Math.round(veza.prober.downtimeBetween(opening, new Date())),
    waitedForPeopleMs: waitedForPeopleMs(state),
    audit: log,
  };
}

/** The first letters of an image's digest, as a card shows it. */
const digestOf = (image: string): string => image.match(/sha256:[0-9a-f]{8}/)?.[0] ?? image;

import { type Answer, type CommandContext, readWords, splitText } from '../command.ts';
import type { Actor } from '../domain/events.ts';
import { nearest } from '../domain/plan-lint.ts';
import { isRefusal, refuse } from '../domain/refusal.ts';
import { button, type Message, type View } from '../render/slack/blocks.ts';
import { actorOf, isGuest } from './actor.ts';
import { toMessage } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import { openDialog } from './dialogs.ts';
import { formView, titleOf } from './form-views.ts';
import { decodeText, type SlashCommand } from './payload.ts';

/** The incident whose channel this is, or null. */
export async function incidentHere(deps: SlackDeps, channel: string | undefined): Promise<string | null> {
  if (channel === undefined) return null;
  const found = (await deps.queries.incidents({ channel, limit: 20 })).filter(
    (incident) => incident.channel?.thread === null,
  );
  return found[0]?.id ?? null;
}

export async function contextFor(
  deps: SlackDeps,
  actor: Actor,
  incident: string | null,
): Promise<CommandContext> {
  const { incidents, runs, approvals, views, queries, tools, commands } = deps;
  return {
    actor,
    people: await queries.people(),
    incident,
    canAsk: true,
    incidents,
    runs,
    approvals,
    views,
    queries,
    tools,
    commands,
  };
}

/** Carries a typed command out and answers the person who typed it. */
export async function handleCommand(
  deps: SlackDeps,
  body: SlashCommand,
  respond: (message: Message) => Promise<void>,
): Promise<void> {
  const actor = await actorOf(deps, body.user_id);
  if (actor.person === null && (await isGuest(deps, body.user_id))) {
    const refusal = refuse('not-permitted', { what: 'This command', who: 'members of the workspace' });
    return respond(toMessage(refusal, await deps.queries.people(), deps.commands));
  }
  const context = await contextFor(deps, actor, await incidentHere(deps, body.channel_id));
  const answer = await runCommand(context, splitText(body.text).map(decodeText));
  if (!isRefusal(answer) && answer.kind === 'form') {
    const again = button('command.use', 'Open the form', { choice: body.text.slice(0, 30) });
    return openDialog(
      { deps, trigger: body.trigger_id, again, say: respond },
      titleOf(answer),
      `/dr ${answer.form}`,
      (): Promise<View> => formView(deps, context, answer),
    );
  }
  await respond(toMessage(answer, context.people, deps.commands));
}

async function runCommand(context: CommandContext, tokens: readonly string[]): Promise<Answer> {
  const [name, ...rest] = tokens;
  if (name === undefined) {
    const view =
      context.incident === null ? null : ((await context.views.incident(context.incident)) ?? null);
    return { kind: 'reply', what: 'menu', view, open: await context.queries.incidents({ open: true }) };
  }
  const command = context.commands.find((candidate) => candidate.name === name.toLowerCase());
  if (command === undefined) {
    return refuse('unknown-command', {
      command: name,
      near:
        nearest(
          name.toLowerCase(),
          context.commands.map((candidate) => candidate.name),
        ) ?? '',
    });
  }
  const input = readWords(rest);
  // A run is started from its preview, where a person has seen what it would do.
  return command.run(context, {
    ...input,
    flags: new Set([...input.flags].filter((flag) => flag !== 'yes')),
  });
}

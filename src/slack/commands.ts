import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type CommandContext, readWords, splitText } from '../command.ts';
import { nearest } from '../domain/nearest.ts';
import type { People } from '../domain/people.ts';
import { isRefusal, refuse } from '../domain/refusal.ts';
import { button, type Message, type View, view } from '../render/slack/blocks.ts';
import { givenBack } from '../render/slack/given-back.ts';
import { renderNotice } from '../render/slack/modals.ts';
import { renderReply } from '../render/slack/reply.ts';
import { actorOf, outsider, readersOf } from './actor.ts';
import { refusalLine, toMessage } from './answer.ts';
import type { SlackDeps } from './deps.ts';
import { openDialog } from './dialogs.ts';
import { patiently } from './faults.ts';
import { formView, TITLES } from './form-views.ts';
import { decodeText, type Mention, type SlashCommand } from './payload.ts';
import { previewView } from './preview.ts';

/** The incident whose channel or thread this is, or null. */
export async function incidentHere(
  deps: SlackDeps,
  channel: string | undefined,
  thread?: string,
): Promise<string | null> {
  if (channel === undefined) return null;
  const found = await deps.queries.incidents({ channel, limit: 20 });
  const inThread = found.find((incident) => thread !== undefined && incident.channel?.thread === thread);
  return (inThread ?? found.find((incident) => incident.channel?.thread === null))?.id ?? null;
}

/** What somebody typed, and where. */
interface Typed {
  readonly text: string;
  readonly user: string;
  readonly channel: string;
  readonly thread?: string | undefined;
  /** True where a form can be opened. */
  readonly canAsk: boolean;
}

interface Done {
  readonly answer: Answer;
  readonly people: People;
  /** Who typed it; null for somebody whom people.yml does not name. */
  readonly person: string | null;
}

async function carryOut(deps: SlackDeps, typed: Typed): Promise<Done> {
  const { incidents, runs, approvals, views, queries, backups, tools, commands } = deps;
  const actor = await actorOf(deps, typed.user);
  const people = await queries.people();
  const refusal = await outsider(deps, actor);
  if (refusal !== null) return { answer: refusal, people, person: actor.person };
  const context: CommandContext = {
    actor,
    people,
    incident: await incidentHere(deps, typed.channel, typed.thread),
    canAsk: typed.canAsk,
    incidents,
    runs,
    approvals,
    views,
    queries,
    backups,
    tools,
    commands,
  };
  const answer = await runCommand(context, splitText(typed.text).map(decodeText));
  return { answer, people, person: actor.person };
}

/**
 * Carries a typed command out and answers the person who typed it. Where a dialog is to be expected it opens first,
 * before anything is read, because the trigger lives for three seconds; whatever else the answer is then stands there.
 */
export async function handleCommand(
  deps: SlackDeps,
  body: SlashCommand,
  say: (message: Message) => Promise<void>,
): Promise<void> {
  const typed = { text: body.text, user: body.user_id, channel: body.channel_id, canAsk: true };
  const [name = '', ...rest] = splitText(body.text);
  const open = (title: string, make: () => Promise<View>) => {
    // A button holds little, and a command that is cut would be another one.
    const choice = body.text.length <= 30 ? body.text : name;
    const again = button('command.use', 'Open the form', { choice });
    const instead = deps.commands.find((command) => command.name === name)?.examples.at(-1) ?? '/dr help';
    return openDialog({ deps, trigger: body.trigger_id, again, say }, title, instead, make);
  };
  const expected = expectedDialog(name.toLowerCase(), rest);
  if (expected !== undefined)
    return open(expected, async () => {
      const { answer, people, person } = await carryOut(deps, typed);
      if (isRefusal(answer)) return renderNotice(expected, [refusalLine(answer, people)]);
      if (answer.kind === 'form') return formView(deps, answer, person);
      return answer.what === 'preview'
        ? previewView(deps, answer.view.incident, answer.preview, answer.inputs)
        : view('notice', expected, {}, ...(await messageOf(deps, answer, people)).blocks);
    });
  const done = await patiently(say, `/dr ${name}`.trim(), carryOut(deps, typed));
  const { answer, people, person } = done;
  if (!isRefusal(answer) && answer.kind === 'form')
    return open(TITLES[answer.form], () => formView(deps, answer, person));
  await say(await messageOf(deps, answer, people));
  if (isRefusal(answer) || answer.what === 'similar')
    for (const part of givenBack(decodeText(body.text))) await say(part);
}

/** How long an answer waits for the addresses of cards. */
const LINKS_MS = 1_000;

/** An answer as a message; where it shows an incident or a run, with the ways to its cards. */
async function messageOf(
  deps: SlackDeps,
  answer: Exclude<Answer, { kind: 'form' }>,
  people: People,
): Promise<Message> {
  const shown =
    !isRefusal(answer) && (answer.what === 'status' || answer.what === 'run') ? answer.view : null;
  const links =
    shown === null
      ? {}
      : await Promise.race([deps.links(shown).catch(() => ({})), sleep(LINKS_MS, {}, { ref: false })]);
  return toMessage(answer, people, deps.commands, links);
}

/** Commands that ask with a form when nothing but ids follows. */
const ASKING = ['declare', 'run', 'update', 'resolve', 'role', 'note', 'abort', 'approve'] as const;

/** The title of the dialog that a command will most likely want. */
function expectedDialog(name: string, rest: readonly string[]): string | undefined {
  const bare = rest.every((word) => /^(incident=)?(INC|DRILL|RUN|APR)-[\d-]+$/i.test(word));
  const form = bare ? ASKING.find((each) => each === name) : undefined;
  if (form !== undefined) return TITLES[form];
  return name === 'run' && rest[0] !== 'show' && !rest.includes('--dry-run') ? 'Preview' : undefined;
}

/**
 * `@dr-bot …` answers as `/dr …` does, in the thread, where everybody reads it. Forms cannot open from a message. Where
 * another organisation reads along nothing is said of incidents.
 */
export async function handleMention(
  deps: SlackDeps,
  { user, channel, text, thread_ts }: Mention,
  say: (message: Message) => Promise<void>,
): Promise<void> {
  const words = text.replace(/^.*?<@[UW][A-Z0-9]+(\|[^>]*)?>/s, '').trim();
  const readers = await readersOf(deps, channel);
  if (readers !== 'own') {
    const why = readers === 'shared' ? 'is shared with another organisation' : 'could not be looked at';
    return say(
      renderReply([
        `This channel ${why}, so the bot does not answer here. Nothing was done. Type it as a /dr command: only you read the answer.`,
      ]),
    );
  }
  const work = carryOut(deps, { text: words, user, channel, thread: thread_ts, canAsk: false });
  const { answer, people } = await patiently(say, 'it', work);
  if (isRefusal(answer) || answer.kind !== 'form') await say(await messageOf(deps, answer, people));
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

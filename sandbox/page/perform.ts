import type { Slack } from '../slack/index.ts';
import { commandNames } from '../slack/manifest.ts';
import type { ActInput } from './acts.ts';
import type { Answer } from './contract.ts';
import type { WorkspaceView } from './workspace-view.ts';

type Person = ReturnType<Slack['person']>;
type Receipt = Awaited<ReturnType<Person['command']>>;

const DONE: Answer = { ok: true, said: null };

/** Does what a person at the page asks for, by the hands of that person in the pretend workspace. */
export function createPerform({ slack, workspace }: { slack: Slack; workspace: WorkspaceView }) {
  async function send(person: Person, act: Extract<ActInput, { do: 'send' }>): Promise<Answer> {
    const { channel, text, threadTs } = act;
    if (text.trim() === '') return { ok: false, error: 'There is nothing to send.' };
    if (!text.startsWith('/')) {
      await person.says(channel, text, threadTs === undefined ? {} : { threadTs });
      return DONE;
    }
    const [name = ''] = text.split(/\s/);
    if (!commandNames.includes(name)) return { ok: false, error: unknownCommand(name) };
    if (threadTs !== undefined) return { ok: false, error: `${name} is not supported in threads. Sorry!` };
    const receipt = await person.command(channel, text);
    return receipt.acked ? DONE : { ok: false, error: `${name} failed with the error "${receipt.error}"` };
  }

  async function submit(person: Person, values: Parameters<Person['typeIn']>[0]): Promise<Answer> {
    await person.typeIn(values);
    const answer = await person.submit();
    // What is wrong with a field is shown beside it.
    return answer.kind === 'failed' ? { ok: false, error: trouble(answer.error) } : DONE;
  }

  return async function perform(act: ActInput): Promise<Answer> {
    const person = slack.person(act.as);
    switch (act.do) {
      case 'send':
        return send(person, act);
      case 'read':
        workspace.markRead(act.as, act.channel);
        return DONE;
      case 'join':
        return join(act.as, act.channel);
      case 'message-action':
        return pressed(await person.use(act, act.actionId, act.value));
      case 'modal-action':
        return pressed(await person.use('modal', act.actionId, act.value));
      case 'home-action':
        return pressed(await person.use('home', act.actionId, act.value));
      case 'modal-fill':
        await person.typeIn(act.values);
        return DONE;
      case 'modal-submit':
        return submit(person, act.values);
      case 'modal-close':
        await person.closeView();
        return DONE;
      case 'home-open':
        await person.openHome();
        return DONE;
    }
  };

  function join(key: string, ref: string): Answer {
    const { store } = slack;
    const user = store.user(key);
    const channel = store.channel(ref);
    if (!user || channel?.kind !== 'public' || !store.canSee(user, channel) || channel.archived)
      return { ok: false, error: 'This channel cannot be joined.' };
    if (!channel.members.has(user.id)) slack.join(key, channel.id);
    return DONE;
  }
}

function pressed(receipt: Receipt): Answer {
  return receipt.acked ? DONE : { ok: false, error: trouble(receipt.error) };
}

const trouble = (code: string) => `We had some trouble connecting. Try again? (${code})`;

const unknownCommand = (name: string) =>
  `${name} is not a valid command. In Slack, all messages that start with the “/” character are interpreted as commands. If you are trying to send a message and not run a command, try preceding the “/” with an empty space.`;

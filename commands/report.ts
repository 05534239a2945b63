import {
  aboutIncident,
  type Command,
  type CommandContext,
  isDay,
  personMeant,
  sentenceAbout,
  text,
  type Words,
} from '../src/command.ts';
import { nameOf } from '../src/domain/people.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const report: Command = {
  name: 'report',
  group: 'Finish',
  usage: '/dr report [INC] | lesson words | action words',
  summary: 'post-incident report, and what only people can add to it',
  more: 'Writes the report from the log and puts it into the channel. A lesson that begins with "Prevention:" or "Monitoring:" fills that part.',
  examples: [
    '/dr report',
    '/dr report INC-2026-014',
    '/dr report lesson "Prevention: migrations run without a dry run"',
    '/dr report action "Add a dry run to the pipeline" owner=ben due=2026-12-01',
  ],
  who: 'anyone',
  run: async (context, input) => {
    const { named, words } = aboutIncident(input);
    const [first] = words;
    if (first === 'lesson' || first === 'action') return add(context, first, input);
    const meant = await context.queries.incidentMeant(named ?? first ?? null, context.incident);
    if ('kind' in meant) return meant;
    const written = await context.tools.writeReport(context.actor, meant.id);
    return isRefusal(written) ? written : { kind: 'reply', what: 'report', report: written };
  },
};

async function add(
  { actor, incident, incidents, people, queries }: CommandContext,
  kind: 'lesson' | 'action',
  input: Words,
): ReturnType<Command['run']> {
  const said = { ...input, tokens: input.tokens.toSpliced(input.tokens.indexOf(kind), 1) };
  const { named, words } = sentenceAbout(said, incident, kind === 'action' ? ['owner', 'due'] : []);
  const meant = await queries.incidentMeant(named, null);
  if ('kind' in meant) return meant;
  const example =
    kind === 'lesson'
      ? '/dr report lesson "What we learned"'
      : '/dr report action "Add a dry run" owner=ben due=2026-12-01';
  if (words.length === 0) return refuse('usage', { command: 'report', needs: 'words', example });
  if (kind === 'lesson') {
    const added = await incidents.addLesson(actor, meant.id, words.join(' '));
    return isRefusal(added) ? added : text(`A lesson of ${meant.id} is recorded.`);
  }
  const { owner = '', due = '' } = input.pairs;
  const person = personMeant(people, owner);
  if (person === undefined)
    return refuse('unknown-person', { person: owner, people: Object.keys(people.people).join(', ') });
  if (!isDay(due))
    return refuse('input-invalid', { input: 'due', got: due, expected: 'a day like 2026-12-01' });
  const added = await incidents.addActionItem(actor, meant.id, { text: words.join(' '), owner: person, due });
  return isRefusal(added)
    ? added
    : text(`An action item of ${meant.id} is recorded for ${nameOf(people, person)}.`);
}

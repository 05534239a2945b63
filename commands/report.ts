import { type Command, type CommandContext, text, type Words } from '../src/command.ts';
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
    const [first, ...rest] = input.words;
    if (first === 'lesson' || first === 'action') return add(context, first, rest.join(' '), input);
    const meant = await context.queries.incidentMeant(first ?? null, context.incident);
    if ('kind' in meant) return meant;
    const written = await context.tools.writeReport(context.actor, meant.id);
    return isRefusal(written) ? written : { kind: 'reply', what: 'report', report: written };
  },
};

async function add(
  { actor, incident, incidents, people, queries }: CommandContext,
  kind: 'lesson' | 'action',
  words: string,
  { pairs }: Words,
): ReturnType<Command['run']> {
  const meant = await queries.incidentMeant(pairs.incident ?? null, incident);
  if ('kind' in meant) return meant;
  const example =
    kind === 'lesson'
      ? '/dr report lesson "What we learned"'
      : '/dr report action "Add a dry run" owner=ben due=2026-12-01';
  if (words === '') return refuse('usage', { command: 'report', needs: 'words', example });
  if (kind === 'lesson') {
    const added = await incidents.addLesson(actor, meant.id, words);
    return isRefusal(added) ? added : text(`A lesson of ${meant.id} is recorded.`);
  }
  const { owner = '', due = '' } = pairs;
  if (people.people[owner] === undefined)
    return refuse('unknown-person', { person: owner, people: Object.keys(people.people).join(', ') });
  if (!/^\d{4}-\d{2}-\d{2}$/.test(due) || Number.isNaN(Date.parse(due)))
    return refuse('input-invalid', { input: 'due', got: due, expected: 'a day like 2026-12-01' });
  const added = await incidents.addActionItem(actor, meant.id, { text: words, owner, due });
  return isRefusal(added)
    ? added
    : text(`An action item of ${meant.id} is recorded for ${people.people[owner]?.name ?? owner}.`);
}

import { type Command, text } from '../src/command.ts';
import { nearest } from '../src/domain/nearest.ts';
import { isRefusal, refuse } from '../src/domain/refusal.ts';

export const plan: Command = {
  name: 'plan',
  group: 'Recover',
  usage: '/dr plan [system]',
  summary: 'scenarios and runbooks',
  examples: ['/dr plan janua'],
  who: 'anyone',
  run: async ({ queries, incident }, { words }) => {
    const versions = await queries.plans();
    const here = words.length > 0 || incident === null ? null : await queries.incidentMeant(null, incident);
    const system = words[0]?.toLowerCase() ?? (here === null || isRefusal(here) ? undefined : here.system);
    const systems = versions.map((version) => version.plan.system);
    if (system === undefined && versions.length !== 1)
      return text('Plans in force:', ...systems.map((name) => `  ${name}`), 'One in full: /dr plan SYSTEM');
    const version = versions.find((candidate) => candidate.plan.system === (system ?? systems[0]));
    if (version === undefined)
      return refuse('unknown-system', {
        system: system ?? '',
        systems: systems.join(', '),
        near: nearest(system ?? '', systems) ?? '',
      });
    return {
      kind: 'reply',
      what: 'plan',
      plan: version.plan,
      version: `${version.plan.system}@${version.digest.slice(0, 7)}`,
    };
  },
};

import type { App } from '../app.ts';
import { canonicalJson, digestOf, toJson } from '../domain/canonical.ts';
import { versionName } from '../store/documents.ts';
import { bad, type Check, type Finding, ok, warned } from './finding.ts';

/** The folder of DR_CONFIG, and whether the bot works by what stands in it. */
export function configurationChecks(app: App): readonly Check[] {
  return [
    { what: 'plans', look: async () => plansInFolder(app) },
    { what: 'plans in force', look: () => plansInForce(app) },
    { what: 'people in force', look: () => peopleInForce(app) },
  ];
}

function plansInFolder({ folder, config }: App): readonly Finding[] {
  if (folder.plans.length === 0 && folder.faults.length === 0)
    return [
      bad(
        'plans',
        `There is no plan in ${config.DR_CONFIG}/plans. Copy one there: plans/janua.yml is whole.`,
      ),
    ];
  return [
    ...folder.faults.map((fault) => bad('plan', fault)),
    ...folder.plans.flatMap(({ file, warnings }) =>
      warnings.length === 0 ? [ok(file.name)] : warnings.map((warning) => warned('plan', warning)),
    ),
  ];
}

async function plansInForce(app: App): Promise<readonly Finding[]> {
  const versions = await app.queries.plans();
  const files = app.folder.documents.filter(({ kind }) => kind === 'plan');
  const orphans = versions.filter(({ plan }) => !files.some(({ name }) => name === plan.system));
  return [
    ...files.map(({ kind, name, body }) => {
      const version = versions.find(({ plan }) => plan.system === name);
      if (version === undefined) return bad(`plan ${name}`, 'It is not in force. Type: dr plan load');
      return version.digest === digestOf(kind, body)
        ? ok(`plan ${versionName(version)} is in force`)
        : bad(
            `plan ${name}`,
            `The file differs from ${versionName(version)}, which is in force. Type: dr plan load`,
          );
    }),
    ...orphans.map((version) =>
      warned(`plan ${versionName(version)} is in force`, 'Its file is gone from DR_CONFIG, or has faults.'),
    ),
  ];
}

async function peopleInForce(app: App): Promise<readonly Finding[]> {
  const [inForce, inFolder] = [await app.queries.people(), app.folder.people].map((people) =>
    canonicalJson(toJson(people)),
  );
  return inForce === inFolder
    ? [ok('people.yml is in force')]
    : [bad('people', 'people.yml differs from the people in force. Type: dr plan load')];
}

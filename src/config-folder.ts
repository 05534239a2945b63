import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AnyAction } from './actions/action.ts';
import { Connections } from './domain/connections.ts';
import { People, peopleFaults } from './domain/people.ts';
import { AppError, messageOf } from './errors.ts';
import { checkPlan, type LoadedPlan, parseFile, readYaml, type YamlFile } from './plan-load.ts';
import type { LoadableDocument } from './services/plans.ts';

export interface ConfigFolder {
  readonly connections: Connections;
  readonly people: People;
  readonly plans: readonly LoadedPlan[];
  /** Faults of single plans: the others are used, and a faulty one leaves its last good version in force. */
  readonly faults: readonly string[];
  readonly documents: readonly LoadableDocument[];
}

/** Reads `DR_CONFIG`: connections.yml and people.yml must be right; each plan stands or falls by itself. */
export async function readConfigFolder(
  folder: string,
  actions: Readonly<Record<string, AnyAction>>,
): Promise<ConfigFolder> {
  const connections = parseFile(await readRequired(folder, 'connections.yml'), Connections);
  const peopleFile = await readRequired(folder, 'people.yml');
  const people = parseFile(peopleFile, People);
  const twins = peopleFaults(people);
  if (twins.length > 0)
    throw new AppError('plan-invalid', twins.map((fault) => `${peopleFile.name}:1:1 ${fault}`).join('\n'), {
      details: twins,
    });
  const plans: LoadedPlan[] = [];
  const faults: string[] = [];
  for (const name of await planNames(folder)) {
    try {
      plans.push(
        checkPlan(await readYaml(join(folder, 'plans', name), `plans/${name}`), actions, people, connections),
      );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push(...error.details);
    }
  }
  const documents: LoadableDocument[] = [
    documentOf('people', 'people', peopleFile),
    ...plans.map(({ plan, file }) => documentOf('plan', plan.system, file)),
  ];
  return { connections, people, plans, faults, documents };
}

async function readRequired(folder: string, name: string): Promise<YamlFile> {
  return readYaml(join(folder, name), name).catch((error: unknown) => {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'config-invalid',
      `${basename(folder)}/${name} cannot be read (${messageOf(error)}). DR_CONFIG must name the folder with connections.yml, people.yml and plans/.`,
      { cause: error },
    );
  });
}

async function planNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, 'plans')).catch(() => []);
  return names.filter((name) => /\.ya?ml$/.test(name) && !name.includes('.example.')).sort();
}

function documentOf(
  kind: LoadableDocument['kind'],
  name: string,
  file: LoadedPlan['file'],
): LoadableDocument {
  return { kind, name, body: file.body, source: file.source };
}

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

/**
 * Reads `DR_CONFIG`: connections.yml and people.yml must be right; each plan stands or falls by itself. Throws with every fault
 * of all files where one of the two is not.
 */
export async function readConfigFolder(
  folder: string,
  actions: Readonly<Record<string, AnyAction>>,
): Promise<ConfigFolder> {
  const faults: string[] = [];
  const attempt = async <Value>(read: () => Promise<Value>): Promise<Value | null> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'plan-invalid') throw error;
      faults.push(...error.details);
      return null;
    }
  };
  const connections = await attempt(async () =>
    parseFile(await readRequired(folder, 'connections.yml'), Connections),
  );
  const people = await attempt(() => readPeople(folder));
  const plans: LoadedPlan[] = [];
  for (const name of await planNames(folder)) {
    const shown = `plans/${name}`;
    const loaded = await attempt(async () =>
      checkPlan(await readFileOf(folder, shown), actions, people?.people ?? null, connections),
    );
    if (loaded !== null) plans.push(loaded);
  }
  if (connections === null || people === null)
    throw new AppError('plan-invalid', faults.join('\n'), { details: faults });
  const documents: LoadableDocument[] = [
    documentOf('people', 'people', people.file),
    ...plans.map(({ plan, file }) => documentOf('plan', plan.system, file)),
  ];
  return { connections, people: people.people, plans, faults, documents };
}

async function readPeople(folder: string): Promise<{ people: People; file: YamlFile }> {
  const file = await readRequired(folder, 'people.yml');
  const people = parseFile(file, People);
  const twins = peopleFaults(people).map(
    ({ path, message }) => `${file.place(path)} ${path.join('.')}: ${message}`,
  );
  if (twins.length > 0) throw new AppError('plan-invalid', twins.join('\n'), { details: twins });
  return { people, file };
}

async function readRequired(folder: string, name: string): Promise<YamlFile> {
  return readFileOf(
    folder,
    name,
    ' DR_CONFIG must name the folder with connections.yml, people.yml and plans/.',
  );
}

async function readFileOf(folder: string, name: string, next = ''): Promise<YamlFile> {
  return readYaml(join(folder, name), name).catch((error: unknown) => {
    if (error instanceof AppError) throw error;
    const fault = `${basename(folder)}/${name} cannot be read (${messageOf(error)}).${next}`;
    throw new AppError(next === '' ? 'plan-invalid' : 'config-invalid', fault, {
      cause: error,
      details: [fault],
    });
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

import { quoteName, quoteText, type Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import type { Extension } from './pg-live.ts';
import type { Target } from './pg-target.ts';

/** How an extension can be created on the server copies are built on. */
type Way = { readonly extension: Extension; readonly by: 'owner' | 'admin'; readonly exactVersion: boolean };

/** Sorts the live database's extensions by who may create them; what nobody may is a reason to stop. */
export async function extensionWays(
  context: ActionContext,
  target: Target,
  session: Session,
  extensions: readonly Extension[],
) {
  const available = await session.rows<{ name: string; version: string; anyone: boolean }>(
    `select name, version, (trusted or not superuser) as anyone from pg_available_extension_versions where name = any($1)`,
    [extensions.map(({ name }) => name)],
  );
  const ways: Way[] = [];
  const blocked: string[] = [];
  for (const extension of extensions) {
    const versions = available.filter(({ name }) => name === extension.name);
    const exact = versions.find(({ version }) => version === extension.version);
    const anyone = exact?.anyone ?? versions.some((version) => version.anyone);
    if (versions.length === 0) {
      blocked.push(
        `The extension \`${extension.name}\` is not installed on the server \`${target.into}\`. Install its package there.`,
      );
    } else if (anyone || context.clients.postgres.hasAdmin(target.into)) {
      ways.push({ extension, by: anyone ? 'owner' : 'admin', exactVersion: exact !== undefined });
    } else {
      blocked.push(
        `Only an administrator may create the extension \`${extension.name}\`. Give \`${target.into}\` an adminUrl in connections.yml; the bot then runs: ${createExtension(extension, true)}`,
      );
    }
  }
  return { ways, blocked };
}

/**
 * Creates extensions in a copy before anything else is in it. Returns the schemas made for them, which the dump must not
 * make again. Trusted ones belong to the owner role, as if the application's migrations had created them.
 */
export async function createExtensions(
  context: ActionContext,
  target: Target,
  database: string,
  owner: string,
  ways: readonly Way[],
): Promise<ReadonlySet<string>> {
  const { clients, signal } = context;
  const asOwner = <Result>(work: (session: Session) => Promise<Result>) =>
    clients.postgres.withClient(target.into, database, work, { signal, role: owner });
  const schemas = [...new Set(ways.map(({ extension }) => extension.schema))];
  const made = await asOwner(async (session) => {
    const known = await session.rows<{ name: string }>(
      'select nspname as name from pg_namespace where nspname = any($1)',
      [schemas],
    );
    const missing = schemas.filter((schema) => !known.some(({ name }) => name === schema));
    for (const schema of missing) await session.rows(`create schema ${quoteName(schema)}`);
    return missing;
  });
  const create = async (session: Session, by: Way['by']) => {
    for (const way of ways)
      if (way.by === by) await session.rows(createExtension(way.extension, way.exactVersion));
  };
  // The administrator's first: trusted extensions may need them.
  if (ways.some(({ by }) => by === 'admin'))
    await clients.postgres.asAdmin(target.into, database, (session) => create(session, 'admin'), { signal });
  await asOwner((session) => create(session, 'owner'));
  return new Set(made);
}

function createExtension({ name, schema, version }: Extension, exactVersion: boolean): string {
  const at = exactVersion && version !== '' ? ` version ${quoteText(version)}` : '';
  return `create extension if not exists ${quoteName(name)} schema ${quoteName(schema)}${at} cascade`;
}

/** What only a superuser may create. A restore never is one, so a dump that holds it is refused by the object's name. */
const SUPERUSER_ONLY: readonly {
  readonly kind: string;
  readonly entry: RegExp;
  readonly statement: RegExp;
}[] = [
  kind('an event trigger', 'EVENT TRIGGER'),
  kind('a subscription', 'SUBSCRIPTION'),
  kind('a foreign data wrapper', 'FOREIGN DATA WRAPPER'),
  kind('an access method', 'ACCESS METHOD'),
  kind('an operator class', 'OPERATOR CLASS'),
  kind('an operator family', 'OPERATOR FAMILY'),
  kind('a text search parser', 'TEXT SEARCH PARSER'),
  kind('a text search template', 'TEXT SEARCH TEMPLATE'),
];

function kind(name: string, words: string) {
  return {
    kind: name,
    entry: new RegExp(`^\\d+; \\d+ \\d+ ${words} \\S+ (\\S+)`),
    statement: new RegExp(`^CREATE ${words} (\\S+)`, 'i'),
  };
}

/** Throws for a line of an archive's table of contents, or the head of a statement, that only a superuser may restore. */
export function refuseSuperuserOnly(text: string, form: 'entry' | 'statement'): void {
  for (const object of SUPERUSER_ONLY) {
    const name = text.match(object[form])?.[1];
    if (name === undefined) continue;
    throw new AppError(
      'backup-refused',
      `The backup holds ${object.kind}, \`${name.replace(/^"|"$/g, '')}\`, which only a superuser can create. The bot never restores as superuser. Take a backup without it, or let an administrator restore by hand.`,
    );
  }
}

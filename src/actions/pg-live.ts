import { quoteName, quoteText, type Session } from '../clients/postgres.ts';
import { AppError } from '../errors.ts';
import type { ActionContext } from './action.ts';
import { refuseOwnStore, systemIdentifierOf, type Target } from './pg-target.ts';

export interface Extension {
  readonly name: string;
  readonly schema: string;
  readonly version: string;
}

/** What a restored copy must be like to take the live database's place. */
export interface LiveShape {
  readonly oid: string;
  readonly systemIdentifier: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly icuLocale: string | null;
  readonly sizeBytes: number;
  readonly extensions: readonly Extension[];
}

export type Live = { readonly shape: LiveShape } | { readonly unreadable: string };

export const shapeOf = (live: Live): LiveShape | undefined => ('shape' in live ? live.shape : undefined);

/**
 * Reads the live database's shape. A server that is gone, a dropped database: both are what restores are for, so they are
 * an answer here and not an error. The bot's own store is refused.
 */
export async function readLive(context: ActionContext, target: Target): Promise<Live> {
  const { signal, clients } = context;
  try {
    const shape = await clients.postgres.withClient(target.connection, target.database, readShape, {
      signal,
      readOnly: true,
      timeoutMs: 10_000,
    });
    refuseOwnStore(context, shape.systemIdentifier, { oid: shape.oid, name: target.database });
    return { shape };
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('outside-')) return { unreadable: error.message };
    throw error;
  }
}

async function readShape(session: Session): Promise<LiveShape> {
  // Columns about ICU have other names in newer versions, so they are taken out of the row as JSON.
  const database = await session.row<Omit<LiveShape, 'systemIdentifier' | 'extensions'>>(
    `select oid::text, pg_get_userbyid(datdba) as owner, pg_encoding_to_char(encoding) as encoding,
            datcollate as collate, datctype as ctype, pg_database_size(oid)::float8 as "sizeBytes",
            case when to_jsonb(d)->>'datlocprovider' = 'i'
                 then coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale') end as "icuLocale"
       from pg_database d where datname = current_database()`,
  );
  return {
    ...database,
    systemIdentifier: await systemIdentifierOf(session),
    extensions: await readExtensions(session),
  };
}

/** All but plpgsql, which every database has. */
export function readExtensions(session: Session): Promise<Extension[]> {
  return session.rows<Extension & Record<string, unknown>>(
    `select e.extname as name, n.nspname as schema, e.extversion as version
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname <> 'plpgsql' order by e.extname`,
  );
}

/** The statement that makes an empty database of the same kind. Options that do not matter to it come in `more`. */
export function createLike(name: string, owner: string, shape: LiveShape | undefined, more: string): string {
  const icu = shape?.icuLocale ? ` locale_provider icu icu_locale ${quoteText(shape.icuLocale)}` : '';
  const locale =
    shape === undefined
      ? ''
      : ` encoding ${quoteText(shape.encoding)} lc_collate ${quoteText(shape.collate)} lc_ctype ${quoteText(shape.ctype)}${icu}`;
  return `create database ${quoteName(name)} owner ${quoteName(owner)} template template0${locale} ${more}`.trim();
}

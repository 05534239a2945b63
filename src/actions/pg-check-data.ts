import { quoteName, type Session } from '../clients/postgres.ts';
import type { Component } from '../domain/plan.ts';
import type { Baseline } from './action.ts';
import { total } from './pg-tables.ts';
import { count, named, plural } from './pg-words.ts';

/** One explicit answer. `not known` is never counted as a pass. */
export interface Check {
  readonly result: 'pass' | 'fail' | 'not known';
  readonly says: string;
}

export interface RowLimits {
  readonly baseline: Baseline | undefined;
  readonly maxDropPercent: number;
  /** Least rows by table, in place of what was recorded. */
  readonly expect: Readonly<Record<string, number>>;
}

/** Compares exact counts, table by table: a lost table must not hide behind one that grew. */
export function checkRows(
  rows: Readonly<Record<string, number>>,
  { baseline, maxDropPercent, expect }: RowLimits,
): Check {
  const held = `${plural(total(rows), 'row')} in ${plural(Object.keys(rows).length, 'table')}`;
  const wanted = { ...baseline?.rows, ...expect };
  const tables = Object.keys(wanted);
  if (tables.length === 0) return { result: 'not known', says: `${held}; no baseline to compare with` };
  const least = (table: string) => expect[table] ?? (wanted[table] ?? 0) * (1 - maxDropPercent / 100);
  const short = tables.filter((table) => (rows[table] ?? 0) < least(table));
  if (short.length === 0) {
    const since =
      baseline === undefined
        ? 'the plan'
        : `the counts of ${baseline.at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const unknown = Object.keys(rows).filter((table) => wanted[table] === undefined);
    return {
      result: 'pass',
      says: `${held}, compared with ${since}${unknown.length > 0 ? `; not compared: ${named(unknown)}` : ''}`,
    };
  }
  const [expected, found] = [total(wanted), tables.reduce((sum, table) => sum + (rows[table] ?? 0), 0)];
  const percent = ((found - expected) / Math.max(1, expected)) * 100;
  const missing = short.map((table) =>
    rows[table] === undefined
      ? `\`${table}\` does not exist.`
      : `\`${table}\` is missing ${count((wanted[table] ?? 0) - (rows[table] ?? 0))}.`,
  );
  const sign = percent < 0 ? '−' : '+';
  return {
    result: 'fail',
    says: `Expected ${plural(expected, 'row')} or more in ${plural(tables.length, 'table')}, found ${count(found)} (${sign}${Math.abs(percent).toFixed(1)}%). ${missing.slice(0, 5).join(' ')}`,
  };
}

/**
 * Looks for orphans in every foreign key again: a constraint that claims to be valid is not proof. One that never claimed it
 * may have had them in live. A key holds for all partitions of a table, but never for the children that inherit from it.
 */
export async function checkForeignKeys(session: Session): Promise<Check> {
  const keys = await session.rows<{ name: string; child: string; valid: boolean; query: string }>(
    `select c.conname as name, c.conrelid::regclass::text as child, c.convalidated as valid,
            format('select count(*)::float8 as orphans from %s c where %s and not exists (select from %s p where %s)',
                   ${rowsOf('c.conrelid')}, string_agg(format('c.%I is not null', a.attname), ' and '), ${rowsOf('c.confrelid')},
                   string_agg(format('p.%I operator(%I.%s) c.%I', f.attname, n.nspname, o.oprname, a.attname), ' and ')) as query
       from pg_constraint c
       cross join unnest(c.conkey, c.confkey, c.conpfeqop) k(child, parent, equal)
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.child
       join pg_attribute f on f.attrelid = c.confrelid and f.attnum = k.parent
       join pg_operator o on o.oid = k.equal join pg_namespace n on n.oid = o.oprnamespace
      where c.contype = 'f' and c.conparentid = 0
      group by c.oid, c.conname, c.conrelid, c.confrelid order by 2, 1`,
  );
  const [valid, open] = [keys.filter((key) => key.valid), keys.filter((key) => !key.valid)];
  const broken: string[] = [];
  for (const { name, child, query } of valid) {
    const { orphans } = await session.row<{ orphans: number }>(query);
    if (orphans > 0) broken.push(`${plural(orphans, 'row')} of \`${child}\` without a parent (\`${name}\`)`);
  }
  if (broken.length > 0) return { result: 'fail', says: broken.join('; ') };
  const whole = `${plural(valid.length, 'foreign key')}, 0 broken`;
  const names = named(open.map(({ child, name }) => `${child}.${name}`));
  return {
    result: 'pass',
    says: open.length === 0 ? whole : `${whole}; NOT VALID as in the backup: ${names}`,
  };
}

/** The rows one side of a foreign key is about, by an expression for the table's oid. */
const rowsOf = (table: string) =>
  `(select case relkind when 'p' then '' else 'only ' end || oid::regclass from pg_class where oid = ${table})`;

/**
 * Constraints left NOT VALID are named; an index that is not valid answers queries wrongly or not at all. A partitioned index
 * answers none: it is not valid until every partition has its own, and a dump keeps it so.
 */
export async function checkConstraints(session: Session): Promise<Check> {
  const constraints = await session.rows<{ name: string }>(
    `select conrelid::regclass || '.' || conname as name from pg_constraint where not convalidated and conrelid <> 0 order by 1`,
  );
  const indexes = await session.rows<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index join pg_class c on c.oid = indexrelid
      where not indisvalid and c.relkind <> 'I' order by 1`,
  );
  if (indexes.length > 0)
    return { result: 'fail', says: `indexes that are not valid: ${named(indexes.map(({ name }) => name))}` };
  const open = constraints.map(({ name }) => name);
  return {
    result: 'pass',
    says: open.length === 0 ? 'all valid' : `all indexes valid; NOT VALID as in the backup: ${named(open)}`,
  };
}

/** A sequence behind its column gives the next new row a number that is taken. One that may begin again is behind by design. */
export async function checkSequences(session: Session): Promise<Check> {
  const sequences = await session.rows<{ name: string; query: string }>(
    `select distinct s.seqrelid::regclass::text as name,
            format('select coalesce(max(%I) < (select last_value + case when is_called then %s else 0 end from %s), true) as ahead from %s',
                   a.attname, s.seqincrement, s.seqrelid::regclass, a.attrelid::regclass) as query
       from pg_sequence s
       join (select d.objid as sequence, d.refobjid as relation, d.refobjsubid as attribute
               from pg_depend d where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
             union
             select d.refobjid, f.adrelid, f.adnum
               from pg_depend d join pg_attrdef f on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
              where d.refclassid = 'pg_class'::regclass and d.deptype = 'n') used on used.sequence = s.seqrelid
       join pg_attribute a on a.attrelid = used.relation and a.attnum = used.attribute
       join pg_type t on t.oid = a.atttypid
      where s.seqincrement > 0 and not s.seqcycle and t.typcategory = 'N' order by 1`,
  );
  const behind: string[] = [];
  for (const { name, query } of sequences)
    if (!(await session.row<{ ahead: boolean }>(query)).ahead) behind.push(name);
  return behind.length === 0
    ? { result: 'pass', says: `${plural(sequences.length, 'sequence')} ahead` }
    : { result: 'fail', says: `behind their column: ${named(behind)}` };
}

/**
 * Walks the chain in order: each row carries the hash of the row before, and its own hash is SHA-256 of that followed by
 * `canon`, the plan's SQL expression for what was hashed. Text counts as its UTF-8 bytes; a hash may be stored as hex.
 */
export async function checkAuditChain(
  session: Session,
  chain: NonNullable<Component['auditChain']>,
): Promise<Check> {
  const table = chain.table.split('.').map(quoteName).join('.');
  const [order = '', prev = '', hash = ''] = [chain.order, chain.prev, chain.hash].map(quoteName);
  const isBytes = (value: string) => `pg_typeof(${value}) = 'bytea'::regtype`;
  const hex = (value: string) =>
    `case when ${isBytes(value)} then encode(${value}::text::bytea, 'hex') else lower(${value}::text) end`;
  const bytes = (value: string) =>
    `case when ${isBytes(value)} then ${value}::text::bytea else convert_to(${value}::text, 'UTF8') end`;
  const { links, broken, first } = await session.row<{ links: number; broken: number; first: string | null }>(
    `select count(*)::float8 as links, count(*) filter (where not intact)::float8 as broken,
            min(place) filter (where not intact)::text as first
       from (select ${order} as place,
                    coalesce(lag(${hex(hash)}) over (order by ${order}) = ${hex(prev)}, lag(true) over (order by ${order}) is null)
                    and ${hex(hash)} = encode(sha256(${bytes(prev)} || ${bytes('canon')}), 'hex') as intact
               from ${table} chained, lateral (select (${chain.canon}) as canon) written) judged`,
  );
  if (broken === 0) return { result: 'pass', says: `${count(links)} of ${count(links)} links` };
  return {
    result: 'fail',
    says: `the chain in \`${chain.table}\` is broken at ${plural(broken, 'row')}, first at ${chain.order} ${first}`,
  };
}

/** Reads every B-tree index against its table, where the extension for it is there. */
export async function checkIndexes(session: Session): Promise<Check> {
  const [amcheck] = await session.rows<{ schema: string; allowed: boolean }>(
    `select quote_ident(n.nspname) as schema, has_function_privilege(p.oid, 'execute') as allowed
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
       join pg_proc p on p.pronamespace = n.oid and p.proname = 'bt_index_check' and p.pronargs = 2
      where e.extname = 'amcheck'`,
  );
  if (amcheck === undefined) return { result: 'not known', says: 'the extension amcheck is not there' };
  if (!amcheck.allowed)
    return {
      result: 'not known',
      says: 'the restoring role may not run amcheck (grant execute on function bt_index_check)',
    };
  const indexes = await session.rows<{ oid: string }>(
    `select c.oid::text from pg_class c join pg_am a on a.oid = c.relam join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'i' and a.amname = 'btree' and c.relpersistence = 'p' and n.nspname not like 'pg\\_%'`,
  );
  for (const { oid } of indexes)
    await session.rows(`select ${amcheck.schema}.bt_index_check($1::oid, true)`, [oid]);
  return { result: 'pass', says: `${plural(indexes.length, 'index').replace('indexs', 'indexes')} read` };
}

import { randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';
import { refuseSuperuserOnly } from './pg-extensions.ts';

const TRAILER = '-- PostgreSQL database dump complete';
/** No text of a dump is longer than PostgreSQL's own limit of a value; what is, is meant to fill the memory. */
const LONGEST_LINE_BYTES = 256 * 1024 * 1024;
const LONGEST_STATEMENT_READ = 200_000;
const [NEWLINE, DOT, BACKSLASH] = [10, 46, 92];

/** What a restore leaves out of a plain dump, as `pg_restore --no-owner --use-list` does for an archive. */
export interface LeftOut {
  owners: number;
  comments: number;
  /** Default privileges of roles that the owner is not, and whose they are. */
  defaults: Set<string>;
}

/**
 * A plain dump on its way to psql, between our own BEGIN and COMMIT. A dump that ends early never meets the COMMIT, so
 * nothing of it stays (psql itself takes the end of its input for success).
 *
 * psql runs in restricted mode under a key the dump cannot know, because a backslash command in a dump runs as the bot. The
 * dump's own \restrict lines go: whoever wrote the dump knows their key. All other backslash commands are refused.
 */
export async function* guardedScript(
  chunks: AsyncIterable<Buffer>,
  skip: { readonly schemas: ReadonlySet<string>; readonly owner: string },
  leftOut: LeftOut,
): AsyncGenerator<Buffer> {
  const key = randomBytes(32).toString('hex');
  yield Buffer.from(`\\restrict ${key}\nbegin;\n`);
  const lexer = createLexer();
  let complete = false;
  for await (const lines of wholeLines(chunks)) {
    let from = 0;
    for (const [start, end] of linesOf(lines)) {
      if (lexer.inCopyData()) {
        lexer.copyLine(lines, start, end);
        continue;
      }
      // One character per byte: what is looked for is ASCII, which no byte of a longer UTF-8 character is.
      const line = lines.toString('latin1', start, end).replace(/\r?\n$/, '');
      const begins = lexer.atStart();
      const restriction = begins && /^\\(un)?restrict [A-Za-z0-9]+$/.test(line);
      // Around large objects pg_dump begins and ends transactions of its own, which would end ours.
      const border = begins && (line === 'BEGIN;' || line === 'COMMIT;');
      const frame = restriction || border;
      if (!frame) lexer.read(line);
      if (begins && line === TRAILER) complete = true;
      else if (complete && !restriction && !/^(--.*)?$/.test(line)) complete = false;
      if (!frame && !(begins && lexer.atStart() && isLeftOut(line, skip, leftOut))) continue;
      if (start > from) yield lines.subarray(from, start);
      from = end;
    }
    if (from < lines.length) yield lines.subarray(from);
  }
  if (!complete || !lexer.atStart() || lexer.inCopyData()) {
    throw new AppError(
      'backup-refused',
      `The backup is cut off: the line "${TRAILER}" is missing at its end. Nothing of it was kept. Choose another backup.`,
    );
  }
  yield Buffer.from(`\ncommit;\n\\unrestrict ${key}\n`);
}

/** Statements pg_dump writes on one line and that only a former owner, another role or an extension's owner may run. */
function isLeftOut(
  line: string,
  { schemas, owner }: Parameters<typeof guardedScript>[1],
  leftOut: LeftOut,
): boolean {
  if (/^ALTER .* OWNER TO ("[^"]+"|\S+);$/.test(line)) {
    leftOut.owners += 1;
    return true;
  }
  if (/^COMMENT ON EXTENSION .*;$/.test(line)) {
    leftOut.comments += 1;
    return true;
  }
  const role = line.match(/^ALTER DEFAULT PRIVILEGES FOR ROLE ("(?:[^"]|"")+"|\S+) .*;$/)?.[1];
  const named = role?.replace(/^"|"$/g, '').replaceAll('""', '"');
  if (named !== undefined && named !== owner) {
    leftOut.defaults.add(named);
    return true;
  }
  const schema = line.match(/^CREATE SCHEMA (\S+);$/)?.[1];
  return schema !== undefined && schemas.has(schema.replace(/^"|"$/g, ''));
}

/** Cuts chunks at line ends; only the last piece may lack one. */
async function* wholeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      rest.push(chunk);
      if (rest.reduce((sum, part) => sum + part.length, 0) > LONGEST_LINE_BYTES) {
        throw new AppError(
          'backup-refused',
          'The backup holds a line of more than 256 MB, which pg_dump does not write. Choose another backup.',
        );
      }
      continue;
    }
    yield rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]);
    rest = end < chunk.length ? [chunk.subarray(end)] : [];
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

function* linesOf(lines: Buffer): Generator<readonly [number, number]> {
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, start);
    const end = newline === -1 ? lines.length : newline + 1;
    yield [start, end];
    start = end;
  }
}

type State =
  | { in: 'code' }
  | { in: 'text'; escapes: boolean }
  | { in: 'name' }
  | { in: 'dollar'; tag: string }
  | { in: 'comment'; depth: number };

/** Everything up to the next character that could begin a quote, a comment, a psql command or the statement's end. */
const PLAIN = /(?:[^\\'"$;/\-eE]|[eE](?!')|-(?!-)|\/(?!\*))+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$/y;
const COMMENT_EDGE = /\/\*|\*\//g;
const ESCAPED_TEXT_END = /(?:[^\\']|\\.?)*/y;
const WORD = /[A-Za-z0-9_$\x80-\xff]/;
/** What opens and closes the parts of a statement in which a semicolon does not end it (psql's own lexer, since 14). */
const NESTING = /[()]|(?<![A-Za-z0-9_$\x80-\xff])(?:begin|case|end)(?![A-Za-z0-9_$\x80-\xff])/gi;
const ROUTINE = /^CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b/i;

/** Follows quotes, comments and COPY data as psql does, and refuses what must not reach it. */
function createLexer() {
  let state: State = { in: 'code' };
  let statement = '';
  let copyData = false;
  /** Open parentheses, and open BEGIN ATOMIC or CASE of a routine's body. */
  let [parentheses, blocks] = [0, 0];
  /** Text right after an escape string's end, with only white space between, goes on as an escape string. */
  let escapesGoOn = false;

  function read(line: string): void {
    let at = 0;
    while (at < line.length) at = state.in === 'code' ? readCode(line, at) : readQuoted(line, at, state);
    if (statement !== '') note('\n');
  }

  function note(text: string): void {
    if (statement.length < LONGEST_STATEMENT_READ) statement += statement === '' ? text.trimStart() : text;
  }

  function readCode(line: string, at: number): number {
    const plain = matchAt(PLAIN, line, at);
    if (plain !== undefined) {
      if (plain.trim() !== '') escapesGoOn = false;
      note(plain);
      nest(line, at, at + plain.length);
      return at + plain.length;
    }
    const two = line.slice(at, at + 2);
    if (two === '--') return line.length;
    if (two === '/*') {
      // To the server a comment is white space.
      note(' ');
      return open({ in: 'comment', depth: 1 }, at + 2);
    }
    const letter = line.charAt(at);
    if (letter === '\\') refuseBackslash(line.slice(at));
    const inWord = at > 0 && WORD.test(line.charAt(at - 1));
    note(letter);
    if (letter === "'") return open({ in: 'text', escapes: escapesGoOn }, at + 1);
    escapesGoOn = false;
    if (letter === '"') return open({ in: 'name' }, at + 1);
    if ((letter === 'e' || letter === 'E') && !inWord) return open({ in: 'text', escapes: true }, at + 2);
    const tag = inWord ? undefined : matchAt(DOLLAR_TAG, line, at);
    if (tag !== undefined) return open({ in: 'dollar', tag }, at + tag.length);
    if (letter === ';' && parentheses === 0 && blocks === 0) endStatement();
    return at + 1;
  }

  function nest(line: string, from: number, until: number): void {
    NESTING.lastIndex = from;
    for (let match = NESTING.exec(line); match !== null && match.index < until; match = NESTING.exec(line)) {
      const word = match[0].toLowerCase();
      if (word === '(') parentheses += 1;
      else if (word === ')') parentheses = Math.max(0, parentheses - 1);
      else if (parentheses > 0 || !ROUTINE.test(statement)) continue;
      else if (word === 'end') blocks = Math.max(0, blocks - 1);
      else if (word === 'begin' || blocks > 0) blocks += 1;
    }
  }

  function open(next: State, at: number): number {
    state = next;
    return at;
  }

  function readQuoted(line: string, at: number, quoted: Exclude<State, { in: 'code' }>): number {
    if (quoted.in === 'comment') return readComment(line, at, quoted.depth);
    const close = quoted.in === 'dollar' ? quoted.tag : quoted.in === 'name' ? '"' : "'";
    const escapes = quoted.in === 'text' && quoted.escapes;
    const from = escapes ? at + (matchAt(ESCAPED_TEXT_END, line, at) ?? '').length : at;
    const end = line.indexOf(close, from);
    const until = end === -1 ? line.length : end + close.length;
    note(line.slice(at, until));
    if (end !== -1) {
      state = { in: 'code' };
      escapesGoOn = escapes;
    }
    return until;
  }

  function readComment(line: string, at: number, depth: number): number {
    COMMENT_EDGE.lastIndex = at;
    const edge = COMMENT_EDGE.exec(line);
    if (edge === null) return line.length;
    const left = depth + (edge[0] === '/*' ? 1 : -1);
    return open(left === 0 ? { in: 'code' } : { in: 'comment', depth: left }, edge.index + 2);
  }

  function endStatement(): void {
    const text = statement;
    statement = '';
    refuseSuperuserOnly(text, 'statement');
    const refusal = refusalOf(text);
    if (refusal !== undefined) {
      throw new AppError(
        'backup-refused',
        `The backup holds a statement that ${refusal}: "${text.slice(0, 80)}". Nothing of it was kept. Choose another backup, and look at who wrote this one.`,
      );
    }
    copyData = /^COPY [^;]* FROM stdin;$/is.test(text);
  }

  return {
    read,
    atStart: () => state.in === 'code' && statement === '',
    inCopyData: () => copyData,
    copyLine(lines: Buffer, start: number, end: number): void {
      if (lines[start] !== BACKSLASH || lines[start + 1] !== DOT) return;
      if (/^\\\.\r?\n?$/.test(lines.toString('latin1', start, end))) copyData = false;
    },
  };
}

function matchAt(pattern: RegExp, line: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0];
}

/** The first words of what pg_dump writes. Anything else is somebody else's. */
const WRITTEN = /^(ALTER|COMMENT|COPY|CREATE|DROP|GRANT|INSERT|REFRESH|REVOKE|SECURITY|SELECT|SET)\b|^;$/i;
const ASKED =
  /^SELECT\s+(\*\s+FROM\s+)?pg_catalog\.(setval|lo_creat|lo_create|lo_open|lo_close|lo_unlink|lowrite|pg_restore_\w+_stats)\b|^SELECT\s+pg_catalog\.set_config\('search_path', '[^']*', false\);$/i;
const SETTINGS =
  /^SET\s+(statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|check_function_bodies|xmloption|client_min_messages|row_security|default_tablespace|default_table_access_method|default_with_oids|search_path|escape_string_warning)\s*=|^SET\s+standard_conforming_strings\s*=\s*on;$|^SET\s+client_encoding\s*=\s*'(UTF8|SQL_ASCII|LATIN\d+|WIN\d+|KOI8[RU]|ISO_8859_\d+|EUC_\w+|MULE_INTERNAL)';$/i;

/** Each would act outside the copy, or make psql read the rest otherwise than we do. Undefined for what pg_dump writes. */
function refusalOf(text: string): string | undefined {
  if (/^COPY\b.*\b(FROM|TO)\s+PROGRAM\b/is.test(text)) return 'runs a program';
  if (/^(CREATE|ALTER|DROP)\s+(DATABASE|ROLE|USER(?!\s+MAPPING)|GROUP|TABLESPACE|SYSTEM)\b/i.test(text))
    return 'changes the server, not the copy';
  if (!WRITTEN.test(text)) return 'pg_dump does not write';
  if (/^SELECT\b/i.test(text) && !ASKED.test(text)) return 'calls what pg_dump does not call';
  if (/^SET\b/i.test(text) && !SETTINGS.test(text)) return 'changes how the rest is read or as whom it runs';
  return undefined;
}

function refuseBackslash(rest: string): never {
  const command = rest.split(/\s/, 1)[0] ?? '\\';
  const advice =
    command === '\\connect' || command === '\\c'
      ? ' It was made with pg_dump --create or pg_dumpall. Take a backup of the one database without --create.'
      : ' Choose another backup, and look at who wrote this one.';
  throw new AppError(
    'backup-refused',
    `The backup holds the psql command \`${command.slice(0, 20)}\`, which would run on the bot's machine. Nothing of it was kept.${advice}`,
  );
}

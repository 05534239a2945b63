/** What the text of a dump says about itself. */
export interface DumpText {
  /** The completion trailer is there and no statement follows it. Only this tells a whole dump from a cut one (X6). */
  readonly complete: boolean;
  readonly tables: number;
  /** Rows in COPY blocks; null for a dump without any. */
  readonly rows: number | null;
  /** The server's version, as pg_dump wrote it in front. */
  readonly pgVersion: string | null;
  readonly bytes: number;
}

const TRAILER = '-- PostgreSQL database dump complete';
const FROM_VERSION = '-- Dumped from database version ';
const CREATE_TABLE = /^CREATE (UNLOGGED |FOREIGN )?TABLE /;
const NEWLINE = 0x0a;

/** Longest line of SQL that is looked at; a COPY line names at most 1,600 columns. */
const LINE_LIMIT = 128 * 1024;
/** Inside COPY data only the end mark `\.` matters, so a row of a gigabyte costs three characters. */
const ROW_LIMIT = 3;

/**
 * Reads the text of a dump piece by piece, in constant memory. Lines inside COPY data are rows, whatever they look like: a
 * row may well read "-- PostgreSQL database dump complete".
 */
export function createDumpScan() {
  let line = '';
  let inCopy = false;
  let complete = false;
  let created = 0;
  let copied = 0;
  let rows = 0;
  let bytes = 0;
  let pgVersion: string | null = null;

  function take(chunk: Buffer): void {
    bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline === -1 ? chunk.length : newline;
      const room = (inCopy ? ROW_LIMIT : LINE_LIMIT) - line.length;
      if (room > 0) line += chunk.toString('latin1', at, Math.min(end, at + room));
      if (newline === -1) return;
      endLine();
      at = newline + 1;
    }
  }

  function endLine(): void {
    const text = line.trimEnd();
    line = '';
    if (inCopy) {
      if (text === '\\.') inCopy = false;
      else rows += 1;
      return;
    }
    if (text === TRAILER) complete = true;
    else if (complete && isStatement(text)) complete = false;
    if (text.startsWith('COPY ') && text.endsWith(' FROM stdin;')) {
      inCopy = true;
      copied += 1;
    } else if (CREATE_TABLE.test(text)) {
      created += 1;
    } else if (text.startsWith(FROM_VERSION)) {
      pgVersion ??= text.slice(FROM_VERSION.length, FROM_VERSION.length + 60);
    }
  }

  function result(): DumpText {
    if (line !== '') endLine();
    return {
      complete: complete && !inCopy,
      tables: Math.max(created, copied),
      rows: copied === 0 ? null : rows,
      pgVersion,
      bytes,
    };
  }

  return { take, result, size: () => bytes };
}

/** pg_dump itself ends with comments and, in newer versions, `\unrestrict`. */
function isStatement(text: string): boolean {
  return text !== '' && !text.startsWith('--') && !text.startsWith('\\unrestrict');
}

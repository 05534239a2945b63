/** What a file is by its first bytes, whatever its name says. */
export interface FileFormat {
  /** As people say it: `gzip`, `PGP`, `custom` of pg_dump. */
  readonly name: string;
  /** How it is meant: a whole, something packed, or something only its key opens. */
  readonly is: 'dump' | 'packed' | 'encrypted';
}

const STARTS: readonly (readonly [start: string, name: string, is: FileFormat['is']])[] = [
  ['age-encryption', 'age', 'encrypted'],
  ['-----BEGIN PGP', 'PGP', 'encrypted'],
  ['\x85', 'PGP', 'encrypted'],
  ['\x84', 'PGP', 'encrypted'],
  ['Salted__', 'OpenSSL', 'encrypted'],
  ['\x1f\x8b', 'gzip', 'packed'],
  ['\x28\xb5\x2f\xfd', 'zstd', 'packed'],
  ['\x04\x22\x4d\x18', 'lz4', 'packed'],
  ['\xfd7zXZ', 'xz', 'packed'],
  ['BZh', 'bzip2', 'packed'],
  ['PK\x03\x04', 'zip', 'packed'],
  ['PGDMP', 'custom', 'dump'],
  ['REDIS', 'rdb', 'dump'],
];

/** The format of a file that begins so; undefined for one that is not known by its beginning, such as plain text. */
export function fileFormat(head: Buffer): FileFormat | undefined {
  const start = head.toString('latin1', 0, 64);
  const [, name, is] = STARTS.find(([magic]) => start.startsWith(magic)) ?? [];
  return name === undefined || is === undefined ? undefined : { name, is };
}

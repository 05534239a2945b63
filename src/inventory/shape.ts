import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { discard, download, type Worker } from '../actions/backup-download.ts';
import { inspectDump, wholeDump } from '../actions/backup-dump.ts';
import { fileFormat } from '../domain/file-format.ts';
import type { Artifact, Seen, Shape } from '../domain/inventory.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import { AppError } from '../errors.ts';
import { attempt, Unread, unreadable } from './attempt.ts';
import { systemOf } from './location.ts';
import type { Look, Looked, ShapeId, Sources } from './look.ts';

/** A private folder of this worker, for what is read whole. Nothing stays in it. */
interface ShapeLook extends Look {
  readonly workDir: string;
}

type Readable = LocationOf<'s3'> | LocationOf<'directory'>;
type Found = Pick<Shape, 'format' | 'refused' | 'encryption' | 'whole'>;

const HEAD_BYTES = 4_096;
const IN_ONE_PIECE: readonly Backup['kind'][] = ['logical', 'physical', 'snapshot', 'export'];

/** What is in one piece and where it can be opened; undefined for what has no shape of its own. */
export function shapedLocation({ kind, locations: [first] }: Backup): Readable | undefined {
  if (!IN_ONE_PIECE.includes(kind)) return undefined;
  return first?.source === 's3' || first?.source === 'directory' ? first : undefined;
}

export function shapeIdOf({ key, etag, bytes, storedAt }: Artifact): ShapeId {
  return { key, version: etag ?? `${bytes} bytes of ${storedAt.toISOString()}` };
}

/**
 * Reads one artifact: a dump from its first to its last byte, so that a cut or empty one is found; of what is encrypted or no
 * dump only the beginning. It may take as long as fetching the dump, so that it is asked once for each artifact.
 */
export async function readShape(
  deps: Sources,
  { backup }: Looked,
  artifact: Artifact,
  look: ShapeLook,
): Promise<Seen<Shape>> {
  const location = shapedLocation(backup);
  if (location === undefined)
    return unreadable(backup.id, new Unread('no-source', 'is not one piece to read'));
  return attempt(systemOf(location), look.signal, async () => {
    const found = await wholeIn(deps, backup, location, artifact, look).catch(orChanging);
    return { key: artifact.key, readAt: look.now, ...found };
  });
}

/** The store's own encryption is what the plan speaks of; what was encrypted before it came there shows in its bytes. */
async function wholeIn(
  deps: Sources,
  backup: Backup,
  location: Readable,
  artifact: Artifact,
  look: ShapeLook,
): Promise<Found> {
  const found = await foundIn(deps, backup, location, artifact, look);
  if (location.source !== 's3') return found;
  const { encryption } = await deps.clients.s3.facts(location.connection, artifact.key, look);
  return encryption === 'none' ? found : { ...found, encryption };
}

async function foundIn(
  deps: Sources,
  backup: Backup,
  location: Readable,
  artifact: Artifact,
  look: ShapeLook,
): Promise<Found> {
  const begun = beginning(await headOf(deps, location, artifact, look));
  if (backup.kind !== 'logical' || begun.encryption !== null) return begun;
  if (location.source === 'directory')
    return (await inspect(deps, join(location.path, artifact.key), look)).found;
  const { clients } = deps;
  const ref = { key: artifact.key, etag: artifact.etag ?? '' };
  const { versionId, bytes } = await clients.s3.head(location.connection, ref, look);
  const worker: Worker = { clients, workDir: look.workDir, signal: look.signal, progress: () => undefined };
  const wanted = { ...ref, connection: location.connection, versionId, bytes };
  try {
    const { path, sha256 } = await download(worker, wanted);
    const { found, dump } = await inspect(deps, path, look);
    return dump === null ? found : { ...found, whole: { etag: ref.etag, ...wholeDump(dump, sha256) } };
  } finally {
    await discard(worker, wanted);
  }
}

async function inspect({ clients }: Sources, path: string, { signal }: Look) {
  const dump = await inspectDump(path, clients.programs, signal);
  const found: Found =
    'refused' in dump
      ? { format: null, refused: dump.refused, encryption: null }
      : { format: dump.format, refused: null, encryption: null };
  return { found, dump: 'refused' in dump ? null : dump };
}

async function headOf(
  deps: Sources,
  location: Readable,
  artifact: Artifact,
  { signal }: Look,
): Promise<Buffer> {
  if (location.source === 'directory') {
    await using file = await open(join(location.path, artifact.key));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  }
  const ref = { key: artifact.key, etag: artifact.etag ?? '' };
  for await (const chunk of await deps.clients.s3.open(location.connection, ref, { signal })) return chunk;
  return Buffer.alloc(0);
}

function beginning(head: Buffer): Found {
  if (head.length === 0) return { format: null, refused: 'is empty', encryption: null };
  const found = fileFormat(head);
  const encryption = found?.is === 'encrypted' ? { algorithm: found.name, key: null } : null;
  return { format: found?.name ?? null, refused: null, encryption };
}

/** Replaced or taken away while it was read, which is a fact about the artifact and not about the source. */
function orChanging(error: unknown): Found {
  if (error instanceof AppError && error.code === 'backup-changed')
    return { format: null, refused: 'is still changing', encryption: null };
  throw error;
}

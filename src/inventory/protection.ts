import type { ObjectFacts } from '../clients/s3-protection.ts';
import type { Artifact, Protection } from '../domain/inventory.ts';
import type { Backup, LocationOf } from '../domain/plan-backup.ts';
import type { Look, Sources } from './look.ts';

/** Whether the plan says anything about how its buckets guard this backup. */
export function wantsProtection({ protection }: Pick<Backup, 'protection'>): boolean {
  return Object.keys(protection).length > 0;
}

/**
 * What the store says about what the plan demands, one request each. Of lock and encryption the newest object counts, not
 * the bucket's settings: those hold for objects to come, and what is written may have been stored otherwise.
 */
export async function readProtection(
  { clients: { s3 } }: Sources,
  backup: Pick<Backup, 'protection'>,
  { connection }: LocationOf<'s3'>,
  newest: { readonly artifact: Artifact; facts(): Promise<ObjectFacts> } | undefined,
  { now, signal }: Look,
): Promise<Protection> {
  const wanted = backup.protection;
  const look = { signal };
  const wantsLock = wanted.lock !== undefined || wanted.writerDelete !== undefined;
  const wantsEncryption = wanted.encryption !== undefined || wanted.key !== undefined;
  const lockOf = () =>
    newest === undefined ? s3.lockRule(connection, look) : s3.retention(connection, newest.artifact, look);
  const encryptionOf = async () =>
    newest === undefined ? s3.encryptionRule(connection, look) : (await newest.facts()).encryption;
  const [versioning, lock, encryption, publicAccess] = await Promise.all([
    wanted.versioning === undefined ? null : s3.versioning(connection, look),
    wantsLock ? lockOf() : null,
    wantsEncryption ? encryptionOf() : null,
    wanted.publicAccess === undefined ? null : s3.publicAccess(connection, look),
  ]);
  return {
    versioning,
    lock,
    encryption,
    publicAccess,
    keyTurnedAt: null,
    writerDelete: isHeld(newest?.artifact, lock, now) ? 'denied' : null,
  };
}

/**
 * Who may delete is not tried out. It is certain only of what the store lets nobody take away: an object that is locked for
 * compliance.
 */
function isHeld(newest: Artifact | undefined, lock: Protection['lock'], now: Date): boolean {
  if (newest === undefined || lock === null || lock === 'none' || lock.mode !== 'COMPLIANCE') return false;
  return newest.storedAt.getTime() + lock.ms > now.getTime();
}

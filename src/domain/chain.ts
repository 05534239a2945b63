import { createHash } from 'node:crypto';

/**
 * The hash chain over `events` (SLACK.md §4):
 * hash = SHA256("drbot/audit/v1\0" || prev || seq as 8 bytes big-endian || canonical bytes).
 */
export interface Link {
  readonly seq: bigint;
  readonly prev: string;
  readonly hash: string;
  readonly canon: Uint8Array;
}

export const GENESIS = '0'.repeat(64);

export function linkHash(prev: string, seq: bigint, canon: Uint8Array): string {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(seq);
  return createHash('sha256')
    .update('drbot/audit/v1\0')
    .update(Buffer.from(prev, 'hex'))
    .update(number)
    .update(canon)
    .digest('hex');
}

export interface ChainFault {
  readonly seq: bigint;
  readonly reason: string;
}

/** Where a walk along the chain stands. */
export interface ChainCursor {
  readonly seq: bigint;
  readonly hash: string;
}

export const CHAIN_START: ChainCursor = { seq: 0n, hash: GENESIS };

/** One step of the walk: the next cursor, or the first thing that does not fit. */
export function followLink(cursor: ChainCursor, link: Link): ChainCursor | ChainFault {
  if (link.seq !== cursor.seq + 1n)
    return { seq: link.seq, reason: `expected event ${cursor.seq + 1n}, found event ${link.seq}` };
  if (link.prev !== cursor.hash) return { seq: link.seq, reason: 'does not follow the event before it' };
  const computed = linkHash(link.prev, link.seq, link.canon);
  if (computed !== link.hash) {
    return {
      seq: link.seq,
      reason: `does not match its hash (stored ${link.hash.slice(0, 4)}…, computed ${computed.slice(0, 4)}…)`,
    };
  }
  return { seq: link.seq, hash: link.hash };
}

export function isFault(value: ChainCursor | ChainFault): value is ChainFault {
  return 'reason' in value;
}

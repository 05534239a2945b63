const BLOCK = 512;

/**
 * Follows the members of a tar archive and tells whether its end mark is there. pg_restore is no judge of that: of a cut
 * tar it restores what there is and reports success, or reads its end for ever (PostgreSQL 15.20).
 */
export function createTarScan() {
  let header = Buffer.alloc(0);
  let skip = 0;
  let ended = false;

  function take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !ended) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      const missing = BLOCK - header.length;
      header = Buffer.concat([header, chunk.subarray(at, at + missing)]);
      at += missing;
      if (header.length < BLOCK) return;
      ended = header.every((byte) => byte === 0);
      skip = Math.ceil(memberBytes(header) / BLOCK) * BLOCK;
      header = Buffer.alloc(0);
    }
  }

  return { take, complete: () => ended };
}

/** The size of a member: octal text, or a big-endian number after 0x80 where that is too short (8 GB). */
function memberBytes(header: Buffer): number {
  if (header[124] === 0x80) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString('latin1', 124, 136), 8) || 0;
}

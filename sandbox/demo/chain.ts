import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Bot } from '../bot.ts';
import { queryOnce } from '../postgres.ts';
import type { BaseWorld } from '../world.ts';
import { insist } from './check.ts';

const Bytes = z.instanceof(Buffer);
const Row = z.object({ seq: z.coerce.bigint(), canon: Bytes, prev: Bytes, hash: Bytes });

/**
 * Walks the bot's log as a stranger would who has only the table and the rule: hash = SHA-256 of "drbot/audit/v1", a NUL,
 * the hash before, the number in 8 bytes, and the content. Shares no code with the bot.
 */
async function walkLog(adminUrl: string): Promise<{ events: number; verified: boolean }> {
  const rows = z
    .array(Row)
    .parse(await queryOnce(adminUrl, 'select seq, canon, prev, hash from public.events order by seq'));
  let prev: Buffer = Buffer.alloc(32);
  for (const [index, row] of rows.entries()) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(row.seq);
    const hash = createHash('sha256')
      .update('drbot/audit/v1\0')
      .update(prev)
      .update(number)
      .update(row.canon)
      .digest();
    if (Number(row.seq) !== index + 1 || !prev.equals(row.prev) || !hash.equals(row.hash))
      return { events: rows.length, verified: false };
    prev = hash;
  }
  return { events: rows.length, verified: true };
}

/** The log as a stranger walks it, and the bot's own word on it: both must hold. */
export async function unbrokenLog(world: BaseWorld, bot: Bot) {
  const log = await walkLog(world.bot.superuserUrl);
  const verified = await bot.cli(['audit', 'verify']);
  insist(log.verified && verified.code === 0, 'an unbroken log', verified.stderr);
  return log;
}

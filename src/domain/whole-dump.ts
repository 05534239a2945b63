import { z } from 'zod';

/** What a full read found in a whole dump, known by its SHA-256: the same bytes need not be read again. */
export const WholeDump = z.object({
  sha256: z.string(),
  format: z.enum(['plain', 'custom', 'tar']),
  compressed: z.boolean(),
  tables: z.number(),
  rows: z.number().nullable(),
  pgVersion: z.string().nullable(),
});
export type WholeDump = z.infer<typeof WholeDump>;

/** The same in a store, with the version that was read. */
export const StoredDump = WholeDump.extend({ etag: z.string() });
export type StoredDump = z.infer<typeof StoredDump>;

/** When a dump in a store was read from its first to its last byte, and what was found. */
export interface Reading {
  readonly at: Date;
  readonly key: string;
  readonly whole: StoredDump;
}

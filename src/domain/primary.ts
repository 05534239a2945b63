import { z } from 'zod';

/** How far a primary had come when it was looked at. */
export const PrimaryPosition = z.object({
  systemIdentifier: z.string(),
  timeline: z.number(),
  /** pg_current_wal_lsn(), like `0/3000148`. */
  lsn: z.string(),
});

/** A primary as the watch last saw it. What it committed after that moment nobody can know from here. */
export interface PrimarySeen extends z.infer<typeof PrimaryPosition> {
  readonly at: Date;
}

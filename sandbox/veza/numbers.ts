const day = 24 * 3_600_000;

/** What Veza's database begins with: 20,000 rows. */
export const sizes = { channels: 40, members: 1_960, messages: 18_000 } as const;

/** When the first message was written, before the world's `now`. */
export const historyMs = 30 * day;

export const database = 'veza_db';

/** The slot by which the standby streams, and by which its successor will. */
export const slot = 'veza_standby';

/** The releases of the backend API so far, by their age in the world's `now`. */
export const releases = [
  { version: '2.6.0', agoMs: 12 * day },
  { version: '2.6.1', agoMs: 6 * day },
  { version: '2.7.0', agoMs: 3 * 3_600_000 },
] as const;

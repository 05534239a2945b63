const HOUR_MS = 3_600_000;

/** Times of a clock in UTC: at `hour`, and from there on every so many hours of a day. */
export type Slots = { readonly hour: number; readonly everyHours: number };

/** The newest `count` slots that are over, oldest first. */
export function slotsBefore(slots: Slots, now: Date, count: number): Date[] {
  const newest = after(slots, now).getTime() - slots.everyHours * HOUR_MS;
  return Array.from(
    { length: count },
    (_, index) => new Date(newest - (count - 1 - index) * slots.everyHours * HOUR_MS),
  );
}

/** The first slot later than a moment. */
export function after({ hour, everyHours }: Slots, moment: Date): Date {
  const every = everyHours * HOUR_MS;
  const begin = (hour * HOUR_MS) % every;
  return new Date((Math.floor((moment.getTime() - begin) / every) + 1) * every + begin);
}

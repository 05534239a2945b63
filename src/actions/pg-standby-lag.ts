import type { PrimarySeen } from '../domain/primary.ts';
import type { Fact } from '../domain/step.ts';
import type { StandbyLook } from './pg-standby-look.ts';
import type { Pair } from './pg-standby-pair.ts';
import { clock, size } from './pg-words.ts';

/**
 * What the standby lacks of what the primary had when it was last seen; null is not known and never 0. What the primary
 * committed after that moment comes on top, and nobody can tell how much. `seconds` is the age of the last commit on the
 * standby at that sight: of a primary that rested before, it says more than was lost.
 */
export interface Lag {
  readonly bytes: number | null;
  readonly seconds: number | null;
}

export function lagOf(
  { receivedLsn, lastReplayedAt }: StandbyLook,
  seen: Pick<PrimarySeen, 'at' | 'lsn'> | undefined,
): Lag {
  if (seen === undefined || receivedLsn === null) return { bytes: null, seconds: null };
  const bytes = Math.max(0, bytesAt(seen.lsn) - bytesAt(receivedLsn));
  if (bytes === 0) return { bytes, seconds: 0 };
  const seconds =
    lastReplayedAt === null ? null : Math.max(0, seen.at.getTime() - lastReplayedAt.getTime()) / 1000;
  return { bytes, seconds };
}

/** A position as bytes since the beginning; exact up to 8 PB of WAL. */
export function bytesAt(lsn: string): number {
  const [high = '0', low = '0'] = lsn.split('/');
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16);
}

/**
 * How a lag is more than the plan allows, as a sentence with both figures. Without its bytes nothing is known of it; the time
 * counts where it is known, which it is not on a standby that has replayed no commit since it was started.
 */
export function lagExcess({ bytes, seconds }: Lag, { standby, maxLag }: Pair): string | undefined {
  const limit = `${size(maxLag.bytes)} and ${maxLag.time / 1000} s are allowed.`;
  if (bytes === null) return `How far \`${standby}\` is behind is not known; ${limit}`;
  if (bytes > maxLag.bytes) return `\`${standby}\` lacks at least ${size(bytes)} of WAL; ${limit}`;
  if (seconds !== null && seconds * 1000 > maxLag.time)
    return `The last commit on \`${standby}\` is ${seconds} s older than the last sight of the primary; ${limit}`;
  return undefined;
}

/** `at least 1.2 MB; the last commit is 3.2 s older than the last sight of the primary`. */
function lagInWords({ bytes, seconds }: Lag): string {
  if (bytes === null) return 'not known: the primary was never seen';
  if (bytes === 0) return 'nothing of what the primary had when last seen';
  const age =
    seconds === null ? 'not known how long' : `${seconds} s older than the last sight of the primary`;
  return `at least ${size(bytes)}; the last commit is ${age}`;
}

/** The same for a line of the card. */
export function lagInShort({ bytes }: Lag): string {
  if (bytes === null) return 'what the standby lacks is not known';
  return bytes === 0 ? 'the standby has all that was seen' : `the standby lacks at least ${size(bytes)}`;
}

/** What people should see of a standby before they decide. */
export function standbyFacts(
  { standby }: Pair,
  look: StandbyLook,
  lag: Lag,
  seen: PrimarySeen | undefined,
): readonly Fact[] {
  const { receivedLsn, replayedLsn, lastReplayedAt } = look;
  const open = receivedLsn === null || replayedLsn === null ? 0 : bytesAt(receivedLsn) - bytesAt(replayedLsn);
  return [
    {
      name: 'standby',
      value: `\`${standby}\` ${look.inRecovery ? 'is in recovery' : 'is a primary'}, timeline ${look.timeline}`,
    },
    { name: 'standby lacks', value: lagInWords(lag) },
    { name: 'last commit on the standby', value: momentOf(lastReplayedAt) },
    {
      name: 'primary last seen',
      value: seen === undefined ? 'never' : `${clock(seen.at)}, timeline ${seen.timeline}, ${seen.lsn}`,
    },
    {
      name: 'received',
      value: `${receivedLsn ?? 'nothing'}${open > 0 ? `, ${size(open)} of it not replayed yet` : ''}`,
    },
  ];
}

/** `14:02:11 UTC`, or that it is not known. */
export const momentOf = (at: Date | null) => (at === null ? 'not known' : clock(at));

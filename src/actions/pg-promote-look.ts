import type { Session } from '../clients/postgres.ts';
import type { PrimarySeen } from '../domain/primary.ts';
import { lagExcess, lagOf, momentOf } from './pg-standby-lag.ts';
import { isPromoted, type StandbyLook } from './pg-standby-look.ts';
import type { Pair } from './pg-standby-pair.ts';
import { MAINTENANCE } from './pg-target.ts';
import { clock } from './pg-words.ts';

/** Everything that stands against promoting this server now, each with what to do. */
export function reasonsAgainst(
  pair: Pair,
  look: StandbyLook,
  seen: PrimarySeen | undefined,
  mayPromote: boolean,
): readonly string[] {
  const { primary, standby, slot } = pair;
  if (!look.inRecovery) return [notInRecovery(pair, look, seen)];
  if (seen === undefined)
    return [
      `The bot has never seen \`${primary}\`, so it cannot tell whether \`${standby}\` is its standby and what it lacks. If you know, promote it by hand: ${BY_HAND}`,
    ];
  if (look.systemIdentifier !== seen.systemIdentifier)
    return [
      `\`${standby}\` is no copy of \`${primary}\`: its system identifier is ${look.systemIdentifier}, the primary's ${seen.systemIdentifier}. Correct standby.connection in the plan.`,
    ];
  if (look.timeline !== seen.timeline)
    return [
      `\`${standby}\` is on timeline ${look.timeline}, \`${primary}\` was on ${seen.timeline} when last seen, ${clock(seen.at)}: what was written there since is not on it. Promote a standby that followed, or recover from a backup.`,
    ];
  const excess = lagExcess(lagOf(look, seen), pair);
  return [
    ...(excess === undefined
      ? []
      : [
          `${excess} Whether that much may be lost is for people to say: raise maxLag in the plan, or recover from a backup.`,
        ]),
    ...(look.slot === slot
      ? []
      : [
          `\`${standby}\` streams by ${look.slot === '' ? 'no slot' : `the slot \`${look.slot}\``}, the plan says \`${slot}\`, so WAL it lacked may be gone. Look which is right: correct standby.slot in the plan, or as its administrator: alter system set primary_slot_name = '${slot}'; select pg_reload_conf();`,
        ]),
    ...(look.paused
      ? [
          `WAL replay is paused on \`${standby}\`. Find out why; then, as its administrator: select pg_wal_replay_resume();`,
        ]
      : []),
    ...(look.synchronous === ''
      ? []
      : [
          `\`${standby}\` has synchronous_standby_names set, so as a primary it would let every commit wait for a standby that is not there. As its administrator: alter system set synchronous_standby_names = ''; select pg_reload_conf();`,
        ]),
    ...(mayPromote
      ? []
      : [
          `The bot may not run pg_promote on \`${standby}\`, and a right cannot be given there while it is a standby. Promote it by hand: ${BY_HAND}. For the next time: deploy/postgres/failover-role.sql.`,
        ]),
  ];
}

const BY_HAND = `psql -d ${MAINTENANCE} -c 'select pg_promote()'`;

/** Why a server that is no standby cannot be promoted. */
export function notInRecovery({ standby }: Pair, look: StandbyLook, seen: PrimarySeen | undefined): string {
  return isPromoted(look, seen)
    ? `\`${standby}\` is a primary already, on timeline ${look.timeline} since ${momentOf(look.promotedAt)}. Nothing is left to promote: find out who did it, and lead the application to it by hand.`
    : `\`${standby}\` is no standby: it takes writes, on timeline ${look.timeline}. Correct standby.connection in the plan.`;
}

export async function mayPromote(session: Session): Promise<boolean> {
  const { may } = await session.row<{ may: boolean }>(
    `select has_function_privilege('pg_promote(boolean, integer)', 'execute') as may`,
  );
  return may;
}

/** Of the old primary, before the first effect and again before the last: it must not be there. */
export function cameBack({ primary }: Pair, said: string): string {
  return `The old primary came back: \`${primary}\` ${said}. Two primaries would each take writes that the other lacks. If it is well, abort and keep it; if not, stop it for good and try again.`;
}

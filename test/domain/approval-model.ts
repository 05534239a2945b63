import type { AccountStanding } from '../../src/domain/approval-decide.ts';
import { MINUTE } from './samples.ts';

/** Who clicks: a person, maybe with several accounts, or somebody who must never count. */
export interface Clicker {
  readonly name: string;
  readonly person: string | null;
  readonly account: AccountStanding;
}

export const CLICKERS: readonly Clicker[] = [
  { name: 'ana, who asked', person: 'ana', account: 'active' },
  { name: 'ana, from a second account', person: 'ana', account: 'active' },
  { name: 'ben', person: 'ben', account: 'active' },
  { name: 'ben, from a second account', person: 'ben', account: 'active' },
  { name: 'mina', person: 'mina', account: 'active' },
  { name: 'dan, no approver', person: 'dan', account: 'active' },
  { name: 'eve, added after the request', person: 'eve', account: 'active' },
  { name: 'a stranger', person: null, account: 'active' },
  { name: 'a bot', person: 'ben', account: 'bot' },
  { name: 'a guest', person: 'mina', account: 'guest' },
  { name: 'mina, deactivated', person: 'mina', account: 'inactive' },
  { name: 'ben, not looked up', person: 'ben', account: 'unknown' },
  { name: 'mina, in a shared channel', person: 'mina', account: 'shared-channel' },
];

export const REQUESTER = 'ana';
/** Approvers when the run began, frozen with it. */
export const FROZEN: readonly string[] = ['ana', 'ben', 'mina'];
export const APPROVE_WITHIN_MS = 15 * MINUTE;
export const OPEN_WITHIN_MS = 10 * MINUTE;

export interface Rules {
  readonly irreversible: boolean;
  readonly requesterCounts: boolean;
  /** An approver must type the name of the object. */
  readonly named: boolean;
}

export type Phase = 'open' | 'approved' | 'used' | 'vetoed' | 'void' | 'expired';

/**
 * The rules of DESIGN §5 once more, told as short as they are meant: a set of people and two deadlines. Shares no code
 * with src/. Times are milliseconds since the request.
 */
export function createModel(rules: Rules) {
  const counted = new Set<string>();
  let phase: Phase = 'open';
  let current: readonly string[] = FROZEN;
  let openBy = 0;

  return {
    phase: () => phase,
    counted: () => [...counted],
    current: () => current,
    edit(list: readonly string[]) {
      current = list;
    },
    vote(clicker: Clicker, seen: { digestIsCurrent: boolean; nameIsRight: boolean }, now: number): boolean {
      const { person } = clicker;
      const requesterBarred = person === REQUESTER && (rules.irreversible || !rules.requesterCounts);
      const counts =
        phase === 'open' &&
        now < APPROVE_WITHIN_MS &&
        person !== null &&
        isEligible(clicker) &&
        seen.digestIsCurrent &&
        !requesterBarred &&
        !counted.has(person) &&
        (seen.nameIsRight || !rules.named);
      if (!counts) return false;
      counted.add(person);
      if (counted.size === 2) {
        phase = 'approved';
        openBy = now + OPEN_WITHIN_MS;
      }
      return true;
    },
    veto(clicker: Clicker, now: number): boolean {
      const inTime = phase === 'approved' || (phase === 'open' && now < APPROVE_WITHIN_MS);
      if (!inTime || !isEligible(clicker)) return false;
      phase = 'vetoed';
      return true;
    },
    clock(now: number): void {
      if (phase === 'open' && now >= APPROVE_WITHIN_MS) phase = 'expired';
      if (phase === 'approved' && now >= openBy) phase = 'expired';
    },
    open(factsHold: boolean, now: number): void {
      if (phase !== 'approved') return;
      if (now >= openBy) phase = 'expired';
      else if (!factsHold || [...counted].some((person) => !current.includes(person))) phase = 'void';
      else phase = 'used';
    },
  };

  function isEligible({ person, account }: Clicker): boolean {
    return account === 'active' && person !== null && FROZEN.includes(person) && current.includes(person);
  }
}

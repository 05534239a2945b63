import type { Alert } from '../../src/domain/alert.ts';
import { RULES, type RuleId } from '../../src/domain/verdict.ts';
import { noise } from '../watch/noise.ts';
import type { Platform } from '../watch/platform.ts';
import type { Fault } from './backups-faults/fault.ts';
import { insist, insistSays } from './check.ts';
import type { Tell } from './watch.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Time goes on while a round is at work. */
const ROUND_TAKES_MS = 30 * SECOND;

/** The watch as the demo uses it. */
export interface Watched {
  /** Lets time pass on every platform until a moment, and looks at each once. */
  round(at: Date): Promise<void>;
  /** Every alert there was until now. */
  alerts(): Promise<readonly Alert[]>;
  /** The card of an alert as it stands in the channel, once it holds the words. */
  card(alert: Alert, holds: (text: string) => boolean): Promise<string>;
}

/**
 * One rule that was broken and mended. `firedAfterMs` and `severityAfterMs` count from when the rule's condition was true, its
 * own grace included; `closedAfterMs` from when it no longer was.
 */
interface Proved {
  readonly rule: RuleId;
  readonly system: string;
  readonly backup: string | null;
  readonly firedAfterMs: number;
  readonly intervalMs: number;
  readonly severity: string;
  readonly severityAfterMs: number;
  readonly closedAfterMs: number;
  /** The card in the channel when it was at its worst. */
  readonly text: string;
}

interface Running {
  readonly fault: Fault;
  readonly beganAt: Date;
  readonly holdsAt: Date;
  firedAfterMs?: number;
  severe?: { readonly afterMs: number; readonly text: string } | undefined;
  goodAt?: Date;
}

/** The faults of one platform, one after the other; between two of them everything is well again. */
export function createTrials(
  watched: Pick<Watched, 'card'>,
  platform: Platform,
  faults: readonly Fault[],
  { intervalMs, tell }: { readonly intervalMs: number; readonly tell: Tell },
) {
  const { system } = platform.plan;
  const waiting = [...faults];
  const proved: Proved[] = [];
  const explained: string[] = [];
  let running: Running | null = null;

  /** Between two rounds: what is to break or to be mended does so at a moment of its own. */
  function before(roundAt: Date): void {
    const lastAt = +roundAt - intervalMs;
    const at = new Date(
      lastAt + MINUTE + Math.floor((noise(system, lastAt) * intervalMs) / 2 / SECOND) * SECOND,
    );
    platform.runUntil(at);
    if (running === null) {
      const fault = waiting.shift();
      if (fault !== undefined) running = { fault, beganAt: at, holdsAt: fault.breaks(platform, at) };
    } else if (running.severe !== undefined) {
      running.goodAt ??= running.fault.mends(platform, at);
    }
  }

  /** After a round: did the rule speak, and as it should? */
  async function after(roundAt: Date, alerts: readonly Alert[]): Promise<void> {
    if (running === null) return;
    const { fault, beganAt, holdsAt, severe, goodAt } = running;
    const mine = alerts.filter((each) => each.system === system && Date.parse(each.firedAt) > +beganAt);
    const alert = mine.find((each) => isOf(fault, each));
    if (alert === undefined) return insistSoon(fault, 'to fire', holdsAt, roundAt);
    running.firedAfterMs ??= insistInTime(fault, 'to fire', holdsAt, alert.firedAt);
    if (severe === undefined) running.severe = await severity(running, alert, roundAt);
    else if (goodAt === undefined)
      insist(alert.state === 'open', `${nameOf(fault)} to stay until it is mended`);
    else if (alert.closedAt === null) insistSoon(fault, 'to close', goodAt, roundAt);
    else if (mine.every(({ state }) => state === 'closed')) {
      await finish(running, alert);
      explained.push(...mine.filter((each) => isExplained(fault, each)).map(({ id }) => id));
      running = null;
    }
  }

  /** How bad it got and when, with its card; undefined while it may still get worse. */
  async function severity({ fault, holdsAt, firedAfterMs = 0 }: Running, alert: Alert, roundAt: Date) {
    const dueAt = new Date(+holdsAt + fault.severeAfter(firedAfterMs));
    const what = `to be ${fault.severity}`;
    const since = fault.severity === 'critical' ? alert.criticalSince : alert.firedAt;
    if (alert.health !== fault.severity || since === null) {
      insistSoon(fault, what, dueAt, roundAt);
      return undefined;
    }
    insistInTime(fault, what, dueAt, since, ROUND_TAKES_MS);
    const text = await watched.card(alert, (card) => card.includes(` · ${fault.severity}`));
    for (const part of fault.says) insistSays(text, part, `the card of ${nameOf(fault)}`);
    return { afterMs: Date.parse(since) - +holdsAt, text };
  }

  async function finish({ fault, firedAfterMs, severe, goodAt }: Running, alert: Alert): Promise<void> {
    if (firedAfterMs === undefined || severe === undefined || goodAt === undefined) return;
    const closedAfterMs = insistInTime(fault, 'to close', goodAt, alert.closedAt ?? '');
    const closed = await watched.card(alert, (card) => card.includes(' · closed'));
    insistSays(closed, 'Alert lasted', `the closed card of ${nameOf(fault)}`);
    const { rule, backup, severity: worst, story } = fault;
    const times = {
      firedAfterMs,
      intervalMs,
      severity: worst,
      severityAfterMs: severe.afterMs,
      closedAfterMs,
    };
    proved.push({ rule, system, backup, ...times, text: severe.text });
    tell(
      `${nameOf(fault)} (${RULES[rule]}): ${story}. Fired after ${minutes(firedAfterMs)}, ${worst} after ${minutes(severe.afterMs)}, closed ${minutes(closedAfterMs)} after it was mended.`,
    );
  }

  /** It has not happened; that is early enough only until one check has passed. */
  function insistSoon(fault: Fault, what: string, from: Date, roundAt: Date): void {
    insist(+roundAt < +from + intervalMs, `${nameOf(fault)} ${what} within one check`, fault.story);
  }

  /** How long after `from` it happened: never before, and within one check. */
  function insistInTime(fault: Fault, what: string, from: Date, at: string, slackMs = 0): number {
    const ms = Date.parse(at) - +from;
    insist(ms >= 0 && ms <= intervalMs + slackMs, `${nameOf(fault)} ${what} within one check`, ms);
    return ms;
  }

  return {
    before,
    after,
    proved,
    /** Alerts that the faults account for. */
    explained,
    /** The fault that is on, or comes next; null when all are over. */
    current: () => running?.fault ?? waiting[0] ?? null,
  };
}

function isOf(fault: Fault, { rule, backup, object }: Alert): boolean {
  return rule === fault.rule && backup === fault.backup && object === fault.object;
}

/** What the same fault breaks besides, of the same backup. */
function isExplained(fault: Fault, { rule, backup }: Alert): boolean {
  return backup === fault.backup && (rule === fault.rule || fault.also.includes(rule));
}

/** `R13 of santokit audit-daily` */
function nameOf({ rule, system, backup }: Fault): string {
  return `${rule} of ${system}${backup === null ? '' : ` ${backup}`}`;
}

function minutes(ms: number): string {
  return `${Math.round(ms / MINUTE)} min`;
}

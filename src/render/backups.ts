import type { Health } from '../domain/verdict.ts';
import type { BackupLine } from '../domain/views.ts';
import type { Ink } from './escape.ts';
import { day, duration, hourMinute, quantity } from './format.ts';
import { HEALTH_WORDS } from './words.ts';

const ORDER = Object.keys(HEALTH_WORDS);
const STEADY = 0.05;

/** Problems first, the worst of them first; else in the order they came. */
export function worstFirst<Line extends { readonly health: Health }>(
  lines: readonly Line[],
): readonly Line[] {
  return lines.toSorted((a, b) => ORDER.indexOf(a.health) - ORDER.indexOf(b.health));
}

/** `1 critical · 1 not known · 2 warning · 8 ok`, without those there are none of. */
export function countsOf(lines: readonly { readonly health: Health }[]): readonly string[] {
  return Object.entries(HEALTH_WORDS).flatMap(([health, { word }]) => {
    const those = lines.filter((line) => line.health === health).length;
    return those === 0 ? [] : [`${those} ${word}`];
  });
}

/** Each system with its lines, in the order of the first of them. */
export function bySystem(
  lines: readonly BackupLine[],
): readonly (readonly [name: string, readonly BackupLine[]])[] {
  return [...Map.groupBy(lines, ({ system }) => system).values()].map((those) => [
    those[0]?.systemName ?? '',
    those,
  ]);
}

/** What is said of one backup, the most important first. Instants in it are UTC. */
export function backupFacts(line: BackupLine, ink: Ink): readonly string[] {
  const { health, ageMs, lossMs, text, sizeTrend, restored, lastGoodAt, acknowledged } = line;
  const lastGood = lastGoodAt === null ? 'not known' : `${day(lastGoodAt)} ${hourMinute(lastGoodAt)}`;
  const facts: (string | null)[] = [
    acknowledged ? 'acknowledged' : null,
    ageOf(line),
    lossMs === null || (health === 'ok' && isAge(line, lossMs))
      ? null
      : `fails now: lose ${duration(lossMs)}`,
    ageMs === null && health !== 'ok' ? `last good ${lastGood}` : null,
    health === 'ok' || text === null || isTooOld(line) ? null : ink.text(text.replace('not known: ', '')),
    sizeTrend === null ? null : `size ${trend(sizeTrend)}`,
    restored === null ? 'never restored' : `restored ${day(restored.at)}, ${duration(restored.durationMs)}`,
  ];
  return facts.filter((fact) => fact !== null);
}

/** A backup alone loses as much as it is old, which is told already. */
function isAge({ ageMs }: BackupLine, lossMs: number): boolean {
  return ageMs !== null && duration(ageMs) === duration(lossMs);
}

function isTooOld({ ageMs, ageLimitMs }: BackupLine): boolean {
  return ageMs !== null && ageLimitMs !== null && ageMs > ageLimitMs;
}

/** The limit is told where age is what matters: nothing else is wrong, or just that. */
function ageOf(line: BackupLine): string | null {
  const { health, ageMs, ageLimitMs, text } = line;
  if (ageMs === null) return null;
  const age = `age ${duration(ageMs)}`;
  if (ageLimitMs === null || (health !== 'ok' && text !== null && !isTooOld(line))) return age;
  return health === 'ok'
    ? `${age} · limit ${duration(ageLimitMs)}`
    : `${age} (limit ${duration(ageLimitMs)})`;
}

/** `steady`, `+24%`, `−60%` */
export function trend(share: number): string {
  if (Math.abs(share) < STEADY) return 'steady';
  return `${share > 0 ? '+' : '−'}${quantity(Math.abs(share), 'share')}`;
}

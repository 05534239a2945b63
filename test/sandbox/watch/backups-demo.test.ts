import { expect, test } from 'vitest';
import { FAULTS, playBackups } from '../../../sandbox/demo/backups.ts';
import type { Fault } from '../../../sandbox/demo/backups-faults/fault.ts';
import type { Platform } from '../../../sandbox/watch/platform.ts';
import { RULES, type RuleId, type Verdict } from '../../../src/domain/verdict.ts';
import { BEGINS_AT, INTERVAL_MS, rehearse, shippedPlatforms } from './rehearsal.ts';

/** Enough that nothing is asked for from before the watch began. */
const HEALTHY_DAYS = 3;

test('every rule is broken and mended, and nothing else alarms', async () => {
  const platforms = shippedPlatforms();

  const { rules, falseAlarms } = await play(platforms);

  expect(rules.map(({ rule }) => rule)).toEqual(Object.keys(RULES));
  expect(rules.filter(({ firedAfterMs }) => firedAfterMs > INTERVAL_MS)).toEqual([]);
  expect(falseAlarms).toBe(0);
});

test.each(FAULTS)('the demo fails while $rule is silent', async (fault) => {
  await expect(playAlone(fault, (verdict) => (verdict.rule === fault.rule ? null : verdict))).rejects.toThrow(
    `${fault.rule} of ${fault.system}${fault.backup === null ? '' : ` ${fault.backup}`} to fire within one check`,
  );
});

test('the demo fails when a rule never says that all is well again', async () => {
  const fault = faultOf('R13');
  let bad: Verdict | null = null;
  const stuck = (verdict: Verdict): Verdict => {
    if (verdict.rule !== fault.rule || verdict.object !== fault.object) return verdict;
    if (verdict.health !== 'ok') bad = verdict;
    return bad ?? verdict;
  };

  await expect(playAlone(fault, stuck)).rejects.toThrow('R13 of santokit audit-daily to close');
});

test('the demo fails when a rule takes it more lightly than it should', async () => {
  const mild = (verdict: Verdict): Verdict =>
    verdict.rule === 'R13' && verdict.health === 'critical' ? { ...verdict, health: 'warning' } : verdict;

  await expect(playAlone(faultOf('R13'), mild)).rejects.toThrow('to be critical within one check');
});

test('the demo fails when the card does not say what is wrong', async () => {
  const vague = (verdict: Verdict): Verdict => ({ ...verdict, text: 'Something is odd' });

  await expect(playAlone(faultOf('R13'), vague)).rejects.toThrow(
    'the card of R13 of santokit audit-daily to say',
  );
});

test('the demo fails when a rule alarms though nothing is wrong', async () => {
  const alarmed = (verdict: Verdict): Verdict =>
    verdict.rule === 'R8' ? { ...verdict, health: 'warning' } : verdict;

  await expect(playAlone(faultOf('R8'), alarmed)).rejects.toThrow('no alarm while nothing is wrong');
});

test('the demo fails when a fault alarms of what it has nothing to do with', async () => {
  let spoken = false;
  const nervous = (verdict: Verdict): Verdict => {
    if (verdict.object === 'lock') spoken = verdict.health !== 'ok';
    return verdict.rule === 'R10' && spoken ? { ...verdict, health: 'warning' } : verdict;
  };

  await expect(playAlone(faultOf('R13'), nervous)).rejects.toThrow('no alarm that no fault explains');
});

async function playAlone(fault: Fault, heard: (verdict: Verdict) => Verdict | null) {
  const platforms = shippedPlatforms();
  const own = platforms.filter(({ plan }) => plan.system === fault.system);
  return play(own, { faults: [fault] }, heard);
}

function play(
  platforms: readonly Platform[],
  options: { readonly faults?: readonly Fault[] } = {},
  heard?: (verdict: Verdict) => Verdict | null,
) {
  const played = { platforms, beginsAt: BEGINS_AT, intervalMs: INTERVAL_MS, healthyDays: HEALTHY_DAYS };
  return playBackups(rehearse(platforms, heard), { ...played, ...options }, () => undefined);
}

function faultOf(rule: RuleId): Fault {
  const found = FAULTS.find((fault) => fault.rule === rule);
  if (found === undefined) throw new Error(`${rule} is broken by no fault`);
  return found;
}

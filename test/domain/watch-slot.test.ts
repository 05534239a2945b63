import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStale, slotOf } from '../../src/domain/watch-slot.ts';

const EVERY = 300_000;

test('every moment is in one slot, which began at most one interval before it', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      (system, now) => {
        const slot = slotOf(system, EVERY, now);

        expect(now.getTime() - slot.getTime()).toBeGreaterThanOrEqual(0);
        expect(now.getTime() - slot.getTime()).toBeLessThan(EVERY);
        expect(slotOf(system, EVERY, slot)).toEqual(slot);
      },
    ),
  );
});

test('systems have their slots at different moments', () => {
  const now = new Date('2026-11-23T04:10:00Z');

  const slots = ['janua', 'santokit', 'auditron', 'veza'].map((system) =>
    slotOf(system, EVERY, now).getTime(),
  );

  expect(new Set(slots).size).toBe(4);
});

test('a look is old once three rounds did not come', () => {
  const now = new Date('2026-11-23T04:10:00Z');
  const before = (ms: number) => new Date(now.getTime() - ms);

  expect(isStale(before(3 * EVERY), EVERY, now)).toBe(false);
  expect(isStale(before(3 * EVERY + 1), EVERY, now)).toBe(true);
});

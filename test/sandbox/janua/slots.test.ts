import { expect, test } from 'vitest';
import { after, slotsBefore } from '../../../sandbox/janua/slots.ts';

const nightly = { hour: 2, everyHours: 24 };
const sixHourly = { hour: 0, everyHours: 6 };
const at = (text: string) => new Date(`2026-11-${text}Z`);

test('the next slot is later than the moment, and that of a moment on a slot is the one after', () => {
  expect(after(nightly, at('21T01:59:59'))).toEqual(at('21T02:00:00'));
  expect(after(nightly, at('21T02:00:00'))).toEqual(at('22T02:00:00'));
  expect(after(sixHourly, at('21T18:30:00'))).toEqual(at('22T00:00:00'));
});

test('slots that are over end with the newest, which may be now', () => {
  expect(slotsBefore(nightly, at('21T02:00:00'), 2)).toEqual([at('20T02:00:00'), at('21T02:00:00')]);
  expect(slotsBefore(sixHourly, at('21T17:59:00'), 3)).toEqual([
    at('21T00:00:00'),
    at('21T06:00:00'),
    at('21T12:00:00'),
  ]);
});

import { expect, test } from 'vitest';
import { drawChart } from '../../src/jobs/draw.ts';
import { chartOf } from '../helpers/sample-chart.ts';

test('a picture is drawn by a process of its own', async () => {
  const png = Buffer.from(await drawChart(chartOf([1, null, 26])));

  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 680]);
});

test('what cannot be drawn is told', async () => {
  const broken = chartOf([1], { from: new Date(Number.NaN) });

  await expect(drawChart({ ...broken, unit: 'count', limit: Number.NaN })).rejects.toThrow(
    /the picture was not drawn: its process ended with/,
  );
});

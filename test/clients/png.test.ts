import { expect, test } from 'vitest';
import { svgToPng } from '../../src/clients/png.ts';

const svg = (words: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"><rect width="300" height="100" fill="#fff"/><text x="10" y="60" font-family="DejaVu Sans" font-size="40">${words}</text></svg>`;

test('a picture is a PNG of twice the size', async () => {
  const png = Buffer.from(await svgToPng(svg('')));

  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([600, 200]);
});

test('letters come from the fonts that are brought along', async () => {
  const [none, some, bold] = await Promise.all([
    svgToPng(svg('')),
    svgToPng(svg('26 h 10 min')),
    svgToPng(svg('26 h 10 min').replace('<text', '<text font-weight="bold"')),
  ]);

  expect(some.length).toBeGreaterThan(none.length + 500);
  expect(Buffer.from(bold)).not.toEqual(Buffer.from(some));
});

test('what is no picture is refused', async () => {
  await expect(svgToPng('no picture')).rejects.toThrow();
});
